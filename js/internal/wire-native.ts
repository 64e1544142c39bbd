import { native } from "./addon.js";
import { checkRecords } from "./check-records.js";
import { isAborted, isNativeError, toDaytonaError } from "./errors.js";
import { toThisRealm } from "./realm.js";
import { signalOf, withToken } from "./signal.js";
import type * as WrongArgument from "./wrong-argument.js";

type Method = (...parameters: never[]) => unknown;
type Class = { readonly prototype: object };

/** Makes the error that a caller sees of one that the addon threw in a method, maybe because of the argument of this name. */
type Translate = (error: unknown, method: string, argument?: string) => unknown;

/**
 * Completes classes of the addon: an `AbortSignal` among the options becomes the addon's token, a failure one of the error
 * classes, thrown from an async function so that the caller's frames are in the stack, and a result a value of this realm.
 *
 * Makes subclasses: those of the addon are shared by all copies of this package in a process, such as those that a test
 * runner loads for each file, and each copy has error classes of its own.
 */
class Wiring {
  readonly #translate: Translate;
  /** The complete prototype for that of a class of the addon, or how to make it. */
  readonly #prototypes = new Map<unknown, object | (() => object)>();

  constructor(translate: Translate) {
    this.#translate = translate;
  }

  /** Makes subclasses of classes whose objects are results only, each when the first object of it is one. */
  results(...Classes: Class[]): void {
    for (const Class of Classes) this.#prototypes.set(Class.prototype, () => this.subclass(Class).prototype);
  }

  /** Returns a subclass with complete methods. Methods return promises, except those named here. */
  subclass<C extends Class>(Class: C, synchronous: string[] = []): C {
    const translate = this.#translate;
    const Base = Class as unknown as new (...parameters: unknown[]) => object;
    const Complete = class extends Base {
      constructor(...parameters: unknown[]) {
        try {
          super(...parameters);
        } catch (error) {
          throw translate(error, "constructor");
        }
      }
    };
    const { name: className, prototype } = Base as { name: string; prototype: object };
    Object.defineProperty(Complete, "name", { value: className });
    // Written to take little time: an import waits for it, with some two hundred methods.
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (name === "constructor" || synchronous.includes(name)) continue;
      const { get, value } = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
      const complete =
        get === undefined
          ? { value: this.method(value as Method, name, className), writable: true, configurable: true }
          : { get: getter(get), configurable: true };
      Object.defineProperty(Complete.prototype, name, complete);
    }
    this.#prototypes.set(prototype, Complete.prototype);
    return Complete as unknown as C;
  }

  /** Returns a complete method. Static ones cannot be replaced, and are completed one by one. */
  method<M extends Method>(method: M, name: string, className: string): M {
    const wiring = this;
    const complete: Method = async function (this: unknown, ...parameters: never[]) {
      const signal = signalOf(parameters);
      // Outside: a reason is the caller's, whatever it looks like.
      signal?.throwIfAborted();
      const call = (given: unknown[]) => method.apply(this, given as never[]);
      try {
        checkRecords(`${className}.${name}`, parameters);
        return wiring.#adopt(await (signal === undefined ? call(withoutNull(parameters)) : withToken(signal, parameters, call)));
      } catch (error) {
        if (isAborted(error)) throw signal?.reason;
        // Only an error about an argument needs its name.
        const argument = isNativeError(error) ? undefined : wrongArgument(`${className}.${name}`, parameters);
        throw wiring.#translate(error, name, argument);
      }
    };
    return complete as M;
  }

  /** Converts an object of an addon's class to the subclass, and other results to values of this realm. */
  #adopt(result: unknown): unknown {
    if (typeof result !== "object" || result === null) return result;
    const prototype = this.#prototypes.get(Object.getPrototypeOf(result));
    if (prototype === undefined) return toThisRealm(result);
    return Object.setPrototypeOf(result, typeof prototype === "function" ? prototype() : prototype);
  }
}

/** Makes the classes of the SDK, complete, for its entry point: an agent's backend needs none of them. */
export function completeClasses() {
  const wiring = new Wiring(toDaytonaError);
  wiring.results(native.ByteStream, native.ByteSink, native.SandboxPages, native.CodeStream);
  wiring.results(native.StartedProcess, native.EventStream, native.PtyConnection);
  return {
    Daytona: wiring.subclass(native.Daytona),
    Sandbox: wiring.subclass(native.Sandbox),
    FileSystem: wiring.subclass(native.FileSystem),
    Git: wiring.subclass(native.Git),
    Process: wiring.subclass(native.Process),
    ComputerUse: wiring.subclass(native.ComputerUse),
    Mouse: wiring.subclass(native.Mouse),
    Keyboard: wiring.subclass(native.Keyboard),
    Screenshot: wiring.subclass(native.Screenshot),
    Display: wiring.subclass(native.Display),
    RecordingService: wiring.subclass(native.RecordingService),
    Accessibility: wiring.subclass(native.Accessibility),
    CodeInterpreter: wiring.subclass(native.CodeInterpreter),
    LspServer: wiring.subclass(native.LspServer),
    VolumeService: wiring.subclass(native.VolumeService),
  };
}

const servers = new Wiring(toDaytonaError);
servers.results(native.LocalServer);

/** Starts local servers. */
export const localServers = {
  start: servers.method(native.LocalServer.start, "start", "LocalServer"),
  shared: servers.method(native.LocalServer.shared, "shared", "LocalServer"),
};

/** Functions that find and make backends, whose errors and those of the backends are translated by `translate`. */
export function sandboxBackends(translate: Translate): Pick<typeof native.SandboxBackend, "create" | "connect" | "deleteAll"> {
  const wiring = new Wiring(translate);
  wiring.subclass(native.SandboxBackend, ["sandbox", "client"]);
  wiring.results(native.CommandStream);
  const { create, connect, deleteAll } = native.SandboxBackend;
  return {
    create: wiring.method(create, "create", "SandboxBackend"),
    connect: wiring.method(connect, "connect", "SandboxBackend"),
    deleteAll: wiring.method(deleteAll, "deleteAll", "SandboxBackend"),
  };
}

/** Returns the name of the argument that the addon has refused. */
function wrongArgument(method: string, given: readonly unknown[]): string | undefined {
  return (require("#wrong-argument") as typeof WrongArgument).wrongArgument(method, given);
}

/** Returns a getter whose result is a value of this realm. */
function getter(get: () => unknown): () => unknown {
  return function (this: object) {
    return toThisRealm(get.call(this));
  };
}

/** Parameters whose last one has no `signal: null`, which means the same as none. */
function withoutNull(parameters: never[]): unknown[] {
  const last: unknown = parameters.at(-1);
  if (typeof last !== "object" || last === null || (last as { signal?: unknown }).signal !== null) return parameters;
  return [...parameters.slice(0, -1), { ...last, signal: undefined }];
}
