/** Languages of `codeRun`. */
export const CodeLanguage = {
  /** Python. */
  PYTHON: "python",
  /** TypeScript. */
  TYPESCRIPT: "typescript",
  /** JavaScript. */
  JAVASCRIPT: "javascript",
} as const;
/** A language of {@link CodeLanguage}. */
export type CodeLanguage = (typeof CodeLanguage)[keyof typeof CodeLanguage];

/** Languages that have a language server. */
export const LspLanguageId = {
  /** Python. */
  PYTHON: "python",
  /** TypeScript. */
  TYPESCRIPT: "typescript",
  /** JavaScript. */
  JAVASCRIPT: "javascript",
} as const;
/** A language of {@link LspLanguageId}. */
export type LspLanguageId = (typeof LspLanguageId)[keyof typeof LspLanguageId];

/** States of a sandbox. */
export const SandboxState = {
  /** It is being created. */
  CREATING: "creating",
  /** It is being restored from the archive. */
  RESTORING: "restoring",
  /** It was deleted. */
  DESTROYED: "destroyed",
  /** It is being deleted. */
  DESTROYING: "destroying",
  /** It is started and can run commands. */
  STARTED: "started",
  /** It is stopped; its files are kept. */
  STOPPED: "stopped",
  /** It is starting. */
  STARTING: "starting",
  /** It is stopping. */
  STOPPING: "stopping",
  /** It failed; `errorReason` has the reason. */
  ERROR: "error",
  /** Its image could not be built. */
  BUILD_FAILED: "build_failed",
  /** It waits for the build of its image. */
  PENDING_BUILD: "pending_build",
  /** Its image is being built. */
  BUILDING_SNAPSHOT: "building_snapshot",
  /** The service does not know its state. */
  UNKNOWN: "unknown",
  /** Its snapshot is being fetched. */
  PULLING_SNAPSHOT: "pulling_snapshot",
  /** It is stopped and its files are in the archive. */
  ARCHIVED: "archived",
  /** Its files are being moved to the archive. */
  ARCHIVING: "archiving",
  /** Its resources are being changed. */
  RESIZING: "resizing",
  /** A snapshot of it is being created. */
  SNAPSHOTTING: "snapshotting",
  /** It is being copied to another sandbox. */
  FORKING: "forking",
  /** It is being paused. */
  PAUSING: "pausing",
  /** It is paused, with its processes. */
  PAUSED: "paused",
  /** It is being resumed after a pause. */
  RESUMING: "resuming",
} as const;
/** A state of {@link SandboxState}. */
export type SandboxState = (typeof SandboxState)[keyof typeof SandboxState];

/** What a list of sandboxes is sorted by. */
export const SandboxListSortField = {
  /** The name. */
  NAME: "name",
  /** The number of CPU cores. */
  CPU: "cpu",
  /** The memory. */
  MEMORY_GIB: "memoryGib",
  /** The disk. */
  DISK_GIB: "diskGib",
  /** The time of the last use. */
  LAST_ACTIVITY_AT: "lastActivityAt",
  /** The time of creation. */
  CREATED_AT: "createdAt",
} as const;
/** What a list is sorted by; a value of {@link SandboxListSortField}. */
export type SandboxListSortField = (typeof SandboxListSortField)[keyof typeof SandboxListSortField];

/** The order of a list of sandboxes. */
export const SandboxListSortDirection = {
  /** Smallest or oldest first. */
  ASC: "asc",
  /** Largest or newest first. */
  DESC: "desc",
} as const;
/** The order of a list; a value of {@link SandboxListSortDirection}. */
export type SandboxListSortDirection = (typeof SandboxListSortDirection)[keyof typeof SandboxListSortDirection];

/** Kinds of sandboxes. */
export const SandboxClass = {
  /** A virtual machine with Linux. */
  LINUX_VM: "linux-vm",
  /** A container. */
  CONTAINER: "container",
  /** A virtual machine with Android. */
  ANDROID: "android",
  /** A virtual machine with Windows. */
  WINDOWS: "windows",
} as const;
/** A kind of sandbox; a value of {@link SandboxClass}. */
export type SandboxClass = (typeof SandboxClass)[keyof typeof SandboxClass];
