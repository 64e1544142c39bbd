import { LocalServer } from "#native";
import { localProgram } from "#internal";

/** How a local Daytona is run. */
export interface LocalDaytonaOptions {
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
export class LocalDaytona {
  readonly #server: LocalServer;

  private constructor(server: LocalServer) {
    this.#server = server;
  }

  /**
   * Starts one and waits until it is ready.
   * @throws {DaytonaServiceUnavailableError} when it cannot run here, with the reason and what to do.
   */
  static async start(options: LocalDaytonaOptions = {}): Promise<LocalDaytona> {
    const given = Object.entries({ port: options.port, isolation: options.isolation });
    const parameters = given.filter(([, value]) => value !== undefined).map(([name, value]) => `--${name}=${value}`);
    return new LocalDaytona(await LocalServer.start(localProgram(), parameters, options.apiKey));
  }

  /** Base of its control plane, for `apiUrl`. */
  get apiUrl(): string {
    return this.#server.apiUrl;
  }

  /** The key that it accepts. */
  get apiKey(): string {
    return this.#server.apiKey;
  }

  /** How its sandboxes are walled in: `namespaces`, `landlock` or `none`. */
  get isolation(): string {
    return this.#server.isolation;
  }

  /** Ends it with all its sandboxes, and waits until its port is free. */
  async close(): Promise<void> {
    await this.#server.close();
  }

  /** The same as {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
