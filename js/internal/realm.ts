import { types } from "node:util";
import { native } from "./addon.js";

// The addon makes its values in the first realm of the process. Jest and the vm pools of Vitest run test files, and the
// packages that they import, in realms of their own, where `instanceof` is false for such values, and equality strict of
// prototypes fails.

/** Whether this code runs in another realm than the addon. */
const isForeign = Object.getPrototypeOf(native.CancelToken) !== Function.prototype;
const foreignObject: unknown = Object.getPrototypeOf(Object.getPrototypeOf(native.CancelToken));

/** Returns a result of the addon as a value of this realm. Has nothing to do outside of test runners. */
export const toThisRealm: <T>(value: T) => T = isForeign ? adopt : (value) => value;

/** Gives the objects, arrays and bytes of a value, which nobody else has seen, the prototypes of this realm. */
function adopt<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (types.isDate(value)) Object.setPrototypeOf(value, Date.prototype);
  else if (Array.isArray(value)) Object.setPrototypeOf(value, Array.prototype);
  else if (Object.getPrototypeOf(value) === foreignObject) Object.setPrototypeOf(value, Object.prototype);
  else {
    // A Buffer is the same class in every realm of a process that has one.
    if (types.isUint8Array(value) && !Buffer.isBuffer(value)) Object.setPrototypeOf(value, Uint8Array.prototype);
    return value;
  }
  for (const member of Object.values(value)) adopt(member);
  return value;
}
