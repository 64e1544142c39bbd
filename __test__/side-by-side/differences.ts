import type { Difference } from "../differences.js";

/** Cases with intentionally different results. */
export const differences: Difference[] = [];
