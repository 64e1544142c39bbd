//#region js/local/index.d.ts
/** How sandboxes of a local server are isolated. */
type LocalIsolation = "namespaces" | "landlock" | "none";
/** A file or folder of this machine that sandboxes can read. */
interface LocalBind {
  /** Path on this machine. */
  source: string;
  /** Absolute path in sandboxes, outside `/home/daytona`, `/tmp` and the folders of the system. Default: the same as `source`. */
  target?: string | undefined;
}
/** Options of a local server. */
interface LocalDaytonaOptions {
  /** Port on the loopback address. Default: 0, for a free port. */
  port?: number | undefined;
  /** API key that the server accepts. Default: a random key. */
  apiKey?: string | undefined;
  /**
   * Isolation of sandboxes. Default: the value of `DAYTONA_LOCAL_ISOLATION`, else `auto`, which is `namespaces`: the others let
   * programs in sandboxes act as the user who runs the server, and are chosen by name only.
   */
  isolation?: "auto" | LocalIsolation | undefined;
  /** Environment variables of all sandboxes. Those of a sandbox's own come on top. Default: none. */
  env?: Record<string, string> | undefined;
  /**
   * Whether sandboxes can connect to this machine: to its loopback interface at the address `10.0.2.2`, and to its other
   * addresses. Default: false. Without effect where sandboxes have no network of their own.
   */
  allowHost?: boolean | undefined;
  /**
   * Files and folders of this machine that all sandboxes can read: paths, or objects with the `source` on this machine and
   * the absolute `target` in sandboxes. Default: none.
   */
  binds?: readonly (string | LocalBind)[] | undefined;
  /**
   * Path of a folder to keep sandboxes in when the server ends; a later server with the same folder continues with them.
   * Default: none, and all sandboxes are deleted when the server ends.
   */
  data?: string | undefined;
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
   * @param options Port, API key, isolation, environment, files for sandboxes, a folder to keep them in, and a signal. All of them are optional.
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
  /**
   * Stops the server, deletes its sandboxes unless it has a folder to keep them in, and waits until its port is free. Has no
   * effect on a stopped server.
   */
  close(): Promise<void>;
  /** Alias of {@link LocalDaytona.close}. */
  [Symbol.asyncDispose](): Promise<void>;
}
//#endregion
export { LocalBind, LocalDaytona, LocalDaytonaOptions, LocalIsolation };