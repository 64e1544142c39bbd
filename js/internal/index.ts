// What the entry points of this package share: emitted once, so that there is one set of error classes for both formats.
export { BYTES, toBytes } from "./bytes.js";
export { DaytonaError, type DaytonaErrorDetails } from "./daytona-error.js";
export * from "./error-classes.js";
export { isNativeError, toDaytonaError } from "./errors.js";
export { inspectAsJson } from "./inspect.js";
export { removeMissingSymbols } from "./missing-symbols.js";
export { loadSdk } from "./lazy-sdk.js";
export { sharedLocalServer, withLocalProgram } from "./local-server.js";
export { interruptible, onAbort, signalOf } from "./signal.js";
export { completeClasses, localServers, sandboxBackends } from "./wire-native.js";
