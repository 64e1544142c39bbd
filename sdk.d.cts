import * as native from "#native";
import { CancelToken, CreateSandboxOptions, CreateSandboxParams, ExecuteResponse, FileInfo, FilePermissionsParams, FileSystem, FileUpload, LocalServer, Match, Process, ReplaceResult, Resources, Sandbox, SearchFilesResponse } from "#native";

//#region \0rolldown/runtime.js
//#endregion
//#region js/sdk/enums.d.ts
/** Languages of `codeRun`. */
declare const CodeLanguage: {
  readonly PYTHON: "python";
  readonly TYPESCRIPT: "typescript";
  readonly JAVASCRIPT: "javascript";
};
/** One of {@link CodeLanguage}. */
type CodeLanguage = (typeof CodeLanguage)[keyof typeof CodeLanguage];
/** States of a sandbox. */
declare const SandboxState: {
  readonly CREATING: "creating";
  readonly RESTORING: "restoring";
  readonly DESTROYED: "destroyed";
  readonly DESTROYING: "destroying";
  readonly STARTED: "started";
  readonly STOPPED: "stopped";
  readonly STARTING: "starting";
  readonly STOPPING: "stopping";
  readonly ERROR: "error";
  readonly BUILD_FAILED: "build_failed";
  readonly PENDING_BUILD: "pending_build";
  readonly BUILDING_SNAPSHOT: "building_snapshot";
  readonly UNKNOWN: "unknown";
  readonly PULLING_SNAPSHOT: "pulling_snapshot";
  readonly ARCHIVED: "archived";
  readonly ARCHIVING: "archiving";
  readonly RESIZING: "resizing";
  readonly SNAPSHOTTING: "snapshotting";
  readonly FORKING: "forking";
  readonly PAUSING: "pausing";
  readonly PAUSED: "paused";
  readonly RESUMING: "resuming";
};
/** One of {@link SandboxState}. */
type SandboxState = (typeof SandboxState)[keyof typeof SandboxState];
//#endregion
//#region js/sdk/daytona.d.ts
/** Where the service is and who asks; what is absent comes from the environment. */
interface DaytonaConfig {
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
interface ListSandboxesQuery {
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
declare class Daytona extends native.Daytona {
  /**
   * Sends nothing.
   * @throws {DaytonaAuthenticationError} without a key or token.
   */
  constructor(config?: DaytonaConfig);
  /** Goes through the sandboxes that match, of all pages: `GET /sandbox`. */
  list(query?: ListSandboxesQuery): AsyncIterableIterator<native.Sandbox>;
  /** Nothing is held open; here for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
//#endregion
//#region js/sdk/errors.d.ts
/** What a failed call knows about itself, as the addon hands it over. */
interface NativeError extends Error {
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
interface DaytonaErrorDetails {
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
declare class DaytonaError extends Error {
  name: string;
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
  constructor(message: string, details?: DaytonaErrorDetails);
  /** Older name of {@link DaytonaError.code}. */
  get errorCode(): string | undefined;
}
/** The service refused the request's content (400). */
declare class DaytonaBadRequestError extends DaytonaError {}
/** A value was refused. */
declare class DaytonaValidationError extends DaytonaBadRequestError {}
/** An argument was refused before any request was sent. */
declare class DaytonaInvalidArgumentError extends DaytonaValidationError {}
/** No key, or one that the service rejects (401). */
declare class DaytonaAuthenticationError extends DaytonaError {}
/** The key may not do this (403). */
declare class DaytonaForbiddenError extends DaytonaError {}
/** Newer name of {@link DaytonaForbiddenError}. */
declare class DaytonaAuthorizationError extends DaytonaForbiddenError {}
/** What was asked for does not exist (404). */
declare class DaytonaNotFoundError extends DaytonaError {}
/** A file does not exist. */
declare class DaytonaFileNotFoundError extends DaytonaNotFoundError {}
/** A file may not be read or written. */
declare class DaytonaFileAccessDeniedError extends DaytonaForbiddenError {}
/** A path cannot be used as a file. */
declare class DaytonaInvalidFilePathError extends DaytonaBadRequestError {}
/** A deadline passed. */
declare class DaytonaTimeoutError extends DaytonaError {}
/** A command ran longer than it may. */
declare class DaytonaProcessExecutionTimeoutError extends DaytonaTimeoutError {}
/** The request is at odds with the present state (409). */
declare class DaytonaConflictError extends DaytonaError {}
/** What was asked for is gone (410). */
declare class DaytonaGoneError extends DaytonaError {}
/** The service cannot carry the request out (422). */
declare class DaytonaUnprocessableEntityError extends DaytonaError {}
/** Too many requests (429); `headers` say for how long to wait. */
declare class DaytonaRateLimitError extends DaytonaError {}
/** The service failed (500). */
declare class DaytonaInternalServerError extends DaytonaError {}
/** The service could not read a file. */
declare class DaytonaFileReadFailedError extends DaytonaInternalServerError {}
/** A hop on the way could not reach the next (502). */
declare class DaytonaBadGatewayError extends DaytonaError {}
/** The service is not available (503). */
declare class DaytonaServiceUnavailableError extends DaytonaError {}
/** The service could not be reached, or the connection broke. */
declare class DaytonaConnectionError extends DaytonaError {}
/** Whether a value was thrown by the addon. */
declare function isNativeError(value: unknown): value is NativeError;
/** The public error that stands for one of the addon. */
declare function toDaytonaError(native: NativeError): DaytonaError;
//#endregion
//#region js/sdk/local-server.d.ts
/** The path of the program `daytona-local`: beside this file in a checkout, else in the package of this platform. */
declare function localProgram(): string;
/** The local server of this process, started at the first call; worker threads share it. */
declare function sharedLocalServer(): Promise<LocalServer>;
//#endregion
//#region js/sdk/signal.d.ts
/**
 * Runs a native call that an `AbortSignal` can end: an aborted one rejects at once with the signal's reason. What the
 * call has started in a sandbox is killed; the process stays alive until that is done.
 */
declare function withSignal<T>(signal: AbortSignal | undefined, call: (token?: CancelToken) => Promise<T>): Promise<T>;
declare namespace internal_d_exports {
  export { isDaytonaError, isNativeError, localProgram, sharedLocalServer, toDaytonaError, withSignal };
}
/** Whether a value is an error of the SDK. */
declare function isDaytonaError(value: unknown): value is DaytonaError;
//#endregion
export { CodeLanguage, type CreateSandboxOptions, type CreateSandboxParams, Daytona, DaytonaAuthenticationError, DaytonaAuthorizationError, DaytonaBadGatewayError, DaytonaBadRequestError, type DaytonaConfig, DaytonaConflictError, DaytonaConnectionError, DaytonaError, type DaytonaErrorDetails, DaytonaFileAccessDeniedError, DaytonaFileNotFoundError, DaytonaFileReadFailedError, DaytonaForbiddenError, DaytonaGoneError, DaytonaInternalServerError, DaytonaInvalidArgumentError, DaytonaInvalidFilePathError, DaytonaNotFoundError, DaytonaProcessExecutionTimeoutError, DaytonaRateLimitError, DaytonaServiceUnavailableError, DaytonaTimeoutError, DaytonaUnprocessableEntityError, DaytonaValidationError, type ExecuteResponse, type FileInfo, type FilePermissionsParams, FileSystem, type FileUpload, type ListSandboxesQuery, type Match, Process, type ReplaceResult, type Resources, Sandbox, SandboxState, type SearchFilesResponse, internal_d_exports as internal };