export { type DaytonaAuth, type DaytonaCredentials, getAuthApiKey, getAuthApiUrl, getAuthCredentials } from "./deepagents/auth.js";
export {
  type AsyncDaytonaSandboxFactory,
  createDaytonaSandboxFactory,
  createDaytonaSandboxFactoryFromSandbox,
  type DaytonaSandboxFactory,
} from "./deepagents/factories.js";
export type {
  DaytonaCallOptions,
  DaytonaConnectOptions,
  DaytonaVolumeMount,
  DaytonaDeleteAllOptions,
  DaytonaExecuteOptions,
  DaytonaFileDownloadResponse,
  DaytonaFileReason,
  DaytonaFileUploadResponse,
  DaytonaSandboxOptions,
  DaytonaSandboxTarget,
} from "./deepagents/options.js";
export { DaytonaSandbox } from "./deepagents/sandbox.js";
export { DaytonaSandboxError, type DaytonaSandboxErrorCode } from "./deepagents/sandbox-error.js";
