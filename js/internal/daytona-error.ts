/** What is known about a failed call besides its message. */
export interface DaytonaErrorDetails {
  /** HTTP status, when a response came. */
  statusCode?: number | undefined;
  /** The service's own code, such as `FILE_NOT_FOUND`. */
  code?: string | undefined;
  /** The part of the service that made the error, such as `DAYTONA_DAEMON`. */
  source?: string | undefined;
  /** `retry-after` and `x-ratelimit-…` headers of the response, in lower case. */
  headers?: Record<string, string> | undefined;
  /** The sandbox concerned. */
  sandboxId?: string | undefined;
  /** How often the request was sent again. */
  retries?: number | undefined;
  /** Milliseconds from the call to the error. */
  elapsedMs?: number | undefined;
  /** What caused it. */
  cause?: unknown;
}

/** A failed call to Daytona; every error of the SDK is one. */
export class DaytonaError extends Error {
  /** Name of the class, such as `DaytonaNotFoundError`. */
  override name = "DaytonaError";
  /** HTTP status, when a response came. */
  readonly statusCode: number | undefined;
  /** The service's own code, such as `FILE_NOT_FOUND`. */
  readonly code: string | undefined;
  /** The part of the service that made the error: `DAYTONA_API`, `DAYTONA_DAEMON` or `DAYTONA_PROXY`. */
  readonly source: string | undefined;
  /** `retry-after` and `x-ratelimit-…` headers of the response, in lower case. */
  readonly headers: Record<string, string>;
  /** The sandbox concerned. */
  readonly sandboxId: string | undefined;
  /** How often the request was sent again before this error. */
  readonly retries: number;
  /** Milliseconds from the call to the error. */
  readonly elapsedMs: number;

  /**
   * @param message Description of the failure.
   * @param details What else is known about it.
   */
  constructor(message: string, details: DaytonaErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.statusCode = details.statusCode;
    this.code = details.code;
    this.source = details.source;
    this.headers = details.headers ?? {};
    this.sandboxId = details.sandboxId;
    this.retries = details.retries ?? 0;
    this.elapsedMs = details.elapsedMs ?? 0;
    this.name = new.target.name;
  }

  /** Older name of {@link DaytonaError.code}. */
  get errorCode(): string | undefined {
    return this.code;
  }
}
