import * as native from "./native.cjs";
import { BuildInfo, CallOptions, CodeRunArtifacts, Command, CreateSandboxParams, ExecuteResponse, FileEvent, FileInfo, FilePermissionsParams, Match, ReplaceResult, Resources, SandboxData, SearchFilesResponse, Session, SessionCommandLogsResponse, SessionExecuteRequest, SessionExecuteResponse, VolumeMount } from "./native.cjs";
import { DaytonaA11yUnavailableError, DaytonaAuthenticationError, DaytonaAuthorizationError, DaytonaBadGatewayError, DaytonaBadRequestError, DaytonaCommandAlreadyCompletedError, DaytonaConflictError, DaytonaConnectionError, DaytonaConnectionTimeoutError, DaytonaError, DaytonaErrorDetails, DaytonaFileAccessDeniedError, DaytonaFileNotFoundError, DaytonaFileReadFailedError, DaytonaForbiddenError, DaytonaGitAuthFailedError, DaytonaGitBranchExistsError, DaytonaGitBranchNotFoundError, DaytonaGitDirtyWorktreeError, DaytonaGitMergeConflictError, DaytonaGitPushRejectedError, DaytonaGitRemoteRejectedError, DaytonaGitRepoNotFoundError, DaytonaGitTransportFailedError, DaytonaGoneError, DaytonaInternalServerError, DaytonaInvalidArgumentError, DaytonaInvalidFilePathError, DaytonaLspServerNotInitializedError, DaytonaNotFoundError, DaytonaProcessExecutionTimeoutError, DaytonaProcessNotFoundError, DaytonaRateLimitError, DaytonaRecordingFfmpegNotFoundError, DaytonaRecordingStillActiveError, DaytonaServiceUnavailableError, DaytonaSessionEndedError, DaytonaTimeoutError, DaytonaUnprocessableEntityError, DaytonaValidationError } from "./internal.cjs";
import { Readable } from "node:stream";

//#region js/sdk/file-watcher.d.ts
/** Options of `watch`. */
interface WatchOptions extends native.CallOptions {
  /** Whether to watch everything below the folder, also what is created later. Default: false. */
  recursive?: boolean | undefined;
}
/** Changes of a file or folder, as they happen. Ends when what is watched is gone, or when it is closed. */
declare class FileWatcher implements AsyncIterableIterator<native.FileEvent> {
  #private;
  /** @internal */
  constructor(events: native.EventStream, signal: AbortSignal | undefined);
  /**
   * Returns the next change.
   * @throws {DaytonaConnectionError} The connection broke; the message contains the number of changes received.
   * @throws The reason of the signal, once it is aborted.
   */
  next(): Promise<IteratorResult<native.FileEvent, undefined>>;
  /** Closes the connection: what a loop calls that is left early. */
  return(): Promise<IteratorResult<native.FileEvent, undefined>>;
  /** Closes the connection. A pending `next()` has no value. */
  close(): Promise<void>;
  /** Closes the connection. */
  [Symbol.asyncDispose](): Promise<void>;
  /** Returns this object: there is one iteration. */
  [Symbol.asyncIterator](): this;
}
//#endregion
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
  /**
   * Watches a file or folder of a sandbox of the local server: `GET /files/watch` over a WebSocket. The service has no
   * such operation.
   * @param path Path of a file or folder.
   * @param options Whether to watch everything below the folder; timeout of opening the watch in seconds (default 60, 0 for
   * none); and a signal, which ends the watch too.
   * @returns The changes, once none is missed. While they are not read, some thousands are kept; an event of type `overflow`
   * says that later ones were missed.
   * @throws {DaytonaNotFoundError} The service does not support this operation, or there is nothing at the path.
   * @throws {DaytonaConflictError} There are more than 8192 folders, or too many watches.
   * @example
   * ```typescript
   * for await (const { type, path } of await sandbox.fs.watch("src", { recursive: true })) console.log(type, path);
   * ```
   */
  watch(path: string, options?: WatchOptions | null): Promise<FileWatcher>;
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription>;
}
//#endregion
//#region js/sdk/process-handle.d.ts
/** Options of `start`. */
interface ProcessStartOptions extends native.CallOptions {
  /** Working directory. Default: the sandbox's. */
  cwd?: string | undefined;
  /** Environment variables, in addition to the sandbox's. */
  env?: Record<string, string> | undefined;
}
/** How a program has ended. */
interface ProcessResult {
  /** The exit code; 128 and the number of the signal for a program that was killed. */
  exitCode: number;
}
/**
 * Handle of a program that runs in the background of a sandbox.
 *
 * @example
 * ```typescript
 * await using server = await sandbox.process.start("python3 -u -m http.server 8000");
 * for await (const chunk of server.stdout) console.log(String(chunk));
 * ```
 */
declare class ProcessHandle {
  #private;
  /** Id by which `process.attach` finds the program, from any process. */
  readonly id: string;
  /** Process id inside the sandbox. */
  readonly pid: number;
  /** Standard output, from its beginning. Destroying it discards the rest. */
  readonly stdout: Readable;
  /** Standard error, from its beginning. Destroying it discards the rest. */
  readonly stderr: Readable;
  /** @internal */
  constructor(process: native.StartedProcess);
  /**
   * Sends input: `POST /process/session/{sessionId}/command/{commandId}/input`, once for 48 KiB.
   * @param data A string, or bytes.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @throws {DaytonaGoneError} The program has exited.
   * @throws {DaytonaInvalidArgumentError} The input is closed.
   */
  write(data: string | Uint8Array, options?: native.CallOptions | null): Promise<void>;
  /**
   * Closes the input, so that the program reads its end. Has no effect when the program has exited.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   */
  closeStdin(options?: native.CallOptions | null): Promise<void>;
  /**
   * Sends a signal to the process group of the program: `POST /process/execute`. `SIGKILL` kills everything that the program
   * has started.
   * @param signal Name of the signal. Default: `SIGTERM`.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns Whether the program was running.
   * @throws {DaytonaInvalidArgumentError} There is no such signal.
   */
  kill(signal?: NodeJS.Signals, options?: native.CallOptions | null): Promise<boolean>;
  /**
   * Waits until the program has exited and its outputs are closed.
   * @param options Timeout in seconds (default none), after which the program keeps running, and a signal.
   * @returns The exit code.
   * @throws {DaytonaConnectionError} The connection broke; `attach` makes another one.
   * @throws {DaytonaTimeoutError} The timeout passed.
   */
  wait(options?: native.CallOptions | null): Promise<ProcessResult>;
  /** Closes the connections and leaves the program running. `process.attach` makes another handle of it. */
  detach(): Promise<void>;
  /** Kills the program and everything it started, unless it has exited or `detach()` was called. */
  [Symbol.asyncDispose](): Promise<void>;
  /** Id and process id, for `JSON.stringify`. */
  toJSON(): Pick<ProcessHandle, "id" | "pid">;
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
   * Starts a program in the background: `POST /process/session`, its `exec`, and its logs over a WebSocket.
   * @param command Script for the sandbox's shell, of less than 128 KiB.
   * @param options Working directory and environment; timeout of the start in seconds (default 60, 0 for none) and a signal
   * for it.
   * @returns A handle, once the program runs.
   * @example
   * ```typescript
   * await using shell = await sandbox.process.start("bash", { cwd: "app" });
   * await shell.write("npm test\nexit\n");
   * const { exitCode } = await shell.wait();
   * ```
   * @throws {DaytonaValidationError} The working directory cannot be used, or the name of a variable is invalid.
   */
  start(command: string, options?: ProcessStartOptions | null): Promise<ProcessHandle>;
  /**
   * Returns another handle of a program that `start` has started, in this process or another one:
   * `GET /process/session/{sessionId}`, and its logs over a WebSocket. Its streams begin at the beginning of the output.
   * @param id The handle's id.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns The handle.
   * @throws {DaytonaProcessNotFoundError} There is no such program, or a handle has read its output to its end.
   */
  attach(id: string, options?: native.CallOptions | null): Promise<ProcessHandle>;
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
export { type BuildInfo, type ByteSource, type CallOptions, CodeLanguage, type CodeRunArtifacts, CodeRunParams, type Command, type CreateSandboxParams, Daytona, DaytonaA11yUnavailableError, DaytonaAuthenticationError, DaytonaAuthorizationError, DaytonaBadGatewayError, DaytonaBadRequestError, DaytonaCommandAlreadyCompletedError, type DaytonaConfig, DaytonaConflictError, DaytonaConnectionError, DaytonaConnectionTimeoutError, DaytonaError, type DaytonaErrorDetails, DaytonaFileAccessDeniedError, DaytonaFileNotFoundError, DaytonaFileReadFailedError, DaytonaForbiddenError, DaytonaGitAuthFailedError, DaytonaGitBranchExistsError, DaytonaGitBranchNotFoundError, DaytonaGitDirtyWorktreeError, DaytonaGitMergeConflictError, DaytonaGitPushRejectedError, DaytonaGitRemoteRejectedError, DaytonaGitRepoNotFoundError, DaytonaGitTransportFailedError, DaytonaGoneError, DaytonaInternalServerError, DaytonaInvalidArgumentError, DaytonaInvalidFilePathError, DaytonaLspServerNotInitializedError, DaytonaNotFoundError, DaytonaProcessExecutionTimeoutError, DaytonaProcessNotFoundError, DaytonaRateLimitError, DaytonaRecordingFfmpegNotFoundError, DaytonaRecordingStillActiveError, DaytonaServiceUnavailableError, DaytonaSessionEndedError, DaytonaTimeoutError, DaytonaUnprocessableEntityError, DaytonaValidationError, type DownloadProgress, type DownloadStreamOptions, type ExecuteResponse, type FileEvent, type FileInfo, type FilePermissionsParams, FileSystem, type FileUpload, FileWatcher, type ListSandboxesQuery, type Match, type OutputCallback, type PartDescription, Process, ProcessHandle, type ProcessResult, type ProcessStartOptions, type ReplaceResult, type Resources, Sandbox, type SandboxData, SandboxState, type SearchFilesResponse, type Session, type SessionCommandLogsResponse, type SessionExecuteRequest, type SessionExecuteResponse, type UploadProgress, type UploadSource, type UploadStreamOptions, type VolumeMount, type WatchOptions };