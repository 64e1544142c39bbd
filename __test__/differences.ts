/** A case whose results differ on purpose, with both results: when either changes, the parity suite says so. */
export interface Difference {
  suite: string;
  case: string;
  original: unknown;
  ours: unknown;
  reason: string;
}

export const differences: Difference[] = [
  {
    suite: "lifecycle",
    case: "isRunning after stop",
    original: true,
    ours: false,
    reason: "the original only knows whether there is an object; ours tells the last known state",
  },
  {
    suite: "lifecycle",
    case: "calls to a stopped sandbox",
    original: { thrown: "DaytonaSandboxError", code: "COMMAND_FAILED" },
    ours: { thrown: "DaytonaSandboxError", code: "SANDBOX_NOT_STARTED" },
    reason: "the original never produces SANDBOX_NOT_STARTED, though it documents it",
  },
  {
    suite: "lifecycle",
    case: "a sandbox that somebody else deleted",
    original: { thrown: "DaytonaSandboxError", code: "COMMAND_FAILED" },
    ours: { thrown: "DaytonaSandboxError", code: "SANDBOX_NOT_FOUND" },
    reason: "the proxy's 401 for an unknown sandbox is ambiguous; ours looks at the sandbox once to decide",
  },
  {
    suite: "lifecycle",
    case: "fromName finds a sandbox by its name",
    original: { id: "name", output: "there\n" },
    ours: { id: "id", output: "there\n" },
    reason: "the original keeps the name as id",
  },
  {
    suite: "lifecycle",
    case: "a rejected key",
    original: { thrown: "DaytonaSandboxError", code: "SANDBOX_CREATION_FAILED" },
    ours: { thrown: "DaytonaSandboxError", code: "AUTHENTICATION_FAILED" },
    reason: "the code says what happened",
  },
  {
    suite: "lifecycle",
    case: "connecting with a rejected key",
    original: { thrown: "DaytonaSandboxError", code: "SANDBOX_NOT_FOUND" },
    ours: { thrown: "DaytonaSandboxError", code: "AUTHENTICATION_FAILED" },
    reason: "every failure of connecting is SANDBOX_NOT_FOUND in the original",
  },
];
