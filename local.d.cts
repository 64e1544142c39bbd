//#region js/local/index.d.ts
/** How sandboxes of a local server are isolated. */
type LocalIsolation = "namespaces" | "landlock" | "none";
/** Options of a local server. */
interface LocalDaytonaOptions {
  /** Port on the loopback address. Default: 0, for a free port. */
  port?: number | undefined;
  /** API key that the server accepts. Default: a random key. */
  apiKey?: string | undefined;
  /** Isolation of sandboxes. Default: `auto`, for the strongest one that this machine supports; never selects `none`. */
  isolation?: "auto" | LocalIsolation | undefined;
  /** Aborts the start: the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}
/**
 * Local server: a control plane with isolated sandboxes on this machine, as a separate process. It exits on `close()`, or
 * when this process exits.
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
   * Starts a local server and waits until it is ready.
   * @param options Port, API key, isolation and a signal. All of them are optional.
   * @returns The server.
   * @throws {DaytonaInvalidArgumentError} An option is invalid; the message names it.
   * @throws {DaytonaServiceUnavailableError} The server cannot run on this machine; the message contains the reason.
   * @throws {DaytonaTimeoutError} The server was not ready within 20 s.
   */
  static start(options?: LocalDaytonaOptions): Promise<LocalDaytona>;
  /** Base URL of the control plane, for `apiUrl`. */
  get apiUrl(): string;
  /** API key that the server accepts. */
  get apiKey(): string;
  /** Isolation of its sandboxes: `namespaces`, `landlock` or `none`. */
  get isolation(): LocalIsolation;
  /** URL and isolation, for `JSON.stringify` and `console.log`; not the key. */
  toJSON(): Pick<LocalDaytona, "apiUrl" | "isolation">;
  /** Stops the server, deletes its sandboxes, and waits until its port is free. Has no effect on a stopped server. */
  close(): Promise<void>;
  /** Alias of {@link LocalDaytona.close}. */
  [Symbol.asyncDispose](): Promise<void>;
}
//#endregion
export { LocalDaytona, LocalDaytonaOptions, LocalIsolation };