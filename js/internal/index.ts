// What the entry points of this package share: emitted once, so that there is one set of error classes and the
// native classes are wired once.
import { wireNative } from "./wire-native.js";

wireNative();

export { DaytonaError, type DaytonaErrorDetails } from "./daytona-error.js";
export * from "./error-classes.js";
export { isNativeError, toDaytonaError } from "./errors.js";
export { loadSdk } from "./lazy-sdk.js";
export { localProgram, sharedLocalServer } from "./local-server.js";
export { localServers, sandboxBackends } from "./wire-native.js";
