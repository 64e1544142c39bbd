import * as native from "#native";
import { isAborted, isNativeError, type NativeError, toArgumentError, toDaytonaError } from "./errors.js";
import { signalOf, withToken } from "./signal.js";

type Method = (...parameters: never[]) => unknown;

/** Classes whose methods all return promises, and how their failures are translated. */
const SDK_CLASSES = [
  native.Daytona,
  native.Sandbox,
  native.FileSystem,
  native.Process,
  native.LocalServer,
  native.ByteStream,
  native.ByteSink,
];

type Translate = (error: NativeError) => unknown;

/**
 * Completes the native classes: an `AbortSignal` among the options becomes the addon's token, and a failure one of the
 * error classes, thrown from an async function so that the caller's frames are in the stack.
 */
export function wireNative(): void {
  for (const { prototype } of SDK_CLASSES) wire(prototype, toDaytonaError);
  // Its failures become errors of deepagents, in the facade.
  wire(native.SandboxBackend.prototype, untranslated, ["sandbox", "client"]);
}

/** Finds and makes backends. Static methods of native classes cannot be replaced, so they are completed here. */
export const sandboxBackends = {
  create: wired(native.SandboxBackend.create, untranslated),
  connect: wired(native.SandboxBackend.connect, untranslated),
  deleteAll: wired(native.SandboxBackend.deleteAll, untranslated),
};

/** Starts local servers. */
export const localServers = {
  start: wired(native.LocalServer.start, toDaytonaError),
  shared: wired(native.LocalServer.shared, toDaytonaError),
};

function untranslated(error: NativeError): NativeError {
  return error;
}

function wire(prototype: object, translate: Translate, synchronous: string[] = []): void {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (name === "constructor" || typeof value !== "function" || synchronous.includes(name)) continue;
    Object.defineProperty(prototype, name, { value: wired(value as Method, translate), writable: true, configurable: true });
  }
}

function wired<M extends Method>(method: M, translate: Translate): M {
  const complete: Method = async function (this: unknown, ...parameters: never[]) {
    const signal = signalOf(parameters);
    const call = (given: unknown[]) => method.apply(this, given as never[]);
    try {
      return await (signal === undefined ? call(parameters) : withToken(signal, parameters, call));
    } catch (error) {
      if (isAborted(error)) throw signal?.reason;
      throw isNativeError(error) ? translate(error) : toArgumentError(error);
    }
  };
  return complete as M;
}
