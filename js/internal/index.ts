// What the entry points of this package share: emitted once, so that there is one set of error classes and the
// native classes are wired once.
import { wireNative } from "./wire-native.js";

wireNative();

// From here rather than from the addon's loader: an ES module that imports that file reads all of it for names.
export { SandboxBackend } from "#native";
export * from "./errors.js";
export { localProgram, sharedLocalServer } from "./local-server.js";
export { withSignal } from "./signal.js";
