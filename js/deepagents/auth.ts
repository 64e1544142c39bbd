import process from "node:process";

const DEFAULT_API_URL = "https://app.daytona.io/api";

/** Credentials and address of the service. */
export interface DaytonaAuth {
  /** API key. Default: `DAYTONA_API_KEY`. */
  apiKey?: string | undefined;
  /** Base URL of the control plane. Default: `DAYTONA_API_URL`, or `https://app.daytona.io/api`. */
  apiUrl?: string | undefined;
}

/** Resolved credentials and address of the service. */
export interface DaytonaCredentials {
  /** API key. */
  apiKey: string;
  /** Base URL of the control plane. */
  apiUrl: string;
  /** Region, or `local`. */
  target?: string;
}

/**
 * Returns the API key.
 * @param options `apiKey`. Default: `DAYTONA_API_KEY`.
 * @returns The key.
 * @throws {Error} There is no key; the message starts with `Daytona authentication required`.
 */
export function getAuthApiKey(options?: DaytonaAuth): string {
  const apiKey = options?.apiKey || process.env.DAYTONA_API_KEY;
  if (apiKey) return apiKey;
  throw new Error(
    "Daytona authentication required: there is no API key. Set DAYTONA_API_KEY, or pass " +
      'auth: { apiKey: "your-api-key" }. Create a key at https://app.daytona.io. ' +
      'To use a local server, which needs no key, pass target: "local" or set DAYTONA_TARGET=local.',
  );
}

/**
 * Returns the base URL of the control plane.
 * @param options `apiUrl`. Default: `DAYTONA_API_URL`, or `https://app.daytona.io/api`.
 * @returns The URL.
 */
export function getAuthApiUrl(options?: DaytonaAuth): string {
  return options?.apiUrl || process.env.DAYTONA_API_URL || DEFAULT_API_URL;
}

/**
 * Returns key, URL and region.
 * @param options `apiKey` and `apiUrl`. Default: `DAYTONA_API_KEY` and `DAYTONA_API_URL`.
 * @param target Region. Default: `DAYTONA_TARGET`.
 * @returns The credentials.
 * @throws {Error} There is no key; the message starts with `Daytona authentication required`.
 */
export function getAuthCredentials(options?: DaytonaAuth, target?: string): DaytonaCredentials {
  return {
    apiKey: getAuthApiKey(options),
    apiUrl: getAuthApiUrl(options),
    // An empty variable counts as unset, as for the others.
    target: target ?? (process.env.DAYTONA_TARGET || undefined),
  };
}
