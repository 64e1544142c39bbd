import { wireNative } from "./wire-native.js";

wireNative();

export { FileSystem, Process, Sandbox } from "#native";
export type {
  CreateSandboxOptions,
  CreateSandboxParams,
  ExecuteResponse,
  FileInfo,
  FilePermissionsParams,
  FileUpload,
  Match,
  ReplaceResult,
  Resources,
  SearchFilesResponse,
} from "#native";
export { CodeLanguage, SandboxState } from "./enums.js";
export { Daytona, type DaytonaConfig, type ListSandboxesQuery } from "./daytona.js";
export {
  DaytonaAuthenticationError,
  DaytonaAuthorizationError,
  DaytonaBadGatewayError,
  DaytonaBadRequestError,
  DaytonaConflictError,
  DaytonaConnectionError,
  DaytonaError,
  type DaytonaErrorDetails,
  DaytonaFileAccessDeniedError,
  DaytonaFileNotFoundError,
  DaytonaFileReadFailedError,
  DaytonaForbiddenError,
  DaytonaGoneError,
  DaytonaInternalServerError,
  DaytonaInvalidArgumentError,
  DaytonaInvalidFilePathError,
  DaytonaNotFoundError,
  DaytonaProcessExecutionTimeoutError,
  DaytonaRateLimitError,
  DaytonaServiceUnavailableError,
  DaytonaTimeoutError,
  DaytonaUnprocessableEntityError,
  DaytonaValidationError,
} from "./errors.js";
/** @internal What the other entry points of this package share. */
export * as internal from "./internal.js";
