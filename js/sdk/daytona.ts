import process from "node:process";
import type * as native from "#native";
import { DaytonaAuthenticationError, DaytonaInvalidArgumentError, inspectAsJson, removeMissingSymbols } from "#internal";
import { complete } from "./complete.js";
import { type ListSandboxesQuery, toNativeQuery } from "./list.js";
import { adopt, type Sandbox } from "./sandbox.js";
import { part } from "./parts.js";
import { refuseCreateOptions } from "./unsupported.js";
import { VolumeService } from "./volume-service.js";

const DEFAULT_API_URL = "https://app.daytona.io/api";

/** Configuration of a client. Absent properties are read from the environment. */
export interface DaytonaConfig {
  /** API key. Default: `DAYTONA_API_KEY`. */
  apiKey?: string | undefined;
  /** JWT, as an alternative to a key; requires `organizationId`. Default: `DAYTONA_JWT_TOKEN`. */
  jwtToken?: string | undefined;
  /** Organization that a JWT acts for. Default: `DAYTONA_ORGANIZATION_ID`. */
  organizationId?: string | undefined;
  /** Base URL of the control plane. Default: `DAYTONA_API_URL`, or `https://app.daytona.io/api`. */
  apiUrl?: string | undefined;
  /** Former name of `apiUrl`. Default: `DAYTONA_SERVER_URL`. */
  serverUrl?: string | undefined;
  /** Region for new sandboxes. Default: `DAYTONA_TARGET`. */
  target?: string | undefined;
}

/**
 * Client of the sandboxes of an organization.
 *
 * Methods reject with `DaytonaAuthenticationError` (the API key is rejected), `DaytonaAuthorizationError` (the key lacks
 * a permission), `DaytonaTimeoutError` (the timeout passed), `DaytonaConnectionError` (the service cannot be reached),
 * another `DaytonaError`, or the reason of an aborted signal.
 *
 * @example
 * ```typescript
 * const daytona = new Daytona();
 * const sandbox = await daytona.create({ language: "python" });
 * console.log((await sandbox.process.executeCommand("echo hello")).result);
 * await sandbox.delete();
 * ```
 */
export class Daytona extends (complete.Daytona as typeof native.Daytona) {
  readonly #description: { apiUrl: string; target?: string };

  /**
   * Creates a client. Sends no request.
   * @param config Credentials, URL and region. Defaults are read from the environment.
   * @throws {DaytonaAuthenticationError} There is no key, or a JWT without an organization.
   * @throws {DaytonaInvalidArgumentError} The URL or the key is invalid, or the region is `local` without the URL of a server.
   */
  constructor(config?: DaytonaConfig) {
    const resolved = resolveConfig(config ?? {});
    super(resolved);
    const { apiUrl, target } = resolved;
    this.#description = target === undefined ? { apiUrl } : { apiUrl, target };
  }

  /** Volumes of the organization. */
  override get volume(): VolumeService {
    return part(this, "volume", () => Object.setPrototypeOf(super.volume, VolumeService.prototype) as VolumeService);
  }

  /** URL and region, for `JSON.stringify` and `console.log`. */
  toJSON(): { apiUrl: string; target?: string } {
    return this.#description;
  }

  /**
   * Creates a sandbox and waits until it is started: `POST /sandbox`. If creation fails, the sandbox is deleted; if that
   * fails too, the error contains its id.
   * @param params Options for the new sandbox.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns The sandbox.
   * @throws {DaytonaInvalidArgumentError} The parameters cannot be combined, or one is not supported.
   * @throws {DaytonaAuthorizationError} The key lacks a permission, or a quota is exceeded.
   * @throws {DaytonaValidationError} The service rejected a parameter.
   * @throws {DaytonaTimeoutError} The sandbox did not start in time.
   * @throws {DaytonaError} The sandbox entered an error state.
   * @example
   * ```typescript
   * const sandbox = await daytona.create({ image: "node:20", resources: { cpu: 2 } }, { timeout: 300 });
   * ```
   */
  override async create(params?: native.CreateSandboxParams | null, options?: native.CallOptions | null): Promise<Sandbox> {
    refuseCreateOptions(params);
    return adopt(await super.create(params, options));
  }

  /**
   * Returns a sandbox, in any state: `GET /sandbox/{idOrName}`.
   * @param sandboxIdOrName Id or name of the sandbox.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns The sandbox.
   * @throws {DaytonaNotFoundError} The sandbox does not exist.
   */
  override async get(sandboxIdOrName: string, options?: native.CallOptions | null): Promise<Sandbox> {
    return adopt(await super.get(sandboxIdOrName, options));
  }

  /**
   * Returns the sandboxes with these labels, from all pages: `GET /sandbox`.
   * @param labels Labels that the sandboxes must have. Default: none, for all sandboxes.
   * @param options Timeout in seconds (default 300, 0 for none) and a signal.
   * @returns The sandboxes.
   */
  override async listAll(labels?: Record<string, string> | null, options?: native.CallOptions | null): Promise<Sandbox[]> {
    return (await super.listAll(labels, options)).map(adopt);
  }

  /**
   * Iterates over the sandboxes that match, from all pages: `GET /sandbox`. A page is requested when the iteration arrives
   * at it.
   * @param query Filters and order. Default: all sandboxes, the last used first.
   * @param options Timeout of each page in seconds (default 60, 0 for none) and a signal.
   * @returns An iterator of sandboxes.
   * @throws {DaytonaInvalidArgumentError} The query has an unknown filter.
   * @throws {DaytonaValidationError} The service rejected a filter.
   * @example
   * ```typescript
   * for await (const sandbox of daytona.list({ labels: { team: "a" } })) console.log(sandbox.id, sandbox.state);
   * ```
   */
  async *list(query?: ListSandboxesQuery | null, options?: native.CallOptions | null): AsyncIterableIterator<Sandbox> {
    const pages = await this.openList(toNativeQuery(query ?? {}));
    for (;;) {
      const page = await pages.next(options);
      if (page === null) return;
      yield* page.map(adopt);
    }
  }

  /** Has no effect: a client holds no resources. It allows `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {}
}

inspectAsJson(Daytona);
removeMissingSymbols(Daytona);

function resolveConfig(config: DaytonaConfig): native.ClientConfig {
  const env = process.env;
  const jwtToken = config.jwtToken || (config.apiKey ? undefined : env.DAYTONA_JWT_TOKEN);
  const apiKey = config.apiKey || (config.jwtToken ? undefined : env.DAYTONA_API_KEY) || jwtToken;
  const organizationId = config.organizationId || env.DAYTONA_ORGANIZATION_ID;
  const givenUrl = config.apiUrl || config.serverUrl || env.DAYTONA_API_URL || env.DAYTONA_SERVER_URL;
  const target = config.target || env.DAYTONA_TARGET || undefined;
  if (target === "local" && !givenUrl) {
    throw new DaytonaInvalidArgumentError(
      'Could not create the client: the region "local" requires a local server. Start one with LocalDaytona.start() of ' +
        "daytona-native/local and pass its apiUrl and apiKey, or use DaytonaSandbox, which starts one itself.",
    );
  }
  if (!apiKey) {
    throw new DaytonaAuthenticationError(
      "Could not create the client: there is no API key. Set DAYTONA_API_KEY, or pass apiKey. Create a key at https://app.daytona.io.",
    );
  }
  if (apiKey === jwtToken && !organizationId) {
    throw new DaytonaAuthenticationError(
      "Could not create the client: a JWT requires an organization. Set DAYTONA_ORGANIZATION_ID, or pass organizationId.",
    );
  }
  return {
    apiUrl: givenUrl || DEFAULT_API_URL,
    apiKey,
    organizationId: apiKey === jwtToken ? organizationId : undefined,
    target,
  };
}
