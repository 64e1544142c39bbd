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
  {
    suite: "lifecycle",
    case: "stop, start and close of a new object",
    original: [{ returned: undefined }, { returned: undefined }, { returned: undefined }],
    ours: [
      { thrown: "DaytonaSandboxError", code: "NOT_INITIALIZED" },
      { thrown: "DaytonaSandboxError", code: "NOT_INITIALIZED" },
      { returned: undefined },
    ],
    reason: "the original does nothing, and says nothing, where there is no sandbox to stop or start",
  },
  {
    suite: "lifecycle",
    case: "options show in the SDK's sandbox",
    original: { labels: { "code-toolbox-language": "python", team: "a", empty: "" }, autoStopInterval: 7 },
    ours: {
      labels: { "code-toolbox-language": "python", team: "a", empty: "", "daytona-native/lease": "<uuid>" },
      autoStopInterval: 7,
    },
    reason: "ours labels what it makes, so that a sandbox whose creation went wrong can be found and deleted",
  },
  {
    suite: "execution",
    case: "understands what only bash understands",
    original: { exitCode: 2, three: false },
    ours: { exitCode: 0, three: true },
    reason: "the original's SDK hands each command to sh; ours to the sandbox's own shell, as the newest SDK does",
  },
  {
    suite: "files",
    case: "keeps content that looks like the wire format",
    original: { up: [[true, null]], down: [true, null, "Uint8Array"], same: false, size: "67" },
    ours: { up: [[true, null]], down: [true, null, "Uint8Array"], same: true, size: "67" },
    reason: "the boundary between files of an answer is always the same; ours goes by the length of each",
  },
  {
    suite: "files",
    case: "tells a path below a file when downloading",
    original: [["<folder>/file/below", "is_directory", null]],
    ours: [["<folder>/file/below", "invalid_path", null]],
    reason: 'the original looks for words in a message, and finds "directory" in "not a directory"',
  },
  {
    suite: "files",
    case: "tells a path below a file when uploading",
    original: [["<folder>/file/below", "is_directory"]],
    ours: [["<folder>/file/below", "invalid_path"]],
    reason: 'the original looks for words in a message, and finds "directory" in "not a directory"',
  },
  {
    suite: "files",
    case: "tells a folder without permission when uploading",
    original: [["/usr/bin/not-ours", "invalid_path"]],
    ours: [["/usr/bin/not-ours", "permission_denied"]],
    reason: 'the original looks for words in a message, and knows none in "read-only file system"',
  },
  {
    suite: "tools",
    case: "write where nothing may be written",
    original: [
      { error: "Failed to write to /usr/not-ours.txt: invalid_path" },
      { error: "Failed to write to <folder>/dir.txt: is_directory" },
    ],
    ours: [
      { error: "Failed to write to /usr/not-ours.txt: permission_denied" },
      { error: "Failed to write to <folder>/dir.txt: is_directory" },
    ],
    reason: 'the original looks for words in a message, and knows none in "read-only file system"',
  },
];
