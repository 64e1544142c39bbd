//#region js/local/index.d.ts
/** How a local Daytona is run. */
interface LocalDaytonaOptions {
  /** Port on the loopback address. Default 0: a free one. */
  port?: number;
  /** The key that it accepts. Default: a random one. */
  apiKey?: string;
  /** How sandboxes are walled in. Default `auto`: the best that this machine has; `none` is never chosen by itself. */
  isolation?: "auto" | "namespaces" | "landlock" | "none";
}
/**
 * A local Daytona: control plane, toolbox and isolation, as a program beside this process. It ends with `close()`, or
 * with the process, however that ends.
 *
 * @example
 * ```typescript
 * await using daytona = await LocalDaytona.start();
 * const sandbox = await DaytonaSandbox.create({ auth: daytona });
 * ```
 */
declare class LocalDaytona {
  #private;
  private constructor();
  /**
   * Starts one and waits until it is ready.
   * @throws {DaytonaServiceUnavailableError} when it cannot run here, with the reason and what to do.
   */
  static start(options?: LocalDaytonaOptions): Promise<LocalDaytona>;
  /** Base of its control plane, for `apiUrl`. */
  get apiUrl(): string;
  /** The key that it accepts. */
  get apiKey(): string;
  /** How its sandboxes are walled in: `namespaces`, `landlock` or `none`. */
  get isolation(): string;
  /** Ends it with all its sandboxes, and waits until its port is free. */
  close(): Promise<void>;
  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void>;
}
//#endregion
export { LocalDaytona, LocalDaytonaOptions };