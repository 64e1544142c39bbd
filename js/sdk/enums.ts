/** Languages of `codeRun`. */
export const CodeLanguage = { PYTHON: "python", TYPESCRIPT: "typescript", JAVASCRIPT: "javascript" } as const;
/** A language of {@link CodeLanguage}. */
export type CodeLanguage = (typeof CodeLanguage)[keyof typeof CodeLanguage];

/** States of a sandbox. */
export const SandboxState = {
  CREATING: "creating",
  RESTORING: "restoring",
  DESTROYED: "destroyed",
  DESTROYING: "destroying",
  STARTED: "started",
  STOPPED: "stopped",
  STARTING: "starting",
  STOPPING: "stopping",
  ERROR: "error",
  BUILD_FAILED: "build_failed",
  PENDING_BUILD: "pending_build",
  BUILDING_SNAPSHOT: "building_snapshot",
  UNKNOWN: "unknown",
  PULLING_SNAPSHOT: "pulling_snapshot",
  ARCHIVED: "archived",
  ARCHIVING: "archiving",
  RESIZING: "resizing",
  SNAPSHOTTING: "snapshotting",
  FORKING: "forking",
  PAUSING: "pausing",
  PAUSED: "paused",
  RESUMING: "resuming",
} as const;
/** A state of {@link SandboxState}. */
export type SandboxState = (typeof SandboxState)[keyof typeof SandboxState];
