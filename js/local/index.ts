import type { LocalServer } from "#native";
import { DaytonaInvalidArgumentError, inspectAsJson, localServers, removeMissingSymbols, withLocalProgram } from "#internal";

/** How sandboxes of a local server are isolated. */
export type LocalIsolation = "namespaces" | "landlock" | "none";

/** A file or folder of this machine that sandboxes can read. */
export interface LocalBind {
  /** Path on this machine. */
  source: string;
  /** Absolute path in sandboxes, outside `/home/daytona`, `/tmp` and the folders of the system. Default: the same as `source`. */
  target?: string | undefined;
}

/** Options of a local server. */
export interface LocalDaytonaOptions {
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
export class LocalDaytona {
  readonly #server: LocalServer;

  private constructor(server: LocalServer) {
    this.#server = server;
  }

  /**
   * Starts a local server and waits until it is ready.
   * @param options Port, API key, isolation, environment, files for sandboxes, a folder to keep them in, and a signal. All of them are optional.
   * @returns The server.
   * @throws {DaytonaInvalidArgumentError} An option is invalid; the message names it.
   * @throws {DaytonaServiceUnavailableError} The server cannot run on this machine; the message contains the reason.
   * @throws {DaytonaTimeoutError} The server was not ready within 20 s.
   */
  static async start(options?: LocalDaytonaOptions): Promise<LocalDaytona> {
    const { port, apiKey, isolation, env, binds = [], allowHost = false, data } = validated(options ?? {});
    const given = Object.entries({ port, isolation, data });
    const parameters = given.filter(([, value]) => value !== undefined).map(([name, value]) => `--${name}=${value}`);
    parameters.push(...binds.map((bind) => `--bind=${toArgument(bind)}`));
    if (allowHost) parameters.push("--allow-host");
    const sandboxEnv = env && JSON.stringify(env);
    const start = (program: string) => localServers.start(program, parameters, apiKey, sandboxEnv, { signal: options?.signal });
    return new LocalDaytona(await withLocalProgram(start));
  }

  /** Base URL of the control plane, for `apiUrl`. */
  get apiUrl(): string {
    return this.#server.apiUrl;
  }

  /** API key that the server accepts. */
  get apiKey(): string {
    return this.#server.apiKey;
  }

  /** Isolation of its sandboxes: `namespaces`, `landlock` or `none`. */
  get isolation(): LocalIsolation {
    return this.#server.isolation;
  }

  /** URL and isolation, for `JSON.stringify` and `console.log`; not the key. */
  toJSON(): Pick<LocalDaytona, "apiUrl" | "isolation"> {
    return { apiUrl: this.apiUrl, isolation: this.isolation };
  }

  /**
   * Stops the server, deletes its sandboxes unless it has a folder to keep them in, and waits until its port is free. Has no
   * effect on a stopped server.
   */
  async close(): Promise<void> {
    await this.#server.close();
  }

  /** Alias of {@link LocalDaytona.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

inspectAsJson(LocalDaytona);
removeMissingSymbols(LocalDaytona);

const ISOLATIONS = ["auto", "namespaces", "landlock", "none"];

/** Validates options here, because the program would explain its command line instead. */
function validated(options: LocalDaytonaOptions): LocalDaytonaOptions {
  const [port, apiKey, isolation] = [options.port ?? undefined, options.apiKey ?? undefined, options.isolation ?? undefined];
  const isPort = Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 65_535;
  if (port !== undefined && !isPort) throw invalid(`port must be an integer between 0 and 65535 (0 for a free port), not ${show(port)}`);
  if (isolation !== undefined && !ISOLATIONS.includes(isolation)) {
    throw invalid(`isolation must be one of ${ISOLATIONS.join(", ")}, not ${show(isolation)}`);
  }
  // It is sent in a header. The message must not contain it.
  const isKey = typeof apiKey === "string" && /^[!-~]+$/.test(apiKey);
  if (apiKey !== undefined && !isKey) throw invalid("apiKey must be a non-empty string of printable ASCII characters without spaces");
  const [env, binds] = [options.env ?? undefined, options.binds ?? undefined];
  const isEnv = typeof env === "object" && !Array.isArray(env) && Object.values(env).every((value) => typeof value === "string");
  if (env !== undefined && !isEnv) throw invalid("env must be an object whose values are strings");
  if (binds !== undefined && !(Array.isArray(binds) && binds.every(isBind))) {
    throw invalid("binds must be an array of paths, or objects with source and target, without colons in them");
  }
  const allowHost = options.allowHost ?? undefined;
  if (allowHost !== undefined && typeof allowHost !== "boolean") throw invalid(`allowHost must be a boolean, not ${show(allowHost)}`);
  const data = options.data ?? undefined;
  if (data !== undefined && (typeof data !== "string" || data === ""))
    throw invalid(`data must be the path of a folder, not ${show(data)}`);
  return { port, apiKey, isolation, env, binds, allowHost, data };
}

function isBind(bind: string | LocalBind): boolean {
  const { source, target = source } = typeof bind === "string" ? { source: bind } : (bind ?? {});
  return [source, target].every((path) => typeof path === "string" && path !== "" && !path.includes(":"));
}

function toArgument(bind: string | LocalBind): string {
  if (typeof bind === "string") return bind;
  return bind.target === undefined ? bind.source : `${bind.source}:${bind.target}`;
}

function invalid(reason: string): DaytonaInvalidArgumentError {
  return new DaytonaInvalidArgumentError(`Could not start the local server: ${reason}.`);
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
