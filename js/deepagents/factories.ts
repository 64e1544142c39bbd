import type { DaytonaSandboxOptions } from "./options.js";
import { DaytonaSandbox } from "./sandbox.js";

/** Function that creates a sandbox at each call. */
export type AsyncDaytonaSandboxFactory = () => Promise<DaytonaSandbox>;

/**
 * Returns a function that creates a new sandbox at each call. The caller closes the sandboxes.
 * @param options Options for the new sandboxes.
 * @returns The function; it rejects as {@link DaytonaSandbox.create}.
 * @example
 * ```typescript
 * const factory = createDaytonaSandboxFactory({ language: "python" });
 * const sandbox = await factory();
 * ```
 */
export function createDaytonaSandboxFactory(options?: DaytonaSandboxOptions): AsyncDaytonaSandboxFactory {
  return () => DaytonaSandbox.create(options);
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
