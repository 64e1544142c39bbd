import type { FileDownloadResponse, FileUploadResponse } from "deepagents";
import type { Resources } from "#sdk";
import type { DaytonaAuth } from "./auth.js";

/**
 * Region of a sandbox: `us`, `eu` or the name of a custom region of the service, or `local` for the local server of
 * this process, which needs no key and no network.
 */
export type DaytonaSandboxTarget = "us" | "eu" | "local" | (string & {});

/** Options for a new sandbox. */
export interface DaytonaSandboxOptions {
  /** Main language of the sandbox. Default: `"typescript"`. */
  language?: "typescript" | "python" | "javascript" | undefined;
  /** Environment variables of every process in the sandbox. */
  envVars?: Record<string, string> | undefined;
  /** CPU cores, memory (GiB) and disk (GiB). Requires `image`, because a snapshot has its own resources. */
  resources?: Pick<Resources, "cpu" | "memory" | "disk"> | undefined;
  /** Docker image to start from, e.g. `"node:20"`. Cannot be combined with `snapshot`. The local server only stores it. */
  image?: string | undefined;
  /** Name of the snapshot to start from. Cannot be combined with `image`. The local server only stores it. */
  snapshot?: string | undefined;
  /** Region of the sandbox. Default: `DAYTONA_TARGET`, or the default of the service. */
  target?: DaytonaSandboxTarget | undefined;
  /** Idle minutes until the sandbox stops; 0 for never. Default of the service: 15. */
  autoStopInterval?: number | undefined;
  /** Minutes after stopping until the sandbox is archived; 0 for the longest interval that the service allows. Default of the service: 7 days. */
  autoArchiveInterval?: number | undefined;
  /** Minutes after stopping until the sandbox is deleted; -1 for never, 0 for immediately. Default of the service: never. */
  autoDeleteInterval?: number | undefined;
  /** Minutes until it is deleted, in use or not; 0 for never. Default of the service: never. */
  ttlMinutes?: number | undefined;
  /** Volumes to mount: folders that sandboxes share, and that outlive them. `daytona.volume` of the SDK creates them. */
  volumes?: DaytonaVolumeMount[] | undefined;
  /** Timeout of a command in seconds; 0 for none. Default: 300. */
  timeout?: number | undefined;
  /** Timeout for creating the sandbox in seconds; 0 for none. Default: 60. */
  createTimeout?: number | undefined;
  /** Maximum size of a command's output in bytes; longer output is truncated and `truncated` is true. Default: unlimited. */
  maxOutputBytes?: number | undefined;
  /**
   * What a command does that exceeds its timeout: `"throw"` fails with `COMMAND_TIMEOUT`; `"result"` returns the output so
   * far, followed by a line that says why it ends, with exit code 124. Default: `"throw"`.
   */
  onTimeout?: "throw" | "result" | undefined;
  /** Labels by which sandboxes can be found and deleted. */
  labels?: Record<string, string> | undefined;
  /** Name. Default: the id. */
  name?: string | undefined;
  /** Whether to block all network access. Default: false. */
  networkBlockAll?: boolean | undefined;
  /** Files to write after creation, as an object from path to content. */
  initialFiles?: Record<string, string> | undefined;
  /** Credentials and address of the service. Default: `DAYTONA_API_KEY` and `DAYTONA_API_URL`. */
  auth?: DaytonaAuth | undefined;
  /** Aborts the creation; the sandbox is deleted if it exists. */
  signal?: AbortSignal | null | undefined;
}

/** A volume to mount. */
export interface DaytonaVolumeMount {
  /** Id or name of the volume. */
  volumeId: string;
  /** Absolute path in the sandbox. */
  mountPath: string;
  /** Folder of the volume to mount. Default: the whole volume. */
  subpath?: string | undefined;
}

/** Options for connecting to an existing sandbox. */
export type DaytonaConnectOptions = Pick<DaytonaSandboxOptions, "auth" | "target" | "timeout" | "maxOutputBytes" | "onTimeout" | "signal">;

/** Options of calls without specific options. */
export interface DaytonaCallOptions {
  /**
   * Timeout of the call in seconds; 0 for none. Default: 60. Transfers of files take as long as they need by default, and
   * fail if no data moves for 60 seconds.
   */
  timeout?: number | undefined;
  /**
   * Aborts the call: the promise rejects with the signal's reason. Default, except for `stop`: the signal of the run of
   * LangChain that the call is part of; null for none.
   */
  signal?: AbortSignal | null | undefined;
}

/** Options for deleting sandboxes. */
export interface DaytonaDeleteAllOptions extends Pick<DaytonaSandboxOptions, "auth" | "target"> {
  /** Timeout in seconds; 0 for none. Default: 300. */
  timeout?: number | undefined;
  /** Aborts the call: the promise rejects with the signal's reason, and no further sandbox is deleted. */
  signal?: AbortSignal | undefined;
}

/** Why a file could not be transferred. */
export interface DaytonaFileReason {
  /** The reason for `error` in the words of the service, such as `text file busy`; absent on success. */
  reason?: string;
}

/** Result of one file of an upload. */
export type DaytonaFileUploadResponse = FileUploadResponse & DaytonaFileReason;

/** Result of one file of a download. */
export type DaytonaFileDownloadResponse = FileDownloadResponse & DaytonaFileReason;

/** Options of a command. */
export interface DaytonaExecuteOptions {
  /** Timeout in seconds; 0 for none. Default: the sandbox's `timeout`. */
  timeout?: number | undefined;
  /**
   * Working directory. Default: the sandbox's. If it cannot be used, the command does not run: the exit code is -1 and the
   * output contains the reason.
   */
  cwd?: string | undefined;
  /** Environment variables, in addition to the sandbox's. */
  env?: Record<string, string> | undefined;
  /** Maximum size of the output in bytes. Default: the sandbox's `maxOutputBytes`. */
  maxOutputBytes?: number | undefined;
  /** What the command does when it exceeds the timeout. Default: the sandbox's `onTimeout`. */
  onTimeout?: "throw" | "result" | undefined;
  /**
   * Receives standard output while the command runs, line by line. If it returns a promise, no more output is read until
   * that resolves. If it throws, the command and its listeners go on, and the promise of `execute` rejects with the first such
   * error once the command has ended.
   */
  onStdout?: ((chunk: string) => unknown) | undefined;
  /** Receives standard error, see `onStdout`. */
  onStderr?: ((chunk: string) => unknown) | undefined;
  /**
   * Aborts the command: the promise rejects with the signal's reason, and the command and everything it started are
   * killed. Default: the signal of the run of LangChain that the call is part of, such as that of an agent;
   * null for none.
   */
  signal?: AbortSignal | null | undefined;
}
