// Checked by tsc only (npm run check:types), with exactOptionalPropertyTypes: every optional option may also be undefined.
import type {
  DaytonaAuth,
  DaytonaCallOptions,
  DaytonaConnectOptions,
  DaytonaExecuteOptions,
  DaytonaSandbox,
  DaytonaSandboxOptions,
} from "daytona-native";
import type { LocalDaytonaOptions } from "daytona-native/local";
import type {
  CallOptions,
  CodeRunParams,
  CreateSandboxParams,
  DaytonaConfig,
  DaytonaErrorDetails,
  DownloadStreamOptions,
  FilePermissionsParams,
  ListSandboxesQuery,
  Resources,
  Sandbox,
  SessionExecuteRequest,
  UploadStreamOptions,
} from "daytona-native/sdk";

/** The optional properties, all undefined. */
type Undefined<T> = { [Key in keyof T as Pick<Partial<T>, Key> extends Pick<T, Key> ? Key : never]: undefined };

type AcceptsUndefined<T> = Undefined<T> extends Partial<T> ? true : false;

/** Compiles if the type is `true`. */
type Check<T extends true> = T;

export type Options = [
  Check<AcceptsUndefined<CallOptions>>,
  Check<AcceptsUndefined<CodeRunParams>>,
  Check<AcceptsUndefined<CreateSandboxParams>>,
  Check<AcceptsUndefined<DaytonaAuth>>,
  Check<AcceptsUndefined<DaytonaCallOptions>>,
  Check<AcceptsUndefined<DaytonaConfig>>,
  Check<AcceptsUndefined<DaytonaConnectOptions>>,
  Check<AcceptsUndefined<DaytonaErrorDetails>>,
  Check<AcceptsUndefined<DaytonaExecuteOptions>>,
  Check<AcceptsUndefined<DaytonaSandboxOptions>>,
  Check<AcceptsUndefined<NonNullable<DaytonaSandboxOptions["resources"]>>>,
  Check<AcceptsUndefined<DownloadStreamOptions>>,
  Check<AcceptsUndefined<FilePermissionsParams>>,
  Check<AcceptsUndefined<ListSandboxesQuery>>,
  Check<AcceptsUndefined<LocalDaytonaOptions>>,
  Check<AcceptsUndefined<Resources>>,
  Check<AcceptsUndefined<SessionExecuteRequest>>,
  Check<AcceptsUndefined<UploadStreamOptions>>,
];

// The check can fail: an absent property of a result is not undefined.
// @ts-expect-error: false
export type Result = Check<AcceptsUndefined<Sandbox>>;

export async function programWithAbsentValues(sandbox: DaytonaSandbox, seconds: number | undefined, signal: AbortSignal | undefined) {
  await sandbox.execute("true", { timeout: seconds, signal, cwd: undefined });
  await sandbox.getWorkDir({ timeout: seconds, signal });
  await sandbox.sandbox.fs.listFiles(".", { timeout: seconds, signal });
}
