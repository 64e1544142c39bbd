import type { DaytonaSandboxOptions } from "./options.js";
import { DaytonaSandbox } from "./sandbox.js";

/** Makes a sandbox for each call. */
export type AsyncDaytonaSandboxFactory = () => Promise<DaytonaSandbox>;

/**
 * A function that creates a new sandbox each time it is called; who calls it closes what it makes.
 *
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
 * A backend factory of deepagents that gives the same sandbox each time.
 *
 * @example
 * ```typescript
 * const middleware = createFilesystemMiddleware({ backend: createDaytonaSandboxFactoryFromSandbox(sandbox) });
 * ```
 */
export function createDaytonaSandboxFactoryFromSandbox(sandbox: DaytonaSandbox): () => DaytonaSandbox {
  return () => sandbox;
}
