import { loadAddon } from "#platform";
import type * as Native from "#native";

/** The addon. The only place that loads it, so that each realm does so once. */
export const native = loadAddon() as typeof Native;
