import { removeMissingSymbols } from "#internal";
import { InvocationSandboxes } from "./invocation-sandbox.js";
import type { DaytonaSandboxOptions } from "./options.js";
import { invocationSignal } from "./run-context.js";
import { DaytonaSandbox } from "./sandbox.js";
import { DaytonaSandboxError } from "./sandbox-error.js";

const NO_INVOCATION =
  "Could not find the invocation that this call belongs to: it is not part of a run of LangGraph. Call the factory without " +
  "an argument for a new sandbox, or pass a DaytonaSandbox as the backend.";

/** Function that creates a sandbox at each call. */
export type AsyncDaytonaSandboxFactory = () => Promise<DaytonaSandbox>;

/** Backend factory for deepagents with one sandbox for each invocation of an agent. */
export interface DaytonaSandboxFactory {
  /**
   * Called by deepagents for each tool.
   * @param runtime What deepagents passes to a backend factory.
   * @returns The sandbox of the current invocation.
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED` outside a run of LangGraph.
   */
  (runtime: { state: unknown }): DaytonaSandbox;
  /**
   * Called by a program.
   * @returns A new sandbox, which the caller closes.
   * @throws {DaytonaSandboxError} As {@link DaytonaSandbox.create}.
   */
  (): Promise<DaytonaSandbox>;
  /**
   * Deletes the sandboxes of all invocations that exist, also of running ones. Not needed after an invocation, whose
   * sandbox is deleted when it ends. Sandboxes that the program created by a call are kept. The factory can be used again.
   * @throws {DaytonaSandboxError} As {@link DaytonaSandbox.close}; the other sandboxes are deleted.
   */
  close(): Promise<void>;
  /** Alias of `close`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Returns a backend factory for deepagents with one sandbox for each invocation of an agent: its tools and subagents share
 * the sandbox, which is created at the first use and deleted when the invocation ends, fails or is aborted. A call without
 * an argument creates a new sandbox, which the caller closes.
 * @param options Options for the new sandboxes.
 * @returns The factory.
 * @example
 * ```typescript
 * const agent = createDeepAgent({ model, backend: createDaytonaSandboxFactory({ language: "python" }) });
 * ```
 * @example
 * ```typescript
 * const factory = createDaytonaSandboxFactory({ language: "python" });
 * const sandbox = await factory();
 * ```
 */
export function createDaytonaSandboxFactory(options?: DaytonaSandboxOptions | null): DaytonaSandboxFactory {
  const sandboxes = new InvocationSandboxes(options ?? {});
  function factory(runtime: { state: unknown }): DaytonaSandbox;
  function factory(): Promise<DaytonaSandbox>;
  function factory(runtime?: unknown): DaytonaSandbox | Promise<DaytonaSandbox> {
    if (!isRuntime(runtime)) return DaytonaSandbox.create(options);
    const invocation = invocationSignal();
    if (invocation === undefined) throw new DaytonaSandboxError(NO_INVOCATION, "NOT_INITIALIZED");
    return sandboxes.of(invocation);
  }
  const close = () => sandboxes.close();
  const complete = Object.assign(factory, { close, [Symbol.asyncDispose]: close });
  removeMissingSymbols({ prototype: complete });
  return complete;
}

/** Whether deepagents calls: it passes an object with the state of the agent. */
function isRuntime(value: unknown): boolean {
  return typeof value === "object" && value !== null && "state" in value;
}

/**
 * Returns a backend factory for deepagents that always returns the same sandbox.
 * @param sandbox The sandbox.
 * @returns The factory.
 * @example
 * ```typescript
 * const middleware = createFilesystemMiddleware({ backend: createDaytonaSandboxFactoryFromSandbox(sandbox) });
 * ```
 */
export function createDaytonaSandboxFactoryFromSandbox(sandbox: DaytonaSandbox): () => DaytonaSandbox {
  return () => sandbox;
}
