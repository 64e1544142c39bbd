import process from "node:process";
import * as native from "#native";
import { DaytonaAuthenticationError } from "#internal";

const DEFAULT_API_URL = "https://app.daytona.io/api";

/** Where the service is and who asks; what is absent comes from the environment. */
export interface DaytonaConfig {
  /** API key. Default: `DAYTONA_API_KEY`. */
  apiKey?: string;
  /** Token, instead of a key; needs `organizationId`. Default: `DAYTONA_JWT_TOKEN`. */
  jwtToken?: string;
  /** The organization that a token acts for. Default: `DAYTONA_ORGANIZATION_ID`. */
  organizationId?: string;
  /** Base of the control plane. Default: `DAYTONA_API_URL`, else `https://app.daytona.io/api`. */
  apiUrl?: string;
  /** Older name of `apiUrl`. Default: `DAYTONA_SERVER_URL`. */
  serverUrl?: string;
  /** Region for new sandboxes. Default: `DAYTONA_TARGET`. */
  target?: string;
}

/** Which sandboxes to list. */
export interface ListSandboxesQuery {
  /** Labels that they must carry. */
  labels?: Record<string, string>;
}

/**
 * The client of an organization's sandboxes.
 *
 * @example
 * ```typescript
 * const daytona = new Daytona();
 * const sandbox = await daytona.create({ language: "python" });
 * console.log((await sandbox.process.executeCommand("echo hello")).result);
 * await sandbox.delete();
 * ```
 */
export class Daytona extends native.Daytona {
  /**
   * Sends nothing.
   * @throws {DaytonaAuthenticationError} without a key or token.
   */
  constructor(config: DaytonaConfig = {}) {
    super(resolveConfig(config));
  }

  /** Goes through the sandboxes that match, of all pages: `GET /sandbox`. */
  async *list(query: ListSandboxesQuery = {}): AsyncIterableIterator<native.Sandbox> {
    yield* await this.listAll(query.labels);
  }

  /** Nothing is held open; here for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {}
}

function resolveConfig(config: DaytonaConfig): native.ClientConfig {
  const env = process.env;
  const jwtToken = config.jwtToken || (config.apiKey ? undefined : env.DAYTONA_JWT_TOKEN);
  const apiKey = config.apiKey || (config.jwtToken ? undefined : env.DAYTONA_API_KEY) || jwtToken;
  const organizationId = config.organizationId || env.DAYTONA_ORGANIZATION_ID;
  if (!apiKey) {
    throw new DaytonaAuthenticationError("No API key: set DAYTONA_API_KEY, or pass apiKey. Keys are made at app.daytona.io.");
  }
  if (apiKey === jwtToken && !organizationId) {
    throw new DaytonaAuthenticationError("A token needs an organization: set DAYTONA_ORGANIZATION_ID, or pass organizationId.");
  }
  return {
    apiUrl: config.apiUrl || config.serverUrl || env.DAYTONA_API_URL || env.DAYTONA_SERVER_URL || DEFAULT_API_URL,
    apiKey,
    organizationId: apiKey === jwtToken ? organizationId : undefined,
    target: config.target || env.DAYTONA_TARGET || undefined,
  };
}
