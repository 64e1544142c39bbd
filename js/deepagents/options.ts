import type { DaytonaAuth } from "./auth.js";

/**
 * Where a sandbox runs: `us` or `eu` at the service, the name of a region of your own, or `local` for the local
 * Daytona of this process, which needs no key and no network.
 */
export type DaytonaSandboxTarget = "us" | "eu" | "local" | (string & {});

/** What a new sandbox shall be. */
export interface DaytonaSandboxOptions {
  /** Main language of the sandbox. Default `"typescript"`. */
  language?: "typescript" | "python" | "javascript";
  /** Environment of every process in it. */
  envVars?: Record<string, string>;
  /** Processors, memory and disk. Needs `image`: a snapshot has its own. */
  resources?: {
    /** Number of processors. */
    cpu?: number;
    /** Memory in GiB. */
    memory?: number;
    /** Disk in GiB. */
    disk?: number;
  };
  /** Docker image to start from, e.g. `"node:20"`. Excludes `snapshot`. The local Daytona only records it. */
  image?: string;
  /** Snapshot to start from, by name. Excludes `image`. The local Daytona only records it. */
  snapshot?: string;
  /** Where it runs. Default: `DAYTONA_TARGET`, else the service's default. */
  target?: DaytonaSandboxTarget;
  /** Idle minutes until it stops by itself; 0 for never. The service's default is 15. */
  autoStopInterval?: number;
  /** Stopped minutes until it is archived; 0 for as late as the service allows. The service's default is 7 days. */
  autoArchiveInterval?: number;
  /** Stopped minutes until it is deleted; -1 for never, 0 for as soon as it stops. The service's default is never. */
  autoDeleteInterval?: number;
  /** Seconds that a command may take; 0 for no limit. Default 300. */
  timeout?: number;
  /** Seconds that creating may take; 0 for no limit. Default 60. */
  createTimeout?: number;
  /** Bytes of a command's output to keep; what exceeds them is cut and `truncated` is true. Default: all. */
  maxOutputBytes?: number;
  /** Labels, to find and delete sandboxes by. */
  labels?: Record<string, string>;
  /** Name; the id when absent. */
  name?: string;
  /** Whether it gets no network. Default false. */
  networkBlockAll?: boolean;
  /** Files to write before it is handed out: path to content. */
  initialFiles?: Record<string, string>;
  /** Where the service is and who asks. Default: `DAYTONA_API_KEY` and `DAYTONA_API_URL`. */
  auth?: DaytonaAuth;
  /** Gives up creating; a sandbox that exists already is deleted. */
  signal?: AbortSignal;
}

/** How to find an existing sandbox, and how commands run in it. */
export type DaytonaConnectOptions = Pick<DaytonaSandboxOptions, "auth" | "target" | "timeout" | "maxOutputBytes">;

/** How one command runs. */
export interface DaytonaExecuteOptions {
  /** Seconds that it may take; 0 for no limit. Default: the sandbox's `timeout`. */
  timeout?: number;
  /** Folder to run in. Default: the work folder. */
  cwd?: string;
  /** Variables added to the environment. */
  env?: Record<string, string>;
  /** Bytes of output to keep. Default: the sandbox's `maxOutputBytes`. */
  maxOutputBytes?: number;
  /** Gives up: the promise rejects with the signal's reason, and the command is killed with all it started. */
  signal?: AbortSignal;
}
