/** What a failed call knows about itself, as the addon hands it over. */
export interface NativeError extends Error {
  /** Kind of failure; decides the class. */
  kind: string;
  /** Code of `DaytonaSandboxError`; absent for calls of the SDK. */
  code?: string | null;
  statusCode?: number | null;
  errorCode?: string | null;
  source?: string | null;
  sandboxId?: string | null;
  headers?: Record<string, string>;
  retries?: number;
  elapsedMs?: number;
  causes?: string[];
}

/** What is known about a failed call besides its message. */
export interface DaytonaErrorDetails {
  /** HTTP status, when an answer came. */
  statusCode?: number;
  /** The service's own code, such as `FILE_NOT_FOUND`. */
  code?: string;
  /** The part of the service that made the error, such as `DAYTONA_DAEMON`. */
  source?: string;
  /** `retry-after` and `x-ratelimit-…` headers of the answer, in lower case. */
  headers?: Record<string, string>;
  /** The sandbox concerned. */
  sandboxId?: string;
  /** How often the request was sent again. */
  retries?: number;
  /** Milliseconds from the call to the error. */
  elapsedMs?: number;
  /** What caused it. */
  cause?: unknown;
}

/** A failed call to Daytona; every error of the SDK is one. */
export class DaytonaError extends Error {
  override name = "DaytonaError";
  /** HTTP status, when an answer came. */
  readonly statusCode: number | undefined;
  /** The service's own code, such as `FILE_NOT_FOUND`. */
  readonly code: string | undefined;
  /** The part of the service that made the error: `DAYTONA_API`, `DAYTONA_DAEMON` or `DAYTONA_PROXY`. */
  readonly source: string | undefined;
  /** `retry-after` and `x-ratelimit-…` headers of the answer, in lower case. */
  readonly headers: Record<string, string>;
  /** The sandbox concerned. */
  readonly sandboxId: string | undefined;
  /** How often the request was sent again before this error. */
  readonly retries: number;
  /** Milliseconds from the call to the error. */
  readonly elapsedMs: number;

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

/** The service refused the request's content (400). */
export class DaytonaBadRequestError extends DaytonaError {}
/** A value was refused. */
export class DaytonaValidationError extends DaytonaBadRequestError {}
/** An argument was refused before any request was sent. */
export class DaytonaInvalidArgumentError extends DaytonaValidationError {}
/** No key, or one that the service rejects (401). */
export class DaytonaAuthenticationError extends DaytonaError {}
/** The key may not do this (403). */
export class DaytonaForbiddenError extends DaytonaError {}
/** Newer name of {@link DaytonaForbiddenError}. */
export class DaytonaAuthorizationError extends DaytonaForbiddenError {}
/** What was asked for does not exist (404). */
export class DaytonaNotFoundError extends DaytonaError {}
/** A file does not exist. */
export class DaytonaFileNotFoundError extends DaytonaNotFoundError {}
/** A file may not be read or written. */
export class DaytonaFileAccessDeniedError extends DaytonaForbiddenError {}
/** A path cannot be used as a file. */
export class DaytonaInvalidFilePathError extends DaytonaBadRequestError {}
/** A deadline passed. */
export class DaytonaTimeoutError extends DaytonaError {}
/** A command ran longer than it may. */
export class DaytonaProcessExecutionTimeoutError extends DaytonaTimeoutError {}
/** The request is at odds with the present state (409). */
export class DaytonaConflictError extends DaytonaError {}
/** What was asked for is gone (410). */
export class DaytonaGoneError extends DaytonaError {}
/** The service cannot carry the request out (422). */
export class DaytonaUnprocessableEntityError extends DaytonaError {}
/** Too many requests (429); `headers` say for how long to wait. */
export class DaytonaRateLimitError extends DaytonaError {}
/** The service failed (500). */
export class DaytonaInternalServerError extends DaytonaError {}
/** The service could not read a file. */
export class DaytonaFileReadFailedError extends DaytonaInternalServerError {}
/** A hop on the way could not reach the next (502). */
export class DaytonaBadGatewayError extends DaytonaError {}
/** The service is not available (503). */
export class DaytonaServiceUnavailableError extends DaytonaError {}
/** The service could not be reached, or the connection broke. */
export class DaytonaConnectionError extends DaytonaError {}

type DaytonaErrorClass = new (message: string, details?: DaytonaErrorDetails) => DaytonaError;

/** From the kind of failure to the class that stands for it. */
const CLASSES: Record<string, DaytonaErrorClass> = {
  InvalidArgument: DaytonaInvalidArgumentError,
  Authentication: DaytonaAuthenticationError,
  Forbidden: DaytonaAuthorizationError,
  SandboxNotFound: DaytonaNotFoundError,
  SandboxNotStarted: DaytonaConflictError,
  SandboxFailed: DaytonaError,
  NotFound: DaytonaNotFoundError,
  Unsupported: DaytonaNotFoundError,
  FileNotFound: DaytonaFileNotFoundError,
  FileAccessDenied: DaytonaFileAccessDeniedError,
  InvalidFilePath: DaytonaInvalidFilePathError,
  FileReadFailed: DaytonaFileReadFailedError,
  BadRequest: DaytonaValidationError,
  Conflict: DaytonaConflictError,
  Gone: DaytonaGoneError,
  Unprocessable: DaytonaUnprocessableEntityError,
  RateLimited: DaytonaRateLimitError,
  ResourceLimit: DaytonaAuthorizationError,
  InternalServer: DaytonaInternalServerError,
  BadGateway: DaytonaBadGatewayError,
  Unavailable: DaytonaServiceUnavailableError,
  Timeout: DaytonaTimeoutError,
  Connection: DaytonaConnectionError,
  InvalidResponse: DaytonaError,
  Other: DaytonaError,
};

/** Whether a value was thrown by the addon. */
export function isNativeError(value: unknown): value is NativeError {
  return value instanceof Error && typeof (value as Partial<NativeError>).kind === "string";
}

/** The public error that stands for one of the addon. */
export function toDaytonaError(native: NativeError): DaytonaError {
  const Class =
    native.errorCode === "PROCESS_EXECUTION_TIMEOUT" ? DaytonaProcessExecutionTimeoutError : (CLASSES[native.kind] ?? DaytonaError);
  return new Class(native.message, {
    statusCode: native.statusCode ?? undefined,
    code: native.errorCode ?? undefined,
    source: native.source ?? undefined,
    headers: native.headers,
    sandboxId: native.sandboxId ?? undefined,
    retries: native.retries,
    elapsedMs: native.elapsedMs,
    cause: causes(native.causes ?? []),
  });
}

/** The chain of causes as errors, outermost first. */
function causes(messages: string[]): Error | undefined {
  return messages.reduceRight<Error | undefined>((cause, message) => new Error(message, cause && { cause }), undefined);
}
