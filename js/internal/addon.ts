import type * as Native from "#native";
import type * as Platform from "#platform";
import { loadUsualAddon } from "../platform/packages.js";

/** What finds the files of this platform wherever they are, and explains what is wrong with them: loaded when that is necessary. */
export function platform(): typeof Platform {
  return require("#platform") as typeof Platform;
}

/** The addon. The only place that loads it, so that each realm does so once. */
export const native = load() as typeof Native;

function load(): unknown {
  try {
    const addon = loadUsualAddon();
    if (addon !== undefined) return addon;
  } catch {
    // Loading it again tells the reason.
  }
  return platform().loadAddon();
}
