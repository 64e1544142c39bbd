import type { LocalServer } from "#native";
import { DaytonaInvalidArgumentError, inspectAsJson, localServers, removeMissingSymbols, withLocalProgram } from "#internal";

/** How sandboxes of a local server are isolated. */
export type LocalIsolation = "namespaces" | "landlock" | "none";

/** Options of a local server. */
export interface LocalDaytonaOptions {
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
export class LocalDaytona {
  readonly #server: LocalServer;

  private constructor(server: LocalServer) {
    this.#server = server;
  }

  /**
   * Starts a local server and waits until it is ready.
   * @param options Port, API key, isolation and a signal. All of them are optional.
   * @returns The server.
   * @throws {DaytonaInvalidArgumentError} An option is invalid; the message names it.
   * @throws {DaytonaServiceUnavailableError} The server cannot run on this machine; the message contains the reason.
   * @throws {DaytonaTimeoutError} The server was not ready within 20 s.
   */
  static async start(options?: LocalDaytonaOptions): Promise<LocalDaytona> {
    const { port, apiKey, isolation } = validated(options ?? {});
    const given = Object.entries({ port, isolation });
    const parameters = given.filter(([, value]) => value !== undefined).map(([name, value]) => `--${name}=${value}`);
    const start = (program: string) => localServers.start(program, parameters, apiKey, { signal: options?.signal });
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

  /** Stops the server, deletes its sandboxes, and waits until its port is free. Has no effect on a stopped server. */
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
  return { port, apiKey, isolation };
}

function invalid(reason: string): DaytonaInvalidArgumentError {
  return new DaytonaInvalidArgumentError(`Could not start the local server: ${reason}.`);
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
