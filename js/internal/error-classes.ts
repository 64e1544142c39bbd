// Generated from crates/daytona-api/src/error by `npm run build:errors`. Do not edit.
import type { ErrorKind } from "#native";
import { DaytonaError, type DaytonaErrorDetails } from "./daytona-error.js";

/** The service refused the content of the request (400). */
export class DaytonaBadRequestError extends DaytonaError {}
/** A value was refused. */
export class DaytonaValidationError extends DaytonaBadRequestError {}
/** An argument was refused before any request was sent. */
export class DaytonaInvalidArgumentError extends DaytonaValidationError {}
/** The path does not denote a regular file. */
export class DaytonaInvalidFilePathError extends DaytonaBadRequestError {}
/** The language server was not started. */
export class DaytonaLspServerNotInitializedError extends DaytonaBadRequestError {}
/** The API key is missing, or the service rejected it (401). */
export class DaytonaAuthenticationError extends DaytonaError {}
/** The git remote rejected the credentials. */
export class DaytonaGitAuthFailedError extends DaytonaAuthenticationError {}
/** The API key does not permit this (403). */
export class DaytonaForbiddenError extends DaytonaError {}
/** The API key does not permit this, or a quota is used up (403). */
export class DaytonaAuthorizationError extends DaytonaForbiddenError {}
/** The file may not be read or written. */
export class DaytonaFileAccessDeniedError extends DaytonaForbiddenError {}
/** The requested resource does not exist (404). */
export class DaytonaNotFoundError extends DaytonaError {}
/** The file does not exist. */
export class DaytonaFileNotFoundError extends DaytonaNotFoundError {}
/** The git repository does not exist. */
export class DaytonaGitRepoNotFoundError extends DaytonaNotFoundError {}
/** The git branch does not exist. */
export class DaytonaGitBranchNotFoundError extends DaytonaNotFoundError {}
/** The process does not exist. */
export class DaytonaProcessNotFoundError extends DaytonaNotFoundError {}
/** A timeout passed, in the client or at the service (408, 504). */
export class DaytonaTimeoutError extends DaytonaError {}
/** A command exceeded its timeout and was killed. */
export class DaytonaProcessExecutionTimeoutError extends DaytonaTimeoutError {}
/** The request conflicts with the current state (409). */
export class DaytonaConflictError extends DaytonaError {}
/** The git branch already exists. */
export class DaytonaGitBranchExistsError extends DaytonaConflictError {}
/** The git remote has commits that the push lacks. */
export class DaytonaGitPushRejectedError extends DaytonaConflictError {}
/** The git work tree has uncommitted changes. */
export class DaytonaGitDirtyWorktreeError extends DaytonaConflictError {}
/** A git merge has conflicts. */
export class DaytonaGitMergeConflictError extends DaytonaConflictError {}
/** A screen recording is still running. */
export class DaytonaRecordingStillActiveError extends DaytonaConflictError {}
/** The requested resource no longer exists (410). */
export class DaytonaGoneError extends DaytonaError {}
/** The session has ended. */
export class DaytonaSessionEndedError extends DaytonaGoneError {}
/** The command has already exited. */
export class DaytonaCommandAlreadyCompletedError extends DaytonaGoneError {}
/** The service understood the request but cannot process it (422). */
export class DaytonaUnprocessableEntityError extends DaytonaError {}
/** A rule of the git remote rejected the operation. */
export class DaytonaGitRemoteRejectedError extends DaytonaUnprocessableEntityError {}
/** Too many requests were sent (429); `headers` contains the time to wait. */
export class DaytonaRateLimitError extends DaytonaError {}
/** The service failed (500). */
export class DaytonaInternalServerError extends DaytonaError {}
/** The service could not read the file. */
export class DaytonaFileReadFailedError extends DaytonaInternalServerError {}
/** A proxy could not reach the next server (502). */
export class DaytonaBadGatewayError extends DaytonaError {}
/** The git remote could not be reached. */
export class DaytonaGitTransportFailedError extends DaytonaBadGatewayError {}
/** The service is not available (503). */
export class DaytonaServiceUnavailableError extends DaytonaError {}
/** The accessibility service of the sandbox is not available. */
export class DaytonaA11yUnavailableError extends DaytonaServiceUnavailableError {}
/** The sandbox has no ffmpeg, which recording needs. */
export class DaytonaRecordingFfmpegNotFoundError extends DaytonaServiceUnavailableError {}
/** The service could not be reached, or the connection broke. */
export class DaytonaConnectionError extends DaytonaError {}
/** The connection to the service was not established within the timeout. */
export class DaytonaConnectionTimeoutError extends DaytonaConnectionError {}

type DaytonaErrorClass = new (message: string, details?: DaytonaErrorDetails) => DaytonaError;

/** The error class for each kind of failure. */
export const CLASSES: Record<ErrorKind, DaytonaErrorClass> = {
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
  GitAuthFailed: DaytonaGitAuthFailedError,
  GitRepoNotFound: DaytonaGitRepoNotFoundError,
  GitBranchNotFound: DaytonaGitBranchNotFoundError,
  GitBranchExists: DaytonaGitBranchExistsError,
  GitPushRejected: DaytonaGitPushRejectedError,
  GitDirtyWorktree: DaytonaGitDirtyWorktreeError,
  GitMergeConflict: DaytonaGitMergeConflictError,
  GitTransportFailed: DaytonaGitTransportFailedError,
  GitRemoteRejected: DaytonaGitRemoteRejectedError,
  LspServerNotInitialized: DaytonaLspServerNotInitializedError,
  ProcessNotFound: DaytonaProcessNotFoundError,
  SessionEnded: DaytonaSessionEndedError,
  CommandAlreadyCompleted: DaytonaCommandAlreadyCompletedError,
  A11yUnavailable: DaytonaA11yUnavailableError,
  RecordingStillActive: DaytonaRecordingStillActiveError,
  RecordingFfmpegNotFound: DaytonaRecordingFfmpegNotFoundError,
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
  ProcessTimeout: DaytonaProcessExecutionTimeoutError,
  Connection: DaytonaConnectionError,
  ConnectionTimeout: DaytonaConnectionTimeoutError,
  InvalidResponse: DaytonaError,
  Other: DaytonaError,
};
