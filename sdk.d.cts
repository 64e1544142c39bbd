import * as native from "#native";
import { CreateSandboxOptions, CreateSandboxParams, ExecuteResponse, FileInfo, FilePermissionsParams, FileSystem, FileUpload, Match, Process, ReplaceResult, Resources, Sandbox, SearchFilesResponse } from "#native";
import { DaytonaAuthenticationError, DaytonaAuthorizationError, DaytonaBadGatewayError, DaytonaBadRequestError, DaytonaConflictError, DaytonaConnectionError, DaytonaError, DaytonaErrorDetails, DaytonaFileAccessDeniedError, DaytonaFileNotFoundError, DaytonaFileReadFailedError, DaytonaForbiddenError, DaytonaGoneError, DaytonaInternalServerError, DaytonaInvalidArgumentError, DaytonaInvalidFilePathError, DaytonaNotFoundError, DaytonaProcessExecutionTimeoutError, DaytonaRateLimitError, DaytonaServiceUnavailableError, DaytonaTimeoutError, DaytonaUnprocessableEntityError, DaytonaValidationError } from "#internal";

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
export { CodeLanguage, type CreateSandboxOptions, type CreateSandboxParams, Daytona, DaytonaAuthenticationError, DaytonaAuthorizationError, DaytonaBadGatewayError, DaytonaBadRequestError, type DaytonaConfig, DaytonaConflictError, DaytonaConnectionError, DaytonaError, type DaytonaErrorDetails, DaytonaFileAccessDeniedError, DaytonaFileNotFoundError, DaytonaFileReadFailedError, DaytonaForbiddenError, DaytonaGoneError, DaytonaInternalServerError, DaytonaInvalidArgumentError, DaytonaInvalidFilePathError, DaytonaNotFoundError, DaytonaProcessExecutionTimeoutError, DaytonaRateLimitError, DaytonaServiceUnavailableError, DaytonaTimeoutError, DaytonaUnprocessableEntityError, DaytonaValidationError, type ExecuteResponse, type FileInfo, type FilePermissionsParams, FileSystem, type FileUpload, type ListSandboxesQuery, type Match, Process, type ReplaceResult, type Resources, Sandbox, SandboxState, type SearchFilesResponse };