import * as native from "./native.cjs";
import { BuildInfo, CallOptions, CodeRunArtifacts, Command, CreateSandboxParams, ExecuteResponse, FileInfo, FilePermissionsParams, Match, PtySessionInfo, ReplaceResult, Resources, SandboxData, SearchFilesResponse, Session, SessionCommandLogsResponse, SessionExecuteRequest, SessionExecuteResponse, VolumeMount } from "./native.cjs";
import { DaytonaA11yUnavailableError, DaytonaAuthenticationError, DaytonaAuthorizationError, DaytonaBadGatewayError, DaytonaBadRequestError, DaytonaCommandAlreadyCompletedError, DaytonaConflictError, DaytonaConnectionError, DaytonaConnectionTimeoutError, DaytonaError, DaytonaErrorDetails, DaytonaFileAccessDeniedError, DaytonaFileNotFoundError, DaytonaFileReadFailedError, DaytonaForbiddenError, DaytonaGitAuthFailedError, DaytonaGitBranchExistsError, DaytonaGitBranchNotFoundError, DaytonaGitDirtyWorktreeError, DaytonaGitMergeConflictError, DaytonaGitPushRejectedError, DaytonaGitRemoteRejectedError, DaytonaGitRepoNotFoundError, DaytonaGitTransportFailedError, DaytonaGoneError, DaytonaInternalServerError, DaytonaInvalidArgumentError, DaytonaInvalidFilePathError, DaytonaLspServerNotInitializedError, DaytonaNotFoundError, DaytonaProcessExecutionTimeoutError, DaytonaProcessNotFoundError, DaytonaRateLimitError, DaytonaRecordingFfmpegNotFoundError, DaytonaRecordingStillActiveError, DaytonaServiceUnavailableError, DaytonaSessionEndedError, DaytonaTimeoutError, DaytonaUnprocessableEntityError, DaytonaValidationError } from "./internal.cjs";
import { Readable } from "node:stream";

//#region js/sdk/parts.d.ts
/** What identifies a part: its sandbox. */
interface PartDescription {
  /** Id of the sandbox. */
  sandboxId: string;
  /** Last known state of the sandbox. */
  state: Sandbox["state"];
  /** Isolation of a local sandbox. */
  isolation?: Sandbox["isolation"];
}
//#endregion
//#region js/sdk/streams.d.ts
/** Source of an upload: bytes, the path of a local file, or a stream. */
type UploadSource = ByteSource | string | Readable | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>;
/** Bytes. */
type ByteSource = Uint8Array | ArrayBufferLike | DataView | number[];
//#endregion
//#region js/sdk/file-system.d.ts
/** A file to write. */
interface FileUpload {
  /** Content, or the path of a local file. Contents of more than 8 MiB together must not be modified before the promise settles. */
  source: ByteSource | string;
  /** Path in the sandbox. */
  destination: string;
}
/** Progress of a download. */
interface DownloadProgress {
  /** Number of bytes received so far. */
  bytesReceived: number;
  /** Size of the file in bytes, if the service announced it. */
  totalBytes?: number;
}
/** Options of `downloadFileStream`. */
interface DownloadStreamOptions extends native.CallOptions {
  /** Called after each chunk. */
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
}
/** Progress of an upload. */
interface UploadProgress {
  /** Number of bytes sent so far. */
  bytesSent: number;
}
/** Options of `uploadFileStream`. */
interface UploadStreamOptions extends native.CallOptions {
  /** Called after each chunk. */
  onProgress?: ((progress: UploadProgress) => void) | undefined;
}
declare const FileSystem_base: typeof native.FileSystem;
/** Files of a sandbox. Relative paths start at the sandbox's working directory. */
declare class FileSystem extends FileSystem_base {
  /**
   * Writes a file and creates its folder: `POST /files/bulk-upload`.
   * @param file Content, or the path of a local file. If the content has more than 8 MiB, it must not be modified before the
   * promise settles; if it is detached or shrunk, the call fails.
   * @param remotePath Path in the sandbox.
   * @param timeout Timeout in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to write the file.
   * @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
   * @throws The error of the local file, if it cannot be read.
   */
  uploadFile(file: ByteSource | string, remotePath: string, timeout?: number | null, options?: native.CallOptions | null): Promise<void>;
  /**
   * Writes files and creates their folders: `POST /files/bulk-upload`, once for all contents and once for each local file.
   * @param files Contents or paths of local files, and paths in the sandbox.
   * @param timeout Timeout of each request in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to write a file.
   * @throws {DaytonaInvalidFilePathError} A path is a folder or not a valid file path. In both cases the other contents are
   * written.
   * @throws The error of a local file, if it cannot be read. Then nothing is written if it cannot be opened.
   */
  uploadFiles(files: FileUpload[], timeout?: number | null, options?: native.CallOptions | null): Promise<void>;
  /**
   * Returns the entries of a folder, sorted by name: `GET /files`.
   * @param path Path of the folder.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns The entries.
   * @throws {DaytonaNotFoundError} The folder does not exist.
   * @throws {DaytonaInvalidArgumentError} `depth` of `@daytona/sdk` is given, which is not supported.
   */
  listFiles(path: string, options?: native.CallOptions | null): Promise<native.FileInfo[]>;
  /**
   * Reads a file: `POST /files/bulk-download`.
   * @param remotePath Path in the sandbox.
   * @param timeout Timeout in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @returns The content.
   * @throws {DaytonaFileNotFoundError} The file does not exist.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to read the file.
   * @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
   * @throws {DaytonaFileReadFailedError} The file does not fit into memory.
   */
  downloadFile(remotePath: string, timeout?: number | null, options?: native.CallOptions | null): Promise<Buffer<ArrayBuffer>>;
  /**
   * Reads a file of any size into a local file: `POST /files/bulk-download`.
   * @param remotePath Path in the sandbox.
   * @param localPath Path of the local file, which is replaced; it is deleted if the download breaks off.
   * @param timeout Timeout in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @throws The errors of a download into memory, and the error of the local file, if it cannot be written.
   */
  downloadFile(remotePath: string, localPath: string, timeout?: number | null, options?: native.CallOptions | null): Promise<undefined>;
  /**
   * Reads a file of any size as a Node.js stream: `POST /files/bulk-download`.
   * @param remotePath Path in the sandbox.
   * @param options Options, or the timeout of the whole download in seconds. Default: 1800; 0 for none.
   * @returns The stream. Destroying it closes the connection. If the connection breaks, it emits a
   * `DaytonaConnectionError` whose message contains the number of bytes received.
   * @throws {DaytonaFileNotFoundError} The file does not exist.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to read the file.
   * @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
   * @example
   * ```typescript
   * await pipeline(await sandbox.fs.downloadFileStream("large.bin"), createWriteStream("large.bin"));
   * ```
   */
  downloadFileStream(remotePath: string, options?: number | DownloadStreamOptions | null): Promise<Readable>;
  /**
   * Writes a file of any size from a stream and creates its folder: `POST /files/bulk-upload`.
   * @param source Bytes, a stream, or the path of a local file.
   * @param remotePath Path in the sandbox.
   * @param options Timeout of the whole upload in seconds (default 1800, 0 for none), a signal, and a callback for progress.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to write the file.
   * @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
   * @throws The error of the source, if reading it fails.
   * @example
   * ```typescript
   * await sandbox.fs.uploadFileStream(createReadStream("large.bin"), "large.bin");
   * ```
   */
  uploadFileStream(source: UploadSource, remotePath: string, options?: UploadStreamOptions | null): Promise<void>;
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription>;
}
//#endregion
//#region js/sdk/pty-handle.d.ts
/** Options for a new terminal. */
interface PtyCreateOptions {
  /** Id of the terminal. */
  id: string;
  /** Working directory of the shell. Default: the sandbox's. */
  cwd?: string | undefined;
  /** Environment variables, in addition to the sandbox's. Default of `TERM`: `xterm-256color`. */
  envs?: Record<string, string> | undefined;
  /** Number of columns, at most 1000. Default: 80. */
  cols?: number | undefined;
  /** Number of rows, at most 1000. Default: 24. */
  rows?: number | undefined;
}
/** Options for a connection to a terminal. */
interface PtyConnectOptions {
  /**
   * Receives the output in order. If it returns a promise, no more output is read until the promise resolves. If it throws,
   * it still receives the rest, and `wait()` rejects with the first error.
   */
  onData: (data: Uint8Array) => void | Promise<void>;
}
/** How the shell of a terminal exited. */
interface PtyResult {
  /** Exit code; -1 when the shell was killed by a signal. Undefined when the handle was disconnected before. */
  exitCode?: number;
  /** Why the exit code is not 0. */
  error?: string;
}
/** A terminal as calls on it need it. */
interface Terminals {
  resizePtySession(id: string, cols: number, rows: number, options?: native.CallOptions | null): Promise<native.PtySessionInfo>;
  killPtySession(id: string, options?: native.CallOptions | null): Promise<void>;
}
type Listener = (data: Uint8Array) => unknown;
/**
 * A connection to a terminal, of `createPty` or `connectPty`.
 *
 * Output is passed to the listener of these calls, and to `for await (const data of handle)`. Without a listener, up to 1 MiB
 * of it is kept until it is iterated over; `wait()` drops what nobody iterates over. `Readable.from(handle)` makes a Node.js
 * stream. A slow reader slows the program in the terminal down.
 *
 * @example
 * ```typescript
 * const pty = await sandbox.process.createPty({ id: "shell" });
 * await pty.sendInput("echo hello; exit\n");
 * for await (const data of pty) process.stdout.write(data);
 * console.log(pty.exitCode);
 * ```
 */
declare class PtyHandle {
  #private;
  /** Id of the terminal. */
  readonly sessionId: string;
  /** @internal */
  constructor(terminals: Terminals, sessionId: string, connection: native.PtyConnection, listener?: Listener);
  /** Exit code of the shell, once it has exited; -1 when it was killed by a signal. */
  get exitCode(): number | undefined;
  /** Why the exit code is not 0, or why the connection ended before the shell exited. */
  get error(): string | undefined;
  /** Whether the terminal is connected: input can be sent. */
  isConnected(): boolean;
  /**
   * Waits until the terminal is connected, which it is when `createPty` or `connectPty` has resolved.
   * @param options A signal.
   */
  waitForConnection(options?: native.CallOptions | null): Promise<void>;
  /**
   * Types input. Inputs are sent in the order of the calls. Resolves when the connection has taken it.
   * @param data The input; a newline is the return key, `"\x03"` is Ctrl+C.
   * @param options Timeout in seconds (default none) and a signal.
   * @throws {DaytonaConnectionError} The terminal is not connected: its shell has exited, or the connection is closed or lost.
   */
  sendInput(data: string | Uint8Array, options?: native.CallOptions | null): Promise<void>;
  /**
   * Changes the size of the terminal, which its programs notice: `POST /process/pty/{sessionId}/resize`.
   * @param cols Number of columns, 1 to 1000.
   * @param rows Number of rows, 1 to 1000.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns The terminal with its new size.
   * @throws {DaytonaGoneError} The shell has exited.
   */
  resize(cols: number, rows: number, options?: native.CallOptions | null): Promise<native.PtySessionInfo>;
  /**
   * Waits until the shell has exited and all output is delivered.
   * @param options Timeout in seconds (default none) and a signal; neither ends the connection.
   * @returns How the shell exited; without an exit code when the handle was disconnected.
   * @throws {DaytonaConnectionError} The connection was lost before; the message contains the number of bytes received.
   * @throws The first error of the listener.
   */
  wait(options?: native.CallOptions | null): Promise<PtyResult>;
  /**
   * Kills everything that runs in the terminal, and deletes it: `DELETE /process/pty/{sessionId}`.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @throws {DaytonaNotFoundError} The shell has exited.
   */
  kill(options?: native.CallOptions | null): Promise<void>;
  /**
   * Closes the connection. The terminal remains: `connectPty` connects to it again.
   * @param options Timeout in seconds (default none) and a signal.
   */
  disconnect(options?: native.CallOptions | null): Promise<void>;
  /** Iterates over the output. Another loop goes on where one was left. */
  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined>;
  /** Closes the connection, for `await using`. The terminal remains. */
  [Symbol.asyncDispose](): Promise<void>;
  /** Id and state, for `JSON.stringify` and `console.log`. */
  toJSON(): PtyResult & {
    sessionId: string;
    isConnected: boolean;
  };
}
//#endregion
//#region js/sdk/process.d.ts
/** Options for running code. */
declare class CodeRunParams implements native.CodeRunParams {
  /** Arguments of the program. */
  argv?: string[] | undefined;
  /** Environment variables, in addition to the sandbox's. */
  env?: Record<string, string> | undefined;
}
/** Receives output in order. If it returns a promise, no more output is read until the promise resolves. */
type OutputCallback = (chunk: string) => unknown;
declare const Process_base: typeof native.Process;
/** Commands, code and sessions of a sandbox. */
declare class Process extends Process_base {
  /**
   * Returns the log of a command so far: `GET /process/session/{sessionId}/command/{commandId}/logs`.
   * @param sessionId Id of the session.
   * @param commandId Id of the command.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns The log.
   * @throws {DaytonaNotFoundError} The session or the command does not exist.
   */
  getSessionCommandLogs(sessionId: string, commandId: string, options?: native.CallOptions | null): Promise<native.SessionCommandLogsResponse>;
  /**
   * Follows the log of a command from its beginning until the command exits:
   * `GET /process/session/{sessionId}/command/{commandId}/logs` over a WebSocket.
   * @param sessionId Id of the session.
   * @param commandId Id of the command.
   * @param onStdout Receives standard output.
   * @param onStderr Receives standard error.
   * @param options Timeout of the whole stream in seconds (default none) and a signal.
   * @throws {DaytonaConnectionError} The connection broke before the end; the message contains the number of bytes received.
   * @throws {DaytonaNotFoundError} The session or the command does not exist.
   * @throws The error of a callback.
   * @example
   * ```typescript
   * await sandbox.process.getSessionCommandLogs("build", cmdId, process.stdout.write.bind(process.stdout), console.error);
   * ```
   */
  getSessionCommandLogs(sessionId: string, commandId: string, onStdout: OutputCallback, onStderr: OutputCallback, options?: native.CallOptions | null): Promise<void>;
  /**
   * Returns the log of the entrypoint so far: `GET /process/session/entrypoint/logs`.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns The log.
   * @throws {DaytonaNotFoundError} The sandbox has no entrypoint.
   */
  getEntrypointLogs(options?: native.CallOptions | null): Promise<native.SessionCommandLogsResponse>;
  /**
   * Follows the log of the entrypoint from its beginning: `GET /process/session/entrypoint/logs` over a WebSocket.
   * @param onStdout Receives standard output.
   * @param onStderr Receives standard error.
   * @param options Timeout of the whole stream in seconds (default none) and a signal.
   * @throws {DaytonaConnectionError} The connection broke before the end; the message contains the number of bytes received.
   * @throws {DaytonaNotFoundError} The sandbox has no entrypoint.
   * @throws The error of a callback.
   */
  getEntrypointLogs(onStdout: OutputCallback, onStderr: OutputCallback, options?: native.CallOptions | null): Promise<void>;
  /**
   * Creates a terminal and connects to it: `GET /process/pty/create-connect` over a WebSocket, or `POST /process/pty` with
   * services that do not have that. The terminal remains when the connection ends, until its shell exits or it is killed.
   * @param options Id, size, working directory and environment variables of the terminal, and a listener for its output.
   * @param callOptions Timeout of the connection in seconds (default 10, 0 for none) and a signal for it.
   * @returns A handle of the terminal, which is connected.
   * @throws {DaytonaConflictError} A terminal with this id exists.
   * @throws {DaytonaInternalServerError} The shell cannot start, for example because the working directory does not exist.
   * @example
   * ```typescript
   * const pty = await sandbox.process.createPty({ id: "shell", cols: 120, rows: 30, onData: (data) => process.stdout.write(data) });
   * await pty.sendInput("ls -la\nexit\n");
   * const { exitCode } = await pty.wait();
   * ```
   */
  createPty(options: PtyCreateOptions & Partial<PtyConnectOptions>, callOptions?: native.CallOptions | null): Promise<PtyHandle>;
  /**
   * Connects to a terminal that exists, for example after its connection was lost: `GET /process/pty/{sessionId}/connect`
   * over a WebSocket. Its earlier output is not repeated.
   * @param sessionId Id of the terminal.
   * @param options A listener for the output.
   * @param callOptions Timeout of the connection in seconds (default 10, 0 for none) and a signal for it.
   * @returns A handle of the terminal, which is connected.
   * @throws {DaytonaConnectionError} The terminal does not exist, or its shell has exited.
   */
  connectPty(sessionId: string, options?: Partial<PtyConnectOptions> | null, callOptions?: native.CallOptions | null): Promise<PtyHandle>;
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription>;
}
//#endregion
//#region js/sdk/sandbox.d.ts
/** The last known properties of a sandbox. */
interface Sandbox extends Readonly<Omit<native.SandboxData, "env">> {}
declare const Sandbox_base: typeof native.Sandbox;
/** A sandbox. Its properties are the last known ones; `refreshData()` updates them. */
declare class Sandbox extends Sandbox_base {
  /** Files of the sandbox. */
  get fs(): FileSystem;
  /** Commands, code and sessions of the sandbox. */
  get process(): Process;
  /** Environment variables of every process; empty for a sandbox from a list that omits them. */
  get env(): Record<string, string>;
  /** The properties, for `JSON.stringify` and `console.log`, without the environment variables, which may contain keys. */
  toJSON(): Omit<native.SandboxData, "env">;
}
//#endregion
//#region js/sdk/daytona.d.ts
/** Configuration of a client. Absent properties are read from the environment. */
interface DaytonaConfig {
  /** API key. Default: `DAYTONA_API_KEY`. */
  apiKey?: string | undefined;
  /** JWT, as an alternative to a key; requires `organizationId`. Default: `DAYTONA_JWT_TOKEN`. */
  jwtToken?: string | undefined;
  /** Organization that a JWT acts for. Default: `DAYTONA_ORGANIZATION_ID`. */
  organizationId?: string | undefined;
  /** Base URL of the control plane. Default: `DAYTONA_API_URL`, or `https://app.daytona.io/api`. */
  apiUrl?: string | undefined;
  /** Former name of `apiUrl`. Default: `DAYTONA_SERVER_URL`. */
  serverUrl?: string | undefined;
  /** Region for new sandboxes. Default: `DAYTONA_TARGET`. */
  target?: string | undefined;
}
/** Filter of a list of sandboxes. */
interface ListSandboxesQuery {
  /** Labels that the sandboxes must have. Default: none, for all sandboxes. */
  labels?: Record<string, string> | undefined;
}
declare const Daytona_base: typeof native.Daytona;
/**
 * Client of the sandboxes of an organization.
 *
 * Methods reject with `DaytonaAuthenticationError` (the API key is rejected), `DaytonaAuthorizationError` (the key lacks
 * a permission), `DaytonaTimeoutError` (the timeout passed), `DaytonaConnectionError` (the service cannot be reached),
 * another `DaytonaError`, or the reason of an aborted signal.
 *
 * @example
 * ```typescript
 * const daytona = new Daytona();
 * const sandbox = await daytona.create({ language: "python" });
 * console.log((await sandbox.process.executeCommand("echo hello")).result);
 * await sandbox.delete();
 * ```
 */
declare class Daytona extends Daytona_base {
  #private;
  /**
   * Creates a client. Sends no request.
   * @param config Credentials, URL and region. Defaults are read from the environment.
   * @throws {DaytonaAuthenticationError} There is no key, or a JWT without an organization.
   * @throws {DaytonaInvalidArgumentError} The URL or the key is invalid, or the region is `local` without the URL of a server.
   */
  constructor(config?: DaytonaConfig);
  /** URL and region, for `JSON.stringify` and `console.log`. */
  toJSON(): {
    apiUrl: string;
    target?: string;
  };
  /**
   * Creates a sandbox and waits until it is started: `POST /sandbox`. If creation fails, the sandbox is deleted; if that
   * fails too, the error contains its id.
   * @param params Options for the new sandbox.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns The sandbox.
   * @throws {DaytonaInvalidArgumentError} The parameters cannot be combined, or one is not supported.
   * @throws {DaytonaAuthorizationError} The key lacks a permission, or a quota is exceeded.
   * @throws {DaytonaValidationError} The service rejected a parameter.
   * @throws {DaytonaTimeoutError} The sandbox did not start in time.
   * @throws {DaytonaError} The sandbox entered an error state.
   * @example
   * ```typescript
   * const sandbox = await daytona.create({ image: "node:20", resources: { cpu: 2 } }, { timeout: 300 });
   * ```
   */
  create(params?: native.CreateSandboxParams | null, options?: native.CallOptions | null): Promise<Sandbox>;
  /**
   * Returns a sandbox, in any state: `GET /sandbox/{idOrName}`.
   * @param sandboxIdOrName Id or name of the sandbox.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns The sandbox.
   * @throws {DaytonaNotFoundError} The sandbox does not exist.
   */
  get(sandboxIdOrName: string, options?: native.CallOptions | null): Promise<Sandbox>;
  /**
   * Returns the sandboxes with these labels, from all pages: `GET /sandbox`.
   * @param labels Labels that the sandboxes must have. Default: none, for all sandboxes.
   * @param options Timeout in seconds (default 300, 0 for none) and a signal.
   * @returns The sandboxes.
   */
  listAll(labels?: Record<string, string> | null, options?: native.CallOptions | null): Promise<Sandbox[]>;
  /**
   * Iterates over the sandboxes that match, from all pages: `GET /sandbox`.
   * @param query Labels that the sandboxes must have.
   * @returns An iterator of sandboxes.
   * @throws {DaytonaInvalidArgumentError} The query has another filter than labels.
   * @example
   * ```typescript
   * for await (const sandbox of daytona.list({ labels: { team: "a" } })) console.log(sandbox.id, sandbox.state);
   * ```
   */
  list(query?: ListSandboxesQuery): AsyncIterableIterator<Sandbox>;
  /** Has no effect: a client holds no resources. It allows `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
//#endregion
//#region js/sdk/enums.d.ts
/** Languages of `codeRun`. */
declare const CodeLanguage: {
  /** Python. */
  readonly PYTHON: "python";
  /** TypeScript. */
  readonly TYPESCRIPT: "typescript";
  /** JavaScript. */
  readonly JAVASCRIPT: "javascript";
};
/** A language of {@link CodeLanguage}. */
type CodeLanguage = (typeof CodeLanguage)[keyof typeof CodeLanguage];
/** States of a sandbox. */
declare const SandboxState: {
  /** It is being created. */
  readonly CREATING: "creating";
  /** It is being restored from the archive. */
  readonly RESTORING: "restoring";
  /** It was deleted. */
  readonly DESTROYED: "destroyed";
  /** It is being deleted. */
  readonly DESTROYING: "destroying";
  /** It is started and can run commands. */
  readonly STARTED: "started";
  /** It is stopped; its files are kept. */
  readonly STOPPED: "stopped";
  /** It is starting. */
  readonly STARTING: "starting";
  /** It is stopping. */
  readonly STOPPING: "stopping";
  /** It failed; `errorReason` has the reason. */
  readonly ERROR: "error";
  /** Its image could not be built. */
  readonly BUILD_FAILED: "build_failed";
  /** It waits for the build of its image. */
  readonly PENDING_BUILD: "pending_build";
  /** Its image is being built. */
  readonly BUILDING_SNAPSHOT: "building_snapshot";
  /** The service does not know its state. */
  readonly UNKNOWN: "unknown";
  /** Its snapshot is being fetched. */
  readonly PULLING_SNAPSHOT: "pulling_snapshot";
  /** It is stopped and its files are in the archive. */
  readonly ARCHIVED: "archived";
  /** Its files are being moved to the archive. */
  readonly ARCHIVING: "archiving";
  /** Its resources are being changed. */
  readonly RESIZING: "resizing";
  /** A snapshot of it is being created. */
  readonly SNAPSHOTTING: "snapshotting";
  /** It is being copied to another sandbox. */
  readonly FORKING: "forking";
  /** It is being paused. */
  readonly PAUSING: "pausing";
  /** It is paused, with its processes. */
  readonly PAUSED: "paused";
  /** It is being resumed after a pause. */
  readonly RESUMING: "resuming";
};
/** A state of {@link SandboxState}. */
type SandboxState = (typeof SandboxState)[keyof typeof SandboxState];
//#endregion
export { type BuildInfo, type ByteSource, type CallOptions, CodeLanguage, type CodeRunArtifacts, CodeRunParams, type Command, type CreateSandboxParams, Daytona, DaytonaA11yUnavailableError, DaytonaAuthenticationError, DaytonaAuthorizationError, DaytonaBadGatewayError, DaytonaBadRequestError, DaytonaCommandAlreadyCompletedError, type DaytonaConfig, DaytonaConflictError, DaytonaConnectionError, DaytonaConnectionTimeoutError, DaytonaError, type DaytonaErrorDetails, DaytonaFileAccessDeniedError, DaytonaFileNotFoundError, DaytonaFileReadFailedError, DaytonaForbiddenError, DaytonaGitAuthFailedError, DaytonaGitBranchExistsError, DaytonaGitBranchNotFoundError, DaytonaGitDirtyWorktreeError, DaytonaGitMergeConflictError, DaytonaGitPushRejectedError, DaytonaGitRemoteRejectedError, DaytonaGitRepoNotFoundError, DaytonaGitTransportFailedError, DaytonaGoneError, DaytonaInternalServerError, DaytonaInvalidArgumentError, DaytonaInvalidFilePathError, DaytonaLspServerNotInitializedError, DaytonaNotFoundError, DaytonaProcessExecutionTimeoutError, DaytonaProcessNotFoundError, DaytonaRateLimitError, DaytonaRecordingFfmpegNotFoundError, DaytonaRecordingStillActiveError, DaytonaServiceUnavailableError, DaytonaSessionEndedError, DaytonaTimeoutError, DaytonaUnprocessableEntityError, DaytonaValidationError, type DownloadProgress, type DownloadStreamOptions, type ExecuteResponse, type FileInfo, type FilePermissionsParams, FileSystem, type FileUpload, type ListSandboxesQuery, type Match, type OutputCallback, type PartDescription, Process, type PtyConnectOptions, type PtyCreateOptions, PtyHandle, type PtyResult, type PtySessionInfo, type ReplaceResult, type Resources, Sandbox, type SandboxData, SandboxState, type SearchFilesResponse, type Session, type SessionCommandLogsResponse, type SessionExecuteRequest, type SessionExecuteResponse, type UploadProgress, type UploadSource, type UploadStreamOptions, type VolumeMount };