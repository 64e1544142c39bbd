import process from "node:process";

const DEFAULT_API_URL = "https://app.daytona.io/api";

/** Where the service is and who asks. */
export interface DaytonaAuth {
  /** API key. Default: `DAYTONA_API_KEY`. */
  apiKey?: string;
  /** Base of the control plane. Default: `DAYTONA_API_URL`, else `https://app.daytona.io/api`. */
  apiUrl?: string;
}

/** Credentials as they are used. */
export interface DaytonaCredentials {
  /** API key. */
  apiKey: string;
  /** Base of the control plane. */
  apiUrl: string;
  /** Region. */
  target?: string;
}

/**
 * The API key: the option, else `DAYTONA_API_KEY`.
 * @throws {Error} without either, with what to set.
 */
export function getAuthApiKey(options?: DaytonaAuth): string {
  const apiKey = options?.apiKey || process.env.DAYTONA_API_KEY;
  if (apiKey) return apiKey;
  throw new Error(
    "No Daytona API key. Set DAYTONA_API_KEY, or pass auth: { apiKey }; keys are made at https://app.daytona.io. " +
      'To work offline without a key, pass target: "local" or set DAYTONA_TARGET=local.',
  );
}

/** The control plane's base: the option, else `DAYTONA_API_URL`, else the public service. */
export function getAuthApiUrl(options?: DaytonaAuth): string {
  return options?.apiUrl || process.env.DAYTONA_API_URL || DEFAULT_API_URL;
}

/**
 * Key, address and region together; the region is the argument, else `DAYTONA_TARGET`.
 * @throws {Error} without a key.
 */
export function getAuthCredentials(options?: DaytonaAuth, target?: string): DaytonaCredentials {
  return {
    apiKey: getAuthApiKey(options),
    apiUrl: getAuthApiUrl(options),
    // An empty variable is one that was not set, as for the others.
    target: target ?? (process.env.DAYTONA_TARGET || undefined),
  };
}
