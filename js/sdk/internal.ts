import { DaytonaError } from "./errors.js";

export { isNativeError, toDaytonaError } from "./errors.js";
export { localProgram, sharedLocalServer } from "./local-server.js";
export { withSignal } from "./signal.js";

/** Whether a value is an error of the SDK. */
export function isDaytonaError(value: unknown): value is DaytonaError {
  return value instanceof DaytonaError;
}
