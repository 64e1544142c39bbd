import * as native from "./native.cjs";
import { AccessibilityBounds, AccessibilityNode, AccessibilityNodesResponse, AccessibilityTreeOptions, AccessibilityTreeResponse, BuildInfo, CallOptions, Command, CompletionItem, CompletionList, ComputerUseStartResponse, ComputerUseStatusResponse, ComputerUseStopResponse, CreateSandboxParams, CursorPosition, DisplayInfo, DisplayInfoResponse, ExecutionError, ExecutionResult, FileDownloadErrorDetails, FileDownloadRequest, FileEvent, FileInfo, FilePermissionsParams, FileStatus, FindAccessibilityNodesRequest, GitCommitInfo, GitCommitResponse, GitRemote, GitStatus, InterpreterContext, ListBranchResponse, ListFilesOptions, ListRecordingsResponse, ListRemotesResponse, LspLocation, LspPosition, LspRange, LspSymbol, Match, MouseClickResponse, MouseDragResponse, MousePositionResponse, PortPreviewUrl, Position, ProcessErrorsResponse, ProcessLogsResponse, ProcessRestartResponse, ProcessStatus, ProcessStatusResponse, PtySessionInfo, Recording, ReplaceResult, ResizeResources, Resources, SandboxData, SandboxMetrics, ScreenshotOptions, ScreenshotRegion, ScreenshotResponse, SearchFilesResponse, Session, SessionCommandLogsResponse, SessionExecuteRequest, SessionExecuteResponse, SignedPortPreviewUrl, SshAccess, SshAccessValidation, UpdateEnvOptions, UpdateSandboxNetworkSettings, Volume, VolumeMount, WindowInfo, WindowsResponse } from "./native.cjs";
import { DaytonaA11yUnavailableError, DaytonaAuthenticationError, DaytonaAuthorizationError, DaytonaBadGatewayError, DaytonaBadRequestError, DaytonaCommandAlreadyCompletedError, DaytonaConflictError, DaytonaConnectionError, DaytonaConnectionTimeoutError, DaytonaError, DaytonaErrorDetails, DaytonaFileAccessDeniedError, DaytonaFileNotFoundError, DaytonaFileReadFailedError, DaytonaForbiddenError, DaytonaGitAuthFailedError, DaytonaGitBranchExistsError, DaytonaGitBranchNotFoundError, DaytonaGitDirtyWorktreeError, DaytonaGitMergeConflictError, DaytonaGitPushRejectedError, DaytonaGitRemoteRejectedError, DaytonaGitRepoNotFoundError, DaytonaGitTransportFailedError, DaytonaGoneError, DaytonaInternalServerError, DaytonaInvalidArgumentError, DaytonaInvalidFilePathError, DaytonaLspServerNotInitializedError, DaytonaNotFoundError, DaytonaProcessExecutionTimeoutError, DaytonaProcessNotFoundError, DaytonaRateLimitError, DaytonaRecordingFfmpegNotFoundError, DaytonaRecordingStillActiveError, DaytonaServiceUnavailableError, DaytonaSessionEndedError, DaytonaTimeoutError, DaytonaUnprocessableEntityError, DaytonaValidationError } from "./internal.cjs";
import { Readable } from "node:stream";

//#region js/sdk/create-params.d.ts
/** Options for a new sandbox, from whatever it is created. */
type CreateSandboxBaseParams = Omit<native.CreateSandboxParams, "image" | "resources" | "snapshot">;
/** Options for a new sandbox that is created from an image. */
type CreateSandboxFromImageParams = CreateSandboxBaseParams & {
  /** Image to start from, such as `node:20`. */
  image: string;
  /** CPU cores, GPUs, memory (GiB) and disk (GiB). */
  resources?: native.Resources;
};
/** Options for a new sandbox that is created from a snapshot. */
type CreateSandboxFromSnapshotParams = CreateSandboxBaseParams & {
  /** Snapshot to start from, by name or id. Default: that of the service. */
  snapshot?: string;
};
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
/** Languages that have a language server. */
declare const LspLanguageId: {
  /** Python. */
  readonly PYTHON: "python";
  /** TypeScript. */
  readonly TYPESCRIPT: "typescript";
  /** JavaScript. */
  readonly JAVASCRIPT: "javascript";
};
/** A language of {@link LspLanguageId}. */
type LspLanguageId = (typeof LspLanguageId)[keyof typeof LspLanguageId];
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
/** What a list of sandboxes is sorted by. */
declare const SandboxListSortField: {
  /** The name. */
  readonly NAME: "name";
  /** The number of CPU cores. */
  readonly CPU: "cpu";
  /** The memory. */
  readonly MEMORY_GIB: "memoryGib";
  /** The disk. */
  readonly DISK_GIB: "diskGib";
  /** The time of the last use. */
  readonly LAST_ACTIVITY_AT: "lastActivityAt";
  /** The time of creation. */
  readonly CREATED_AT: "createdAt";
};
/** What a list is sorted by; a value of {@link SandboxListSortField}. */
type SandboxListSortField = (typeof SandboxListSortField)[keyof typeof SandboxListSortField];
/** The order of a list of sandboxes. */
declare const SandboxListSortDirection: {
  /** Smallest or oldest first. */
  readonly ASC: "asc";
  /** Largest or newest first. */
  readonly DESC: "desc";
};
/** The order of a list; a value of {@link SandboxListSortDirection}. */
type SandboxListSortDirection = (typeof SandboxListSortDirection)[keyof typeof SandboxListSortDirection];
/** Kinds of sandboxes. */
declare const SandboxClass: {
  /** A virtual machine with Linux. */
  readonly LINUX_VM: "linux-vm";
  /** A container. */
  readonly CONTAINER: "container";
  /** A virtual machine with Android. */
  readonly ANDROID: "android";
  /** A virtual machine with Windows. */
  readonly WINDOWS: "windows";
};
/** A kind of sandbox; a value of {@link SandboxClass}. */
type SandboxClass = (typeof SandboxClass)[keyof typeof SandboxClass];
//#endregion
//#region js/sdk/list.d.ts
/** Filters and order of a list of sandboxes. Absent properties match every sandbox. */
interface ListSandboxesQuery {
  /** Sandboxes of a page, 1 to 200; the list has all pages. Default: 200. */
  limit?: number | undefined;
  /** What to sort by. Default: the time of the last use. */
  sort?: SandboxListSortField | undefined;
  /** The order. Default: descending. */
  order?: SandboxListSortDirection | undefined;
  /** Start of the id, in any letter case. */
  id?: string | undefined;
  /** Start of the name, in any letter case. */
  name?: string | undefined;
  /** Labels that the sandboxes must have. */
  labels?: Record<string, string> | undefined;
  /** States, of which the sandboxes must have one. */
  states?: SandboxState[] | undefined;
  /** Names of snapshots, of which the sandboxes must have one. */
  snapshots?: string[] | undefined;
  /** Regions, of which the sandboxes must have one. */
  targets?: string[] | undefined;
  /** Least number of CPU cores. */
  minCpu?: number | undefined;
  /** Largest number of CPU cores. */
  maxCpu?: number | undefined;
  /** Least memory in GiB. */
  minMemoryGib?: number | undefined;
  /** Largest memory in GiB. */
  maxMemoryGib?: number | undefined;
  /** Least disk in GiB. */
  minDiskGib?: number | undefined;
  /** Largest disk in GiB. */
  maxDiskGib?: number | undefined;
  /** Whether previews need no key. */
  isPublic?: boolean | undefined;
  /** Whether the sandboxes can be recovered from an error state. */
  isRecoverable?: boolean | undefined;
  /** Time of creation, at or after. */
  createdAtAfter?: Date | undefined;
  /** Time of creation, at or before. */
  createdAtBefore?: Date | undefined;
  /** Time of the last use, at or after. */
  lastActivityAfter?: Date | undefined;
  /** Time of the last use, at or before. */
  lastActivityBefore?: Date | undefined;
  /** Time of the automatic deletion, at or after. */
  autoDestroyAtAfter?: Date | undefined;
  /** Time of the automatic deletion, at or before. */
  autoDestroyAtBefore?: Date | undefined;
}
//#endregion
//#region js/sdk/parts.d.ts
/** What identifies a part: its sandbox. */
interface PartDescription {
  /** Id of the sandbox. */
  sandboxId: string;
  /** Last known state of the sandbox. */
  state: native.SandboxData["state"];
  /** Isolation of a local sandbox. */
  isolation?: native.SandboxData["isolation"];
}
//#endregion
//#region js/sdk/computer-use.d.ts
/** A filter for accessible objects. */
type AccessibilityFindOptions = native.FindAccessibilityNodesRequest;
declare const Mouse_base: typeof native.Mouse;
/** The mouse of a desktop. */
declare class Mouse extends Mouse_base {
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription>;
}
declare const Keyboard_base: typeof native.Keyboard;
/** The keyboard of a desktop. */
declare class Keyboard extends Keyboard_base {
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription>;
}
declare const Screenshot_base: typeof native.Screenshot;
/** Pictures of the screen of a desktop. */
declare class Screenshot extends Screenshot_base {
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription>;
}
declare const Display_base: typeof native.Display;
/** The displays and windows of a desktop. */
declare class Display extends Display_base {
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription>;
}
declare const RecordingService_base: typeof native.RecordingService;
/** Recordings of the screen of a desktop. */
declare class RecordingService extends RecordingService_base {
  /**
   * Writes a recording to a local file and creates its folder: `GET /computeruse/recordings/{id}/download`.
   * @param id Id of the recording.
   * @param localPath Path of the local file, which is replaced; it is deleted if the download breaks off.
   * @param options Timeout in seconds (default 1800, 0 for none) and a signal.
   * @throws {DaytonaNotFoundError} The recording does not exist.
   * @throws {DaytonaConnectionError} The connection broke; the message contains the number of bytes received.
   * @throws The error of the local file, if it cannot be written.
   */
  download(id: string, localPath: string, options?: native.CallOptions | null): Promise<void>;
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription>;
}
declare const Accessibility_base: typeof native.Accessibility;
/** Accessible objects of a desktop: what programs say about their windows. */
declare class Accessibility extends Accessibility_base {
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription>;
}
declare const ComputerUse_base: typeof native.ComputerUse;
/** The desktop of a sandbox: its mouse, keyboard and screen. */
declare class ComputerUse extends ComputerUse_base {
  /** The mouse. */
  get mouse(): Mouse;
  /** The keyboard. */
  get keyboard(): Keyboard;
  /** Pictures of the screen. */
  get screenshot(): Screenshot;
  /** Displays and windows. */
  get display(): Display;
  /** Recordings of the screen. */
  get recording(): RecordingService;
  /** Accessible objects: what programs say about their windows. */
  get accessibility(): Accessibility;
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription>;
}
//#endregion
//#region js/sdk/code-interpreter.d.ts
/** Output of running code. */
interface OutputMessage {
  /** The text: a line, or what was written at once. */
  output: string;
}
/** Options for running code. */
interface RunCodeOptions extends native.RunCodeParams {
  /** Context to run the code in, from `createContext()`. Default: one that every sandbox has. */
  context?: Pick<native.InterpreterContext, "id"> | null | undefined;
  /** Receives standard output. If it returns a promise, no more output is read until the promise settles. */
  onStdout?: ((message: OutputMessage) => unknown) | null | undefined;
  /** Receives standard error, like `onStdout`. */
  onStderr?: ((message: OutputMessage) => unknown) | null | undefined;
  /** Receives the exception that the code ended with. */
  onError?: ((error: native.ExecutionError) => unknown) | null | undefined;
}
declare const CodeInterpreter_base: typeof native.CodeInterpreter;
/** Python that keeps its variables, functions and modules between two runs. */
declare class CodeInterpreter extends CodeInterpreter_base {
  /**
   * Runs Python code: `GET /process/interpreter/execute` over a WebSocket. An exception of the code is a result.
   *
   * Code in the same context runs one after the other; the time until its turn does not count. When the signal is aborted, the
   * connection is closed: a local server then interrupts the code, while the service lets it run until its timeout.
   * @param code The code.
   * @param options Context, environment variables, callbacks, timeout in seconds (default 600, 0 for none) and a signal. What a
   * callback throws is a warning of the process: the code runs on, and nothing of its output is lost.
   * @returns What the code wrote, and its exception.
   * @throws {DaytonaTimeoutError} The code exceeded its timeout. It was interrupted, and killed two seconds later if it still ran.
   * @throws {DaytonaConnectionError} The connection broke, the interpreter exited, or the context does not exist; the message
   * contains the number of bytes received.
   * @throws {DaytonaInvalidArgumentError} The code is blank.
   * @example
   * ```typescript
   * await sandbox.codeInterpreter.runCode("total = 0");
   * const { stdout, error } = await sandbox.codeInterpreter.runCode("total += 1; print(total)", {
   *   onStdout: ({ output }) => process.stdout.write(output),
   * });
   * ```
   */
  runCode(code: string, options?: RunCodeOptions | null): Promise<native.ExecutionResult>;
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription>;
}
//#endregion
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
/** The result of reading one file with `downloadFiles`. */
interface FileDownloadResponse {
  /** The requested path. */
  source: string;
  /** The content, or the path of the local file; absent when it failed. */
  result?: Buffer<ArrayBuffer> | string;
  /** Why it failed. */
  error?: string;
  /** What else is known about the failure. */
  errorDetails?: native.FileDownloadErrorDetails;
}
/** A download and its result; for programs that name this type of `@daytona/sdk`. */
interface DownloadMetadata {
  /** Path of the local file, if the file is not read into memory. */
  destination?: string;
  /** Why it failed. */
  error?: string;
  /** What else is known about the failure. */
  errorDetails?: native.FileDownloadErrorDetails;
  /** The content, or the path of the local file. */
  result?: Buffer | string | Uint8Array;
}
declare const FileSystem_base: typeof native.FileSystem;
/** Files of a sandbox. Relative paths start at the sandbox's working directory. */
declare class FileSystem extends FileSystem_base {
  /**
   * Writes a file and creates its folder: `POST /files/bulk-upload`.
   * @param file Content, or the path of a local file, which is read while it is sent. If the content has more than 8 MiB, it
   * must not be modified before the promise settles; if it is detached or shrunk, the call fails.
   * @param remotePath Path in the sandbox.
   * @param timeout Timeout in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to write the file.
   * @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
   * @throws {DaytonaError} The local file cannot be read; `code` is the system's, such as `ENOENT`.
   */
  uploadFile(file: ByteSource | string, remotePath: string, timeout?: number | null, options?: native.CallOptions | null): Promise<void>;
  /**
   * Writes files in one request and creates their folders: `POST /files/bulk-upload`. Local files are read while they are
   * sent; those without a size, such as pipes, have a request of their own.
   * @param files Contents or paths of local files, and paths in the sandbox.
   * @param timeout Timeout in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to write a file.
   * @throws {DaytonaInvalidFilePathError} A path is a folder or not a valid file path. In both cases the other files are
   * written.
   * @throws {DaytonaError} A local file cannot be read; `code` is the system's, such as `ENOENT`. If it cannot be opened,
   * nothing is written.
   */
  uploadFiles(files: FileUpload[], timeout?: number | null, options?: native.CallOptions | null): Promise<void>;
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
   * @param localPath Path of the local file. Its folder is created, and an existing file is replaced once the download is
   * complete.
   * @param timeout Timeout in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @throws The errors of a download into memory.
   * @throws {DaytonaError} The local file cannot be written; `code` is the system's, such as `EACCES`.
   */
  downloadFile(remotePath: string, localPath: string, timeout?: number | null, options?: native.CallOptions | null): Promise<undefined>;
  /**
   * Reads files in one request, each into memory or into a local file: `POST /files/bulk-download`. A local file appears
   * once it is complete, and its folder is created.
   * @param files Paths in the sandbox, and paths of local files.
   * @param timeout Timeout in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @returns One response for each file, in order; the failure of a file is in its response.
   * @example
   * ```typescript
   * const [config, log] = await sandbox.fs.downloadFiles([
   *   { source: "config.json" },
   *   { source: "server.log", destination: "logs/server.log" },
   * ]);
   * console.log(config?.result?.toString(), log?.error ?? "written");
   * ```
   */
  downloadFiles(files: native.FileDownloadRequest[], timeout?: number | null, options?: native.CallOptions | null): Promise<FileDownloadResponse[]>;
  /**
   * Reads a file of any size as a Node.js stream: `POST /files/bulk-download`.
   * @param remotePath Path in the sandbox.
   * @param options Options, or the timeout of the whole download in seconds. Default: 1800; 0 for none.
   * @returns The stream. Destroying it closes the connection. If the connection breaks, it emits a
   * `DaytonaConnectionError` whose message contains the number of bytes received. If it is aborted, it emits a `DaytonaError`,
   * or an `AbortError` with the signal's reason, if that has one.
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
   * @throws The error of the source, if reading it fails; the signal's reason, or a `DaytonaError` if it has none.
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
//#region js/sdk/git.d.ts
declare const Git_base: typeof native.Git;
/** Git repositories of a sandbox. */
declare class Git extends Git_base {
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription>;
}
//#endregion
//#region js/sdk/lsp-server.d.ts
/** What identifies a language server in a sandbox. */
interface LspDescription {
  /** Language of the server. */
  languageId: string;
  /** Folder of the project. */
  pathToProject: string;
}
declare const LspServer_base: typeof native.LspServer;
/** A language server for one project in a sandbox. */
declare class LspServer extends LspServer_base {
  /** Language and project, for `JSON.stringify` and `console.log`. */
  toJSON(): LspDescription;
}
//#endregion
//#region js/sdk/charts.d.ts
/** Types of charts. */
declare const ChartType: {
  /** Lines: {@link LineChart}. */
  readonly LINE: "line";
  /** Points: {@link ScatterChart}. */
  readonly SCATTER: "scatter";
  /** Bars: {@link BarChart}. */
  readonly BAR: "bar";
  /** Sectors of a circle: {@link PieChart}. */
  readonly PIE: "pie";
  /** Boxes with whiskers: {@link BoxAndWhiskerChart}. */
  readonly BOX_AND_WHISKER: "box_and_whisker";
  /** Several charts in a figure: {@link CompositeChart}. */
  readonly COMPOSITE_CHART: "composite_chart";
  /** Another type: only its picture is known. */
  readonly UNKNOWN: "unknown";
};
/** A type of {@link ChartType}. */
type ChartType = (typeof ChartType)[keyof typeof ChartType];
/** A chart that code has shown. Which properties it has depends on its type. */
interface Chart {
  /** One of {@link ChartType}. */
  type?: string;
  /** Title. */
  title?: string;
  /** Picture of the figure, as PNG in base64. */
  png?: string;
  /** Label of the horizontal axis. */
  x_label?: string;
  /** Label of the vertical axis. */
  y_label?: string;
  /** Positions of the ticks of the horizontal axis. */
  x_ticks?: number[];
  /** Positions of the ticks of the vertical axis. */
  y_ticks?: number[];
  /** Labels of the ticks of the horizontal axis. */
  x_tick_labels?: string[];
  /** Labels of the ticks of the vertical axis. */
  y_tick_labels?: string[];
  /** Scale of the horizontal axis, such as `linear`, `log` or `datetime`. */
  x_scale?: string;
  /** Scale of the vertical axis. */
  y_scale?: string;
  /** What the chart shows: lines, points, bars, sectors, boxes, or the charts of a figure. */
  elements?: ChartElement[];
}
/** A line, a bar, a sector, a box, or a chart in a figure. Which properties it has depends on the type of the chart. */
interface ChartElement {
  /** Label. */
  label?: string;
  /** Points of a line or a set of points: pairs of coordinates. */
  points?: number[][];
  /** Group of a bar. */
  group?: string;
  /** Height of a bar, as a string. */
  value?: string;
  /** Angle of a sector in degrees. */
  angle?: number;
  /** Radius of a sector. */
  radius?: number;
  /** Lower end of the whiskers of a box. */
  min?: number;
  /** Lower edge of a box. */
  first_quartile?: number;
  /** Line in a box. */
  median?: number;
  /** Upper edge of a box. */
  third_quartile?: number;
  /** Upper end of the whiskers of a box. */
  max?: number;
  /** Points outside the whiskers of a box. */
  outliers?: number[];
  /** Type of a chart in a figure. */
  type?: string;
  /** Title of a chart in a figure. */
  title?: string;
  /** Picture of a chart in a figure, as PNG in base64. */
  png?: string;
  /** Label of the horizontal axis of a chart in a figure. */
  x_label?: string;
  /** Label of the vertical axis of a chart in a figure. */
  y_label?: string;
}
/** A chart with two axes. */
type Chart2D = Pick<Chart, "type" | "title" | "png" | "x_label" | "y_label" | "elements">;
/** A chart of points, with the ticks and scales of its axes. */
type PointChart = Chart2D & Pick<Chart, "x_ticks" | "y_ticks" | "x_tick_labels" | "y_tick_labels" | "x_scale" | "y_scale">;
/** A chart of lines. */
type LineChart = PointChart & {
  /** Type of the chart. */
  type: "line";
};
/** A chart of points that are not connected. */
type ScatterChart = PointChart & {
  /** Type of the chart. */
  type: "scatter";
};
/** A chart of bars. */
type BarChart = Chart2D & {
  /** Type of the chart. */
  type: "bar";
};
/** A circle with sectors. */
type PieChart = Pick<Chart, "type" | "title" | "png" | "elements"> & {
  /** Type of the chart. */
  type: "pie";
};
/** A chart of boxes with whiskers. */
type BoxAndWhiskerChart = Chart2D & {
  /** Type of the chart. */
  type: "box_and_whisker";
};
/** A figure with several charts. */
type CompositeChart = Pick<Chart, "type" | "title" | "png" | "elements"> & {
  /** Type of the chart. */
  type: "composite_chart";
};
/** An element of a {@link LineChart} or a {@link ScatterChart}. */
type PointData = Pick<ChartElement, "label" | "points">;
/** An element of a {@link BarChart}. */
type BarData = Pick<ChartElement, "label" | "group" | "value">;
/** An element of a {@link PieChart}. */
type PieData = Pick<ChartElement, "label" | "angle" | "radius">;
/** An element of a {@link BoxAndWhiskerChart}. */
type BoxAndWhiskerData = Pick<ChartElement, "label" | "min" | "first_quartile" | "median" | "max" | "outliers">;
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
  /**
   * Closes the connections and leaves the program running. A pending `wait()` rejects. `process.attach` makes another handle of
   * the program.
   */
  detach(): Promise<void>;
  /** Kills the program and everything it started, unless it has exited or `detach()` was called. */
  [Symbol.asyncDispose](): Promise<void>;
  /** Id and process id, for `JSON.stringify`. */
  toJSON(): Pick<ProcessHandle, "id" | "pid">;
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
  onData: (data: Uint8Array) => unknown;
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
/** What a command or code has produced. */
interface ExecutionArtifacts {
  /** The output, the same as `result`. */
  stdout: string;
  /** Charts that the code has shown with matplotlib, in order; absent for commands. */
  charts?: Chart[];
}
/** The result of a command or of code. */
interface ExecuteResponse extends Omit<native.ExecuteResponse, "artifacts"> {
  /** The output once more, and charts. */
  artifacts: ExecutionArtifacts;
}
/** Receives output in order. If it returns a promise, no more output is read until the promise resolves. */
type OutputCallback = (chunk: string) => unknown;
declare const Process_base: typeof native.Process;
/** Commands, code and sessions of a sandbox. */
declare class Process extends Process_base {
  /**
   * Runs a shell script and waits for it to exit: `POST /process/execute`. A non-zero exit code is a result, not an error. When
   * the timeout passes or the signal is aborted, the command and everything it started are killed.
   * @param command The script; may contain newlines.
   * @param cwd Working directory. Default: the sandbox's.
   * @param envs Environment variables, in addition to the sandbox's.
   * @param timeout Timeout in seconds; 0 for none. Default: none.
   * @param options A signal.
   * @returns Exit code and output.
   * @throws {DaytonaProcessExecutionTimeoutError} The command exceeded its timeout.
   * @example
   * ```typescript
   * const { exitCode, result } = await sandbox.process.executeCommand("npm test", "app", undefined, 120);
   * ```
   */
  executeCommand(command: string, cwd?: string | null, envs?: Record<string, string> | null, timeout?: number | null, options?: native.CallOptions | null): Promise<ExecuteResponse>;
  /**
   * Runs code in the sandbox's language and waits for it to exit: `POST /process/code-run`. When the timeout passes or the signal
   * is aborted, the program and everything it started are killed.
   * @param code Source code of the program.
   * @param params Arguments and environment variables.
   * @param timeout Timeout in seconds; 0 for none. Default: none.
   * @param options A signal.
   * @returns Exit code, output and charts.
   * @throws {DaytonaProcessExecutionTimeoutError} The program exceeded its timeout.
   * @throws {DaytonaNotFoundError} The service does not support this operation (before 0.167).
   * @example
   * ```typescript
   * const { result, artifacts } = await sandbox.process.codeRun("print(6 * 7)");
   * ```
   */
  codeRun(code: string, params?: native.CodeRunParams | null, timeout?: number | null, options?: native.CallOptions | null): Promise<ExecuteResponse>;
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
  /** Git repositories of the sandbox. */
  get git(): Git;
  /** Commands, code and sessions of the sandbox. */
  get process(): Process;
  /** The desktop of the sandbox: its mouse, keyboard and screen. */
  get computerUse(): ComputerUse;
  /** Python that keeps its variables, functions and modules between two runs. */
  get codeInterpreter(): CodeInterpreter;
  /**
   * Returns a language server for a project. Sends no request: `start()` starts the server.
   * @param languageId `python`, `typescript` or `javascript`.
   * @param pathToProject Folder of the project, relative to the working directory.
   * @returns The language server.
   * @throws {DaytonaInvalidArgumentError} The language has no server.
   * @example
   * ```typescript
   * const lsp = await sandbox.createLspServer("typescript", "project");
   * await lsp.start();
   * ```
   */
  createLspServer(languageId: LspLanguageId | (string & {}), pathToProject: string): Promise<LspServer>;
  /**
   * Changes the resources of the sandbox and waits until they are changed: `POST /sandbox/{id}/resize`. Processors and
   * memory of a started sandbox can be increased; those of a stopped one reduced too, and its disk increased.
   * @param resources CPU cores, memory (GiB) and disk (GiB); at least one of them.
   * @param timeout Timeout in seconds. Default: 60; 0 for none.
   * @param options A signal.
   * @throws {DaytonaInvalidArgumentError} No resource, 0 or a GPU was given.
   * @throws {DaytonaValidationError} The service does not allow the change, or nothing would change.
   * @throws {DaytonaNotFoundError} The service cannot resize sandboxes.
   * @throws {DaytonaTimeoutError} The timeout passed.
   * @example
   * ```typescript
   * await sandbox.resize({ cpu: 2, memory: 4 });
   * ```
   */
  resize(resources: native.ResizeResources, timeout?: number | null, options?: native.CallOptions | null): Promise<void>;
  /** Environment variables of every process; empty for a sandbox from a list that omits them. */
  get env(): Record<string, string>;
  /** The properties, for `JSON.stringify` and `console.log`, without the environment variables, which may contain keys. */
  toJSON(): Omit<native.SandboxData, "env">;
}
//#endregion
//#region js/sdk/volume-service.d.ts
declare const VolumeService_base: typeof native.VolumeService;
/**
 * Volumes of an organization: folders that several sandboxes share, and that outlive them. The option `volumes` of
 * `create` mounts them.
 */
declare class VolumeService extends VolumeService_base {}
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
  /** Volumes of the organization. */
  get volume(): VolumeService;
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
   * Iterates over the sandboxes that match, from all pages: `GET /sandbox`. A page is requested when the iteration arrives
   * at it.
   * @param query Filters and order. Default: all sandboxes, the last used first.
   * @param options Timeout of each page in seconds (default 60, 0 for none) and a signal.
   * @returns An iterator of sandboxes.
   * @throws {DaytonaInvalidArgumentError} The query has an unknown filter.
   * @throws {DaytonaValidationError} The service rejected a filter.
   * @example
   * ```typescript
   * for await (const sandbox of daytona.list({ labels: { team: "a" } })) console.log(sandbox.id, sandbox.state);
   * ```
   */
  list(query?: ListSandboxesQuery | null, options?: native.CallOptions | null): AsyncIterableIterator<Sandbox>;
  /** Has no effect: a client holds no resources. It allows `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
//#endregion
export { Accessibility, type AccessibilityBounds, type AccessibilityFindOptions, type AccessibilityNode, type AccessibilityNodesResponse, type AccessibilityTreeOptions, type AccessibilityTreeResponse, type BarChart, type BarData, type BoxAndWhiskerChart, type BoxAndWhiskerData, type BuildInfo, type ByteSource, type CallOptions, type Chart, type Chart2D, type ChartElement, ChartType, CodeInterpreter, CodeLanguage, CodeRunParams, type Command, type CompletionItem, type CompletionList, type CompositeChart, ComputerUse, type ComputerUseStartResponse, type ComputerUseStatusResponse, type ComputerUseStopResponse, type CreateSandboxBaseParams, type CreateSandboxFromImageParams, type CreateSandboxFromSnapshotParams, type CreateSandboxParams, type CursorPosition, Daytona, DaytonaA11yUnavailableError, DaytonaAuthenticationError, DaytonaAuthorizationError, DaytonaBadGatewayError, DaytonaBadRequestError, DaytonaCommandAlreadyCompletedError, type DaytonaConfig, DaytonaConflictError, DaytonaConnectionError, DaytonaConnectionTimeoutError, DaytonaError, type DaytonaErrorDetails, DaytonaFileAccessDeniedError, DaytonaFileNotFoundError, DaytonaFileReadFailedError, DaytonaForbiddenError, DaytonaGitAuthFailedError, DaytonaGitBranchExistsError, DaytonaGitBranchNotFoundError, DaytonaGitDirtyWorktreeError, DaytonaGitMergeConflictError, DaytonaGitPushRejectedError, DaytonaGitRemoteRejectedError, DaytonaGitRepoNotFoundError, DaytonaGitTransportFailedError, DaytonaGoneError, DaytonaInternalServerError, DaytonaInvalidArgumentError, DaytonaInvalidFilePathError, DaytonaLspServerNotInitializedError, DaytonaNotFoundError, DaytonaProcessExecutionTimeoutError, DaytonaProcessNotFoundError, DaytonaRateLimitError, DaytonaRecordingFfmpegNotFoundError, DaytonaRecordingStillActiveError, DaytonaServiceUnavailableError, DaytonaSessionEndedError, DaytonaTimeoutError, DaytonaUnprocessableEntityError, DaytonaValidationError, Display, type DisplayInfo, type DisplayInfoResponse, type DownloadMetadata, type DownloadProgress, type DownloadStreamOptions, type ExecuteResponse, type ExecutionArtifacts, type ExecutionError, type ExecutionResult, type FileDownloadErrorDetails, type FileDownloadRequest, type FileDownloadResponse, type FileEvent, type FileInfo, type FilePermissionsParams, type FileStatus, FileSystem, type FileUpload, FileWatcher, type FindAccessibilityNodesRequest, Git, type GitCommitInfo, type GitCommitResponse, type GitRemote, type GitStatus, type InterpreterContext, Keyboard, type LineChart, type ListBranchResponse, type ListFilesOptions, type ListRecordingsResponse, type ListRemotesResponse, type ListSandboxesQuery, type LspDescription, LspLanguageId, type LspLocation, type LspPosition, type LspRange, LspServer, type LspSymbol, type Match, Mouse, type MouseClickResponse, type MouseDragResponse, type MousePositionResponse, type OutputCallback, type OutputMessage, type PartDescription, type PieChart, type PieData, type PointChart, type PointData, type PortPreviewUrl, type Position, Process, type ProcessErrorsResponse, ProcessHandle, type ProcessLogsResponse, type ProcessRestartResponse, type ProcessResult, type ProcessStartOptions, type ProcessStatus, type ProcessStatusResponse, type PtyConnectOptions, type PtyCreateOptions, PtyHandle, type PtyResult, type PtySessionInfo, type Recording, RecordingService, type ReplaceResult, type ResizeResources, type Resources, type RunCodeOptions, Sandbox, SandboxClass, type SandboxData, SandboxListSortDirection, SandboxListSortField, type SandboxMetrics, SandboxState, type ScatterChart, Screenshot, type ScreenshotOptions, type ScreenshotRegion, type ScreenshotResponse, type SearchFilesResponse, type Session, type SessionCommandLogsResponse, type SessionExecuteRequest, type SessionExecuteResponse, type SignedPortPreviewUrl, type SshAccess, type SshAccessValidation, type UpdateEnvOptions, type UpdateSandboxNetworkSettings, type UploadProgress, type UploadSource, type UploadStreamOptions, type Volume, type VolumeMount, VolumeService, type WatchOptions, type WindowInfo, type WindowsResponse };