import type { LocalServer } from "#native";
import { localProgram, localServers } from "#internal";

/** Options of a local server. */
export interface LocalDaytonaOptions {
  /** Port on the loopback address. Default: 0, for a free port. */
  port?: number;
  /** API key that the server accepts. Default: a random key. */
  apiKey?: string;
  /** Isolation of sandboxes. Default: `auto`, for the strongest one that this machine supports; never selects `none`. */
  isolation?: "auto" | "namespaces" | "landlock" | "none";
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
   * @param options Port, API key and isolation. All of them have defaults.
   * @returns The server.
   * @throws {DaytonaServiceUnavailableError} The server cannot run on this machine; the message contains the reason.
   * @throws {DaytonaTimeoutError} The server was not ready within 20 s.
   */
  static async start(options: LocalDaytonaOptions = {}): Promise<LocalDaytona> {
    const given = Object.entries({ port: options.port, isolation: options.isolation });
    const parameters = given.filter(([, value]) => value !== undefined).map(([name, value]) => `--${name}=${value}`);
    return new LocalDaytona(await localServers.start(localProgram(), parameters, options.apiKey));
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
  get isolation(): string {
    return this.#server.isolation;
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
