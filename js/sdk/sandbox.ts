import { inspectAsJson } from "#internal";
import type * as native from "#native";
import { complete } from "./complete.js";
import { ComputerUse } from "./computer-use.js";
import { CodeInterpreter } from "./code-interpreter.js";
import { FileSystem } from "./file-system.js";
import { Git } from "./git.js";
import type { LspLanguageId } from "./enums.js";
import { LspServer } from "./lsp-server.js";
import { part } from "./parts.js";
import { Process } from "./process.js";
import { refuseResizeResources } from "./unsupported.js";

/** The last known properties of a sandbox. */
export interface Sandbox extends Readonly<Omit<native.SandboxData, "env">> {}

/** A sandbox. Its properties are the last known ones; `refreshData()` updates them. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the getters are defined below, from the addon's list of properties
export class Sandbox extends (complete.Sandbox as typeof native.Sandbox) {
  /** Files of the sandbox. */
  override get fs(): FileSystem {
    return part(this, "fs", () => Object.setPrototypeOf(super.fs, FileSystem.prototype) as FileSystem);
  }

  /** Git repositories of the sandbox. */
  override get git(): Git {
    return part(this, "git", () => Object.setPrototypeOf(super.git, Git.prototype) as Git);
  }

  /** Commands, code and sessions of the sandbox. */
  override get process(): Process {
    return part(this, "process", () => Object.setPrototypeOf(super.process, Process.prototype) as Process);
  }

  /** The desktop of the sandbox: its mouse, keyboard and screen. */
  override get computerUse(): ComputerUse {
    return part(this, "computerUse", () => Object.setPrototypeOf(super.computerUse, ComputerUse.prototype) as ComputerUse);
  }

  /** Python that keeps its variables, functions and modules between two runs. */
  override get codeInterpreter(): CodeInterpreter {
    return part(this, "codeInterpreter", () => Object.setPrototypeOf(super.codeInterpreter, CodeInterpreter.prototype) as CodeInterpreter);
  }

  /**
   * Returns a language server for a project. Sends no request: `start()` starts the server.
   * @param languageId `python`, `typescript` or `javascript`.
   * @param pathToProject Folder of the project, relative to the working directory.
   * @returns The language server.
   * @throws {DaytonaInvalidArgumentError} The language has no server.
   * @example
   * ```typescript
   * const lsp = await sandbox.createLspServer("typescript", "project");
   * await lsp.start();
   * ```
   */
  override async createLspServer(languageId: LspLanguageId | (string & {}), pathToProject: string): Promise<LspServer> {
    return Object.setPrototypeOf(await super.createLspServer(languageId, pathToProject), LspServer.prototype) as LspServer;
  }

  /**
   * Changes the resources of the sandbox and waits until they are changed: `POST /sandbox/{id}/resize`. Processors and
   * memory of a started sandbox can be increased; those of a stopped one reduced too, and its disk increased.
   * @param resources CPU cores, memory (GiB) and disk (GiB); at least one of them.
   * @param timeout Timeout in seconds. Default: 60; 0 for none.
   * @param options A signal.
   * @throws {DaytonaInvalidArgumentError} No resource, 0 or a GPU was given.
   * @throws {DaytonaValidationError} The service does not allow the change, or nothing would change.
   * @throws {DaytonaNotFoundError} The service cannot resize sandboxes.
   * @throws {DaytonaTimeoutError} The timeout passed.
   * @example
   * ```typescript
   * await sandbox.resize({ cpu: 2, memory: 4 });
   * ```
   */
  override async resize(resources: native.ResizeResources, timeout?: number | null, options?: native.CallOptions | null): Promise<void> {
    refuseResizeResources(resources);
    await super.resize(resources, timeout, options);
  }

  /** Environment variables of every process; empty for a sandbox from a list that omits them. */
  get env(): Record<string, string> {
    return this.data.env ?? {};
  }

  /** The properties, for `JSON.stringify` and `console.log`, without the environment variables, which may contain keys. */
  toJSON(): Omit<native.SandboxData, "env"> {
    const { env, ...properties } = this.data;
    return properties;
  }
}

for (const name of Sandbox.propertyNames() as (keyof native.SandboxData)[]) {
  if (name in Sandbox.prototype) continue;
  Object.defineProperty(Sandbox.prototype, name, {
    get(this: Sandbox) {
      return this.data[name];
    },
    configurable: true,
    enumerable: true,
  });
}

/** Converts a sandbox of the addon's class to this package's subclass. */
export function adopt(sandbox: native.Sandbox): Sandbox {
  return Object.setPrototypeOf(sandbox, Sandbox.prototype) as Sandbox;
}

inspectAsJson(Sandbox);
