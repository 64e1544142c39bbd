import { native } from "./addon.js";
import { isAborted, toDaytonaError } from "./errors.js";
import { toThisRealm } from "./realm.js";
import { signalOf, withToken } from "./signal.js";
import { checkRecords, wrongArgument } from "./wrong-argument.js";

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
  readonly #prototypes = new Map<unknown, object>();

  constructor(translate: Translate) {
    this.#translate = translate;
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
    Object.defineProperty(Complete, "name", { value: Base.name });
    for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(Base.prototype))) {
      if (name === "constructor" || synchronous.includes(name)) continue;
      const complete =
        get === undefined
          ? { value: this.method(value as Method, name, Base.name), writable: true }
          : {
              get(this: object) {
                return toThisRealm(get.call(this) as unknown);
              },
            };
      Object.defineProperty(Complete.prototype, name, { ...complete, configurable: true });
    }
    this.#prototypes.set(Base.prototype, Complete.prototype);
    return Complete as unknown as C;
  }

  /** Returns a complete method. Static ones cannot be replaced, and are completed one by one. */
  method<M extends Method>(method: M, name: string, className: string): M {
    const translate = this.#translate;
    const adopt = (result: unknown) => this.#adopt(result);
    const check = checkRecords(`${className}.${name}`);
    const complete: Method = async function (this: unknown, ...parameters: never[]) {
      const signal = signalOf(parameters);
      // Outside: a reason is the caller's, whatever it looks like.
      signal?.throwIfAborted();
      const call = (given: unknown[]) => method.apply(this, given as never[]);
      try {
        check?.(parameters);
        return adopt(await (signal === undefined ? call(withoutNull(parameters)) : withToken(signal, parameters, call)));
      } catch (error) {
        throw isAborted(error) ? signal?.reason : translate(error, name, wrongArgument(`${className}.${name}`, parameters));
      }
    };
    return complete as M;
  }

  /** Converts an object of an addon's class to the subclass, and other results to values of this realm. */
  #adopt(result: unknown): unknown {
    if (typeof result !== "object" || result === null) return result;
    const prototype = this.#prototypes.get(Object.getPrototypeOf(result));
    return prototype === undefined ? toThisRealm(result) : Object.setPrototypeOf(result, prototype);
  }
}

const wiring = new Wiring(toDaytonaError);

/** The classes of the SDK, complete. */
export const complete = {
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
};
wiring.subclass(native.LocalServer);
wiring.subclass(native.ByteStream);
wiring.subclass(native.ByteSink);
wiring.subclass(native.SandboxPages);
wiring.subclass(native.CodeStream);
wiring.subclass(native.StartedProcess);
wiring.subclass(native.EventStream);
wiring.subclass(native.PtyConnection);

/** Starts local servers. */
export const localServers = {
  start: wiring.method(native.LocalServer.start, "start", "LocalServer"),
  shared: wiring.method(native.LocalServer.shared, "shared", "LocalServer"),
};

/** Functions that find and make backends, whose errors and those of the backends are translated by `translate`. */
export function sandboxBackends(translate: Translate): Pick<typeof native.SandboxBackend, "create" | "connect" | "deleteAll"> {
  const wiring = new Wiring(translate);
  wiring.subclass(native.SandboxBackend, ["sandbox", "client"]);
  wiring.subclass(native.CommandStream);
  const { create, connect, deleteAll } = native.SandboxBackend;
  return {
    create: wiring.method(create, "create", "SandboxBackend"),
    connect: wiring.method(connect, "connect", "SandboxBackend"),
    deleteAll: wiring.method(deleteAll, "deleteAll", "SandboxBackend"),
  };
}

/** Parameters whose last one has no `signal: null`, which means the same as none. */
function withoutNull(parameters: never[]): unknown[] {
  const last: unknown = parameters.at(-1);
  if (typeof last !== "object" || last === null || (last as { signal?: unknown }).signal !== null) return parameters;
  return [...parameters.slice(0, -1), { ...last, signal: undefined }];
}
