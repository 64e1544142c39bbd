import type { Pair } from "./record.js";

/** Intentionally different results of cases. The suite fails when others differ, and when these no longer do. */
export interface Difference {
  area: string;
  cases: string[];
  pairs: Pair[];
  reason: string;
}

const OWN_DEADLINE =
  "HTTP request timed out after 1000ms waiting for a response. This is a client-side deadline (DaytonaConfig.requestTimeoutMs, or the " +
  "per-call operation/execution timeout); any operation already started on the server may still be running.";
const STOPPED = "DaytonaConflictError 400 BAD_REQUEST: the sandbox is not started; its state is stopped. Call start() and try again.";
const GONE = "DaytonaNotFoundError 401 UNAUTHORIZED: sandbox <uuid> no longer exists";

export const differences: Difference[] = [
  {
    area: "sessions",
    cases: ["a log is followed"],
    pairs: [["null", "undefined"]],
    reason: "the declarations of both say that the output and the exit code of an asynchronous command are absent, not null",
  },
  {
    area: "sessions",
    cases: ["a log of a missing command is followed"],
    pairs: [["ErrorEvent: Unexpected server response: 404", "DaytonaNotFoundError 404 NOT_FOUND: not found: command not found"]],
    reason: "the original rejects with the event of its WebSocket, which is not an error",
  },
  {
    area: "sessions",
    cases: ["a command beyond the timeout of its call"],
    pairs: [[`DaytonaConnectionTimeoutError: ${OWN_DEADLINE}`, "DaytonaTimeoutError: timeout of 1 s exceeded"]],
    reason: "a timeout that the program has set is no failure of the connection; both are instances of DaytonaTimeoutError",
  },
  {
    area: "terminals",
    cases: ["a terminal that exists"],
    pairs: [
      [
        "DaytonaConnectionError: [object Object]",
        "DaytonaConflictError 409 CONFLICT: conflict: PTY session with ID '<unique>' already exists",
      ],
    ],
    reason: "the original loses the response of the service",
  },
  {
    area: "terminals",
    cases: ["a folder that is missing"],
    pairs: [
      [
        "DaytonaConnectionError: [object Object]",
        "DaytonaInternalServerError 500 INTERNAL_SERVER_ERROR: internal server error: failed to start PTY session: cannot start the shell " +
          "in <folder>/none: no such file or directory",
      ],
    ],
    reason: "the original loses the response of the service",
  },
  {
    area: "git",
    cases: ["configuration"],
    pairs: [["null", "undefined"]],
    reason: "the declarations of both say that an unset value is undefined",
  },
  {
    area: "files",
    cases: ["paths that are not files"],
    pairs: [
      [
        "DaytonaError: No data received for this file",
        "DaytonaInvalidFilePathError 400 INVALID_FILE_PATH: invalid file path: path is empty",
      ],
    ],
    reason: "the original does not send an empty path",
  },
  {
    area: "files",
    cases: ["paths that are not files"],
    pairs: [
      [
        "DaytonaValidationError 400 BAD_REQUEST: bad request: /usr/bin/not-ours: create: open /usr/bin/not-ours: read-only file system",
        "DaytonaFileAccessDeniedError: create: open /usr/bin/not-ours: read-only file system",
      ],
      [
        "DaytonaValidationError 400 BAD_REQUEST: bad request: <folder>/file/below: mkdir <folder>/file: mkdir <folder>/file: not a directory",
        "DaytonaInvalidFilePathError: mkdir <folder>/file: mkdir <folder>/file: not a directory",
      ],
      [
        "DaytonaValidationError 400 BAD_REQUEST: bad request: <folder>: create: open <folder>: is a directory",
        "DaytonaInvalidFilePathError: create: open <folder>: is a directory",
      ],
    ],
    reason: "the response to an upload has one status for all files; ours has the class of each file's reason",
  },
  {
    area: "files",
    cases: ["many files"],
    pairs: [["DaytonaValidationError 400 BAD_REQUEST: bad request: reading part: multipart: NextPart: EOF", "{}"]],
    reason: "an upload of no files is done without a request, as a download of none is",
  },
  {
    area: "files",
    cases: ["local files"],
    pairs: [
      [
        "DaytonaConnectionError: ENOENT: no such file or directory, open '<local>/none'",
        "DaytonaError ENOENT: cannot read the local file <local>/none: no such file or directory",
      ],
    ],
    reason: "a local file that is missing is no failure of the connection",
  },
  {
    area: "files",
    cases: ["folders", "a file is moved", "permissions"],
    pairs: [['""', "undefined"]],
    reason: "the declarations of both say that nothing is returned; the original returns the empty body",
  },
  {
    area: "sandboxes",
    cases: ["a stopped one"],
    pairs: [
      "DaytonaValidationError 400 BAD_REQUEST: bad request: failed to resolve container IP after 3 attempts: no IP address found. Is the " +
        "Sandbox started?",
      "DaytonaValidationError 400: [object Object]",
      "DaytonaConnectionError: [object Object]",
      "DaytonaConnectionError: Failed to execute code: Unexpected server response: 400",
    ].map((original) => [original, STOPPED]),
    reason: "the proxy's response does not tell why; ours requests the state of the sandbox once to decide",
  },
  {
    area: "sandboxes",
    cases: ["a deleted one"],
    pairs: [
      "DaytonaAuthenticationError 401 UNAUTHORIZED: unauthorized: authentication failed: Bearer token is invalid",
      "DaytonaAuthenticationError 401: [object Object]",
      "DaytonaConnectionError: [object Object]",
      "DaytonaConnectionError: Failed to execute code: Unexpected server response: 401",
    ].map((original) => [original, GONE]),
    reason: "the proxy's 401 for an unknown sandbox is ambiguous; ours requests the state of the sandbox once to decide",
  },
  {
    area: "sandboxes",
    cases: ["a deleted one"],
    pairs: [
      ["DaytonaNotFoundError 404: Sandbox with ID or name <uuid> not found", "{}"],
      ['"destroying"', '"destroyed"'],
    ],
    reason: "a sandbox that is deleted cannot be used again, whatever the service still does; deleting it again has nothing to do",
  },
  {
    area: "sandboxes",
    cases: ["lists"],
    pairs: [
      ["undefined", "false"],
      ["undefined", "{}"],
    ],
    reason: "the original drops networkBlockAll of a list; env of a sandbox is an object also when a list omits it",
  },
];
