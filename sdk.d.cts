import * as native from "./native.cjs";
import { BuildInfo, CallOptions, Command, CreateSandboxParams, ExecutionError, ExecutionResult, FileInfo, FilePermissionsParams, InterpreterContext, Match, ReplaceResult, Resources, SandboxData, SearchFilesResponse, Session, SessionCommandLogsResponse, SessionExecuteRequest, SessionExecuteResponse, VolumeMount } from "./native.cjs";
import { DaytonaA11yUnavailableError, DaytonaAuthenticationError, DaytonaAuthorizationError, DaytonaBadGatewayError, DaytonaBadRequestError, DaytonaCommandAlreadyCompletedError, DaytonaConflictError, DaytonaConnectionError, DaytonaConnectionTimeoutError, DaytonaError, DaytonaErrorDetails, DaytonaFileAccessDeniedError, DaytonaFileNotFoundError, DaytonaFileReadFailedError, DaytonaForbiddenError, DaytonaGitAuthFailedError, DaytonaGitBranchExistsError, DaytonaGitBranchNotFoundError, DaytonaGitDirtyWorktreeError, DaytonaGitMergeConflictError, DaytonaGitPushRejectedError, DaytonaGitRemoteRejectedError, DaytonaGitRepoNotFoundError, DaytonaGitTransportFailedError, DaytonaGoneError, DaytonaInternalServerError, DaytonaInvalidArgumentError, DaytonaInvalidFilePathError, DaytonaLspServerNotInitializedError, DaytonaNotFoundError, DaytonaProcessExecutionTimeoutError, DaytonaProcessNotFoundError, DaytonaRateLimitError, DaytonaRecordingFfmpegNotFoundError, DaytonaRecordingStillActiveError, DaytonaServiceUnavailableError, DaytonaSessionEndedError, DaytonaTimeoutError, DaytonaUnprocessableEntityError, DaytonaValidationError } from "./internal.cjs";
import { Readable } from "node:stream";

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
   * @throws {DaytonaTimeoutError} The command exceeded its timeout.
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
   * @throws {DaytonaTimeoutError} The program exceeded its timeout.
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
  /** Python that keeps its variables, functions and modules between two runs. */
  get codeInterpreter(): CodeInterpreter;
  /** Environment variables of every process; empty for a sandbox from a list that omits them. */
  get env(): Record<string, string>;
  /** The properties, for `JSON.stringify` and `console.log`, without the environment variables, which may contain keys. */
  toJSON(): Omit<native.SandboxData, "env">;
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
export { type BarChart, type BarData, type BoxAndWhiskerChart, type BoxAndWhiskerData, type BuildInfo, type ByteSource, type CallOptions, type Chart, type Chart2D, type ChartElement, ChartType, CodeInterpreter, CodeLanguage, CodeRunParams, type Command, type CompositeChart, type CreateSandboxParams, Daytona, DaytonaA11yUnavailableError, DaytonaAuthenticationError, DaytonaAuthorizationError, DaytonaBadGatewayError, DaytonaBadRequestError, DaytonaCommandAlreadyCompletedError, type DaytonaConfig, DaytonaConflictError, DaytonaConnectionError, DaytonaConnectionTimeoutError, DaytonaError, type DaytonaErrorDetails, DaytonaFileAccessDeniedError, DaytonaFileNotFoundError, DaytonaFileReadFailedError, DaytonaForbiddenError, DaytonaGitAuthFailedError, DaytonaGitBranchExistsError, DaytonaGitBranchNotFoundError, DaytonaGitDirtyWorktreeError, DaytonaGitMergeConflictError, DaytonaGitPushRejectedError, DaytonaGitRemoteRejectedError, DaytonaGitRepoNotFoundError, DaytonaGitTransportFailedError, DaytonaGoneError, DaytonaInternalServerError, DaytonaInvalidArgumentError, DaytonaInvalidFilePathError, DaytonaLspServerNotInitializedError, DaytonaNotFoundError, DaytonaProcessExecutionTimeoutError, DaytonaProcessNotFoundError, DaytonaRateLimitError, DaytonaRecordingFfmpegNotFoundError, DaytonaRecordingStillActiveError, DaytonaServiceUnavailableError, DaytonaSessionEndedError, DaytonaTimeoutError, DaytonaUnprocessableEntityError, DaytonaValidationError, type DownloadProgress, type DownloadStreamOptions, type ExecuteResponse, type ExecutionArtifacts, type ExecutionError, type ExecutionResult, type FileInfo, type FilePermissionsParams, FileSystem, type FileUpload, type InterpreterContext, type LineChart, type ListSandboxesQuery, type Match, type OutputCallback, type OutputMessage, type PartDescription, type PieChart, type PieData, type PointChart, type PointData, Process, type ReplaceResult, type Resources, type RunCodeOptions, Sandbox, type SandboxData, SandboxState, type ScatterChart, type SearchFilesResponse, type Session, type SessionCommandLogsResponse, type SessionExecuteRequest, type SessionExecuteResponse, type UploadProgress, type UploadSource, type UploadStreamOptions, type VolumeMount };