/** A case with intentionally different results. The parity suite fails when either result changes. */
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
    reason: "the original only tracks whether the object has a sandbox; ours returns the last known state",
  },
  {
    suite: "lifecycle",
    case: "calls to a stopped sandbox",
    original: { thrown: "DaytonaSandboxError", code: "COMMAND_FAILED" },
    ours: { thrown: "DaytonaSandboxError", code: "SANDBOX_NOT_STARTED" },
    reason: "the original documents SANDBOX_NOT_STARTED but never uses it",
  },
  {
    suite: "lifecycle",
    case: "a sandbox that another client deleted",
    original: { thrown: "DaytonaSandboxError", code: "COMMAND_FAILED" },
    ours: { thrown: "DaytonaSandboxError", code: "SANDBOX_NOT_FOUND" },
    reason: "the proxy's 401 for an unknown sandbox is ambiguous; ours requests the state of the sandbox once to decide",
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
    reason: "the code depends on the cause",
  },
  {
    suite: "lifecycle",
    case: "connecting with a rejected key",
    original: { thrown: "DaytonaSandboxError", code: "SANDBOX_NOT_FOUND" },
    ours: { thrown: "DaytonaSandboxError", code: "AUTHENTICATION_FAILED" },
    reason: "every failure of connecting is SANDBOX_NOT_FOUND in the original",
  },
  {
    suite: "lifecycle",
    case: "stop, start and close of a new object",
    original: [{ returned: undefined }, { returned: undefined }, { returned: undefined }],
    ours: [
      { thrown: "DaytonaSandboxError", code: "NOT_INITIALIZED" },
      { thrown: "DaytonaSandboxError", code: "NOT_INITIALIZED" },
      { returned: undefined },
    ],
    reason: "the original silently does nothing if there is no sandbox",
  },
  {
    suite: "lifecycle",
    case: "options are visible in the SDK's sandbox",
    original: { labels: { "code-toolbox-language": "python", team: "a", empty: "" }, autoStopInterval: 7 },
    ours: {
      labels: { "code-toolbox-language": "python", team: "a", empty: "", "daytona-native/lease": "<uuid>" },
      autoStopInterval: 7,
    },
    reason: "ours labels sandboxes, so that a sandbox whose creation failed can be found and deleted",
  },
  {
    suite: "execution",
    case: "supports bash syntax",
    original: { exitCode: 2, three: false },
    ours: { exitCode: 0, three: true },
    reason: "the original's SDK runs each command in sh; ours in the sandbox's default shell, as the newest SDK does",
  },
  {
    suite: "files",
    case: "keeps content that contains the multipart boundary",
    original: { up: [[true, null]], down: [true, null, "Uint8Array"], same: false, size: "67" },
    ours: { up: [[true, null]], down: [true, null, "Uint8Array"], same: true, size: "67" },
    reason: "the boundary between files is always the same; ours separates files by their length",
  },
  {
    suite: "files",
    case: "reports a path below a file when downloading",
    original: [["<folder>/file/below", "is_directory", null]],
    ours: [["<folder>/file/below", "invalid_path", null]],
    reason: 'the original searches messages for words and finds "directory" in "not a directory"',
  },
  {
    suite: "files",
    case: "reports a path below a file when uploading",
    original: [["<folder>/file/below", "is_directory"]],
    ours: [["<folder>/file/below", "invalid_path"]],
    reason: 'the original searches messages for words and finds "directory" in "not a directory"',
  },
  {
    suite: "files",
    case: "reports a folder without permission when uploading",
    original: [["/usr/bin/not-ours", "invalid_path"]],
    ours: [["/usr/bin/not-ours", "permission_denied"]],
    reason: 'the original searches messages for words and finds none in "read-only file system"',
  },
  {
    suite: "tools",
    case: "write without permission and to a folder",
    original: [
      { error: "Failed to write to /usr/not-ours.txt: invalid_path" },
      { error: "Failed to write to <folder>/dir.txt: is_directory" },
    ],
    ours: [
      { error: "Failed to write to /usr/not-ours.txt: permission_denied" },
      { error: "Failed to write to <folder>/dir.txt: is_directory" },
    ],
    reason: 'the original searches messages for words and finds none in "read-only file system"',
  },
];
