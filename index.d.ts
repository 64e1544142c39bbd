import { BaseSandbox, ExecuteResponse, FileDownloadResponse, FileUploadResponse, SandboxError, SandboxErrorCode } from "deepagents";
import { Daytona, Resources, Sandbox } from "./sdk.cjs";

//#region js/deepagents/auth.d.ts
/** Credentials and address of the service. */
interface DaytonaAuth {
  /** API key. Default: `DAYTONA_API_KEY`. */
  apiKey?: string | undefined;
  /** Base URL of the control plane. Default: `DAYTONA_API_URL`, or `https://app.daytona.io/api`. */
  apiUrl?: string | undefined;
}
/** Resolved credentials and address of the service. */
interface DaytonaCredentials {
  /** API key. */
  apiKey: string;
  /** Base URL of the control plane. */
  apiUrl: string;
  /** Region, or `local`. */
  target?: string;
}
/**
 * Returns the API key.
 * @param options `apiKey`. Default: `DAYTONA_API_KEY`.
 * @returns The key.
 * @throws {Error} There is no key; the message starts with `Daytona authentication required`.
 */
declare function getAuthApiKey(options?: DaytonaAuth): string;
/**
 * Returns the base URL of the control plane.
 * @param options `apiUrl`. Default: `DAYTONA_API_URL`, or `https://app.daytona.io/api`.
 * @returns The URL.
 */
declare function getAuthApiUrl(options?: DaytonaAuth): string;
/**
 * Returns key, URL and region.
 * @param options `apiKey` and `apiUrl`. Default: `DAYTONA_API_KEY` and `DAYTONA_API_URL`.
 * @param target Region. Default: `DAYTONA_TARGET`.
 * @returns The credentials.
 * @throws {Error} There is no key; the message starts with `Daytona authentication required`.
 */
declare function getAuthCredentials(options?: DaytonaAuth, target?: string): DaytonaCredentials;
//#endregion
//#region js/deepagents/options.d.ts
/**
 * Region of a sandbox: `us`, `eu` or the name of a custom region of the service, or `local` for the local server of
 * this process, which needs no key and no network.
 */
type DaytonaSandboxTarget = "us" | "eu" | "local" | (string & {});
/** Options for a new sandbox. */
interface DaytonaSandboxOptions {
  /** Main language of the sandbox. Default: `"typescript"`. */
  language?: "typescript" | "python" | "javascript" | undefined;
  /** Environment variables of every process in the sandbox. */
  envVars?: Record<string, string> | undefined;
  /** CPU cores, memory (GiB) and disk (GiB). Requires `image`, because a snapshot has its own resources. */
  resources?: Pick<Resources, "cpu" | "memory" | "disk"> | undefined;
  /** Docker image to start from, e.g. `"node:20"`. Cannot be combined with `snapshot`. The local server only stores it. */
  image?: string | undefined;
  /** Name of the snapshot to start from. Cannot be combined with `image`. The local server only stores it. */
  snapshot?: string | undefined;
  /** Region of the sandbox. Default: `DAYTONA_TARGET`, or the default of the service. */
  target?: DaytonaSandboxTarget | undefined;
  /** Idle minutes until the sandbox stops; 0 for never. Default of the service: 15. */
  autoStopInterval?: number | undefined;
  /** Minutes after stopping until the sandbox is archived; 0 for the longest interval that the service allows. Default of the service: 7 days. */
  autoArchiveInterval?: number | undefined;
  /** Minutes after stopping until the sandbox is deleted; -1 for never, 0 for immediately. Default of the service: never. */
  autoDeleteInterval?: number | undefined;
  /** Minutes until it is deleted, in use or not; 0 for never. Default of the service: never. */
  ttlMinutes?: number | undefined;
  /** Volumes to mount: folders that sandboxes share, and that outlive them. `daytona.volume` of the SDK creates them. */
  volumes?: DaytonaVolumeMount[] | undefined;
  /** Timeout of a command in seconds; 0 for none. Default: 300. */
  timeout?: number | undefined;
  /** Timeout for creating the sandbox in seconds; 0 for none. Default: 60. */
  createTimeout?: number | undefined;
  /** Maximum size of a command's output in bytes; longer output is truncated and `truncated` is true. Default: unlimited. */
  maxOutputBytes?: number | undefined;
  /**
   * What a command does that exceeds its timeout: `"throw"` fails with `COMMAND_TIMEOUT`; `"result"` returns the output so
   * far, followed by a line that says why it ends, with exit code 124. Default: `"throw"`.
   */
  onTimeout?: "throw" | "result" | undefined;
  /** Labels by which sandboxes can be found and deleted. */
  labels?: Record<string, string> | undefined;
  /** Name. Default: the id. */
  name?: string | undefined;
  /** Whether to block all network access. Default: false. */
  networkBlockAll?: boolean | undefined;
  /** Files to write after creation, as an object from path to content. */
  initialFiles?: Record<string, string> | undefined;
  /** Credentials and address of the service. Default: `DAYTONA_API_KEY` and `DAYTONA_API_URL`. */
  auth?: DaytonaAuth | undefined;
  /** Aborts the creation; the sandbox is deleted if it exists. */
  signal?: AbortSignal | null | undefined;
}
/** A volume to mount. */
interface DaytonaVolumeMount {
  /** Id or name of the volume. */
  volumeId: string;
  /** Absolute path in the sandbox. */
  mountPath: string;
  /** Folder of the volume to mount. Default: the whole volume. */
  subpath?: string | undefined;
}
/** Options for connecting to an existing sandbox. */
type DaytonaConnectOptions = Pick<DaytonaSandboxOptions, "auth" | "target" | "timeout" | "maxOutputBytes" | "onTimeout" | "signal">;
/** Options of calls without specific options. */
interface DaytonaCallOptions {
  /**
   * Timeout of the call in seconds; 0 for none. Default: 60. Transfers of files take as long as they need by default, and
   * fail if no data moves for 60 seconds.
   */
  timeout?: number | undefined;
  /**
   * Aborts the call: the promise rejects with the signal's reason. Default, except for `stop`: the signal of the run of
   * LangChain that the call is part of; null for none.
   */
  signal?: AbortSignal | null | undefined;
}
/** Options for deleting sandboxes. */
interface DaytonaDeleteAllOptions extends Pick<DaytonaSandboxOptions, "auth" | "target"> {
  /** Timeout in seconds; 0 for none. Default: 300. */
  timeout?: number | undefined;
  /** Aborts the call: the promise rejects with the signal's reason, and no further sandbox is deleted. */
  signal?: AbortSignal | undefined;
}
/** Why a file could not be transferred. */
interface DaytonaFileReason {
  /** The reason for `error` in the words of the service, such as `text file busy`; absent on success. */
  reason?: string;
}
/** Result of one file of an upload. */
type DaytonaFileUploadResponse = FileUploadResponse & DaytonaFileReason;
/** Result of one file of a download. */
type DaytonaFileDownloadResponse = FileDownloadResponse & DaytonaFileReason;
/** Options of a command. */
interface DaytonaExecuteOptions {
  /** Timeout in seconds; 0 for none. Default: the sandbox's `timeout`. */
  timeout?: number | undefined;
  /**
   * Working directory. Default: the sandbox's. If it cannot be used, the command does not run: the exit code is -1 and the
   * output contains the reason.
   */
  cwd?: string | undefined;
  /** Environment variables, in addition to the sandbox's. */
  env?: Record<string, string> | undefined;
  /** Maximum size of the output in bytes. Default: the sandbox's `maxOutputBytes`. */
  maxOutputBytes?: number | undefined;
  /** What the command does when it exceeds the timeout. Default: the sandbox's `onTimeout`. */
  onTimeout?: "throw" | "result" | undefined;
  /**
   * Receives standard output while the command runs, line by line. If it returns a promise, no more output is read until
   * that resolves. If it throws, the command and its listeners go on, and the promise of `execute` rejects with the first such
   * error once the command has ended.
   */
  onStdout?: ((chunk: string) => unknown) | undefined;
  /** Receives standard error, see `onStdout`. */
  onStderr?: ((chunk: string) => unknown) | undefined;
  /**
   * Aborts the command: the promise rejects with the signal's reason, and the command and everything it started are
   * killed. Default: the signal of the run of LangChain that the call is part of, such as that of an agent;
   * null for none.
   */
  signal?: AbortSignal | null | undefined;
}
//#endregion
//#region js/deepagents/sandbox.d.ts
/**
 * Daytona sandbox as a backend of deepagents.
 *
 * @example
 * ```typescript
 * await using sandbox = await DaytonaSandbox.create({ language: "python", timeout: 300 });
 * const agent = createDeepAgent({ model, backend: sandbox });
 * ```
 */
declare class DaytonaSandbox extends BaseSandbox {
  #private;
  /**
   * Sends no request; {@link DaytonaSandbox.initialize} creates the sandbox.
   * @param options Options for the new sandbox. All of them have defaults.
   */
  constructor(options?: DaytonaSandboxOptions | null);
  /**
   * Creates a sandbox and writes its initial files: `POST /sandbox` and `POST /files/bulk-upload`.
   * @param options Options for the new sandbox. All of them have defaults.
   * @returns The sandbox, which is started.
   * @example
   * ```typescript
   * const sandbox = await DaytonaSandbox.create({ language: "python", initialFiles: { "main.py": "print(1)" } });
   * ```
   * @throws {DaytonaSandboxError} As {@link DaytonaSandbox.initialize}.
   */
  static create(options?: DaytonaSandboxOptions | null): Promise<DaytonaSandbox>;
  /**
   * Connects to an existing sandbox, in any state: `GET /sandbox/{id}`. {@link DaytonaSandbox.start} starts a stopped one.
   * @param idOrName Id or name of the sandbox.
   * @param options Credentials, region, and defaults of commands.
   * @returns The sandbox.
   * @example
   * ```typescript
   * const sandbox = await DaytonaSandbox.connect(id);
   * await sandbox.start();
   * ```
   * @throws {DaytonaSandboxError} `SANDBOX_NOT_FOUND` if the sandbox does not exist; `AUTHENTICATION_FAILED` if the key is
   * missing, rejected or lacks a permission; `COMMAND_TIMEOUT` or `COMMAND_FAILED` if the request fails.
   */
  static connect(idOrName: string, options?: DaytonaConnectOptions | null): Promise<DaytonaSandbox>;
  /** Alias of {@link DaytonaSandbox.connect}. */
  static fromId(id: string, options?: DaytonaConnectOptions | null): Promise<DaytonaSandbox>;
  /** Alias of {@link DaytonaSandbox.connect}. The `id` of the result is the id of the sandbox, not the name. */
  static fromName(name: string, options?: DaytonaConnectOptions | null): Promise<DaytonaSandbox>;
  /**
   * Deletes the sandboxes with these labels, a few at once: `GET /sandbox` for all pages, and `DELETE /sandbox/{id}` for
   * each sandbox.
   * @param labels Labels that the sandboxes must have; at least one.
   * @param options Credentials and region; timeout in seconds (default 300, 0 for none) and a signal.
   * @returns The number of deleted sandboxes.
   * @example
   * ```typescript
   * const deleted = await DaytonaSandbox.deleteAll({ run: "nightly" });
   * ```
   * @throws {DaytonaSandboxError} If some sandboxes could not be deleted, with their ids, the reasons, and the code of the
   * first failure; the others are deleted. `COMMAND_FAILED` without a label; `AUTHENTICATION_FAILED`.
   */
  static deleteAll(labels: Record<string, string>, options?: DaytonaDeleteAllOptions | null): Promise<number>;
  /** Id of the sandbox; a placeholder before `initialize()`. */
  get id(): string;
  /** Whether the last known state is started. */
  get isRunning(): boolean;
  /** Isolation of a local sandbox: `namespaces`, `landlock` or `none`; undefined for sandboxes of the service. */
  get isolation(): Sandbox["isolation"];
  /** Id, last known state and isolation, for `JSON.stringify` and `console.log`. Without a sandbox, the state is undefined. */
  toJSON(): Pick<Sandbox, "id" | "isolation"> & Partial<Pick<Sandbox, "state">>;
  /**
   * The sandbox as an object of the SDK, for operations that are not part of this class.
   * @example
   * ```typescript
   * await sandbox.sandbox.fs.createFolder("src", "755");
   * ```
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED` before `initialize()` and after `close()`.
   */
  get sandbox(): Sandbox;
  /** Alias of {@link DaytonaSandbox.sandbox}. */
  get instance(): Sandbox;
  /**
   * The client of the SDK with the credentials of this sandbox.
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED` before `initialize()` and after `close()`.
   */
  get client(): Daytona;
  /**
   * Creates the sandbox and writes its initial files: `POST /sandbox` and `POST /files/bulk-upload`. If any of this fails,
   * the sandbox is deleted; if that fails too, the error contains its id.
   * @throws {DaytonaSandboxError} `ALREADY_INITIALIZED` if called twice; `AUTHENTICATION_FAILED` if the key is missing,
   * rejected or lacks a permission; `RESOURCE_LIMIT_EXCEEDED` if a quota is exceeded; `SANDBOX_CREATION_FAILED` if an
   * option is invalid or the sandbox does not start in time; `FILE_OPERATION_FAILED` if an initial file cannot be written.
   */
  initialize(): Promise<void>;
  /**
   * Runs a shell script and waits for it to exit: `POST /process/execute`. A non-zero exit code is a result, not an error.
   * In a run of an agent, the command ends with the run. With `onStdout` or `onStderr`, it runs in a session of its own,
   * whose log is followed.
   * @param command Script for the sandbox's shell; may contain newlines.
   * @param options Timeout, working directory, environment, output limit and signal. Defaults are those of the sandbox.
   * @example
   * ```typescript
   * const { output, exitCode } = await sandbox.execute("npm test", { cwd: "app", timeout: 120 });
   * ```
   * @returns Standard output and standard error, interleaved; the exit code (null if the service does not return it); and
   * whether the output was truncated.
   * @throws {DaytonaSandboxError} `COMMAND_TIMEOUT` if the timeout passes; the command and everything it started are
   * killed. `NOT_INITIALIZED`, `SANDBOX_NOT_STARTED`, `SANDBOX_NOT_FOUND`; `COMMAND_FAILED` if the command cannot be run.
   * @throws The first error of a listener, once the command has ended.
   */
  execute(command: string, options?: DaytonaExecuteOptions | null): Promise<ExecuteResponse>;
  /**
   * Writes files in one request and creates their folders: `POST /files/bulk-upload`.
   * @param files Pairs of path and content: a `Uint8Array`, or anything else that `Buffer.from` takes for bytes. Contents of
   * more than 8 MiB together must not be modified before the promise settles; if one is detached or shrunk, the call fails.
   * @param options Timeout in seconds (0 for none) and a signal. Without a timeout, the upload fails if no data moves for 60
   * seconds; the response to a large upload may take longer, by a second per MiB.
   * @returns One result for each file, in order. `error` is null on success, and the nearest of the four causes of deepagents
   * on failure, with the `reason` of the service.
   * @example
   * ```typescript
   * const [result] = await sandbox.uploadFiles([["src/a.txt", new TextEncoder().encode("hello")]]);
   * if (result.error !== null) console.error(result.path, result.error, result.reason);
   * ```
   * @throws {DaytonaSandboxError} `FILE_OPERATION_FAILED` for a failure that does not concern a single file;
   * `NOT_INITIALIZED`, `SANDBOX_NOT_STARTED`, `SANDBOX_NOT_FOUND`.
   */
  uploadFiles(files: Array<[string, Uint8Array]>, options?: DaytonaCallOptions | null): Promise<DaytonaFileUploadResponse[]>;
  /**
   * Reads files: `POST /files/bulk-download`, once, and again for the files after one that cannot be read to its end.
   * @param paths Paths of the files; relative paths start at the sandbox's working directory.
   * @param options Timeout in seconds (0 for none) and a signal. Without a timeout, the download fails if no data moves for
   * 60 seconds.
   * @returns One result for each file, in order. `content` is null on failure, with the `reason` of the service, and `error`
   * is null on success. A file that does not fit into memory is a failure.
   * @example
   * ```typescript
   * const [{ content }] = await sandbox.downloadFiles(["src/a.txt"]);
   * ```
   * @throws {DaytonaSandboxError} As {@link DaytonaSandbox.uploadFiles}.
   */
  downloadFiles(paths: string[], options?: DaytonaCallOptions | null): Promise<DaytonaFileDownloadResponse[]>;
  /**
   * Starts a stopped sandbox and waits until it is started: `POST /sandbox/{id}/start`.
   * @param timeout Timeout in seconds; 0 for none.
   * @param options A signal.
   * @throws {DaytonaSandboxError} `SANDBOX_NOT_STARTED` if the sandbox does not start in time; `NOT_INITIALIZED`,
   * `SANDBOX_NOT_FOUND`, `AUTHENTICATION_FAILED`.
   */
  start(timeout?: number, options?: DaytonaCallOptions | null): Promise<void>;
  /**
   * Stops the sandbox and waits until it is stopped: `POST /sandbox/{id}/stop`. Its processes are killed, its files kept.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED`, `SANDBOX_NOT_FOUND`, `AUTHENTICATION_FAILED`; `COMMAND_TIMEOUT` or
   * `COMMAND_FAILED` if the sandbox could not be stopped.
   */
  stop(options?: DaytonaCallOptions | null): Promise<void>;
  /**
   * Deletes the sandbox and everything in it: `DELETE /sandbox/{id}`. Has no effect without a sandbox;
   * waits for one that is being created, and deletes it.
   * @throws {DaytonaSandboxError} `AUTHENTICATION_FAILED`; `COMMAND_FAILED` or `COMMAND_TIMEOUT` if the sandbox could not
   * be deleted. Then `close()` can be called again.
   */
  close(): Promise<void>;
  /** Alias of {@link DaytonaSandbox.close}. */
  kill(): Promise<void>;
  /** Alias of {@link DaytonaSandbox.close}. */
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * Returns the default working directory of commands: `GET /work-dir`.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns An absolute path.
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED`, `SANDBOX_NOT_STARTED`, `SANDBOX_NOT_FOUND`, `COMMAND_TIMEOUT`,
   * `COMMAND_FAILED`.
   */
  getWorkDir(options?: DaytonaCallOptions | null): Promise<string>;
  /**
   * Returns the home folder of the sandbox's user: `GET /user-home-dir`.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns An absolute path.
   * @throws {DaytonaSandboxError} As {@link DaytonaSandbox.getWorkDir}.
   */
  getUserHomeDir(options?: DaytonaCallOptions | null): Promise<string>;
}
//#endregion
//#region js/deepagents/factories.d.ts
/** Function that creates a sandbox at each call. */
type AsyncDaytonaSandboxFactory = () => Promise<DaytonaSandbox>;
/** Backend factory for deepagents with one sandbox for each invocation of an agent. */
interface DaytonaSandboxFactory {
  /**
   * Called by deepagents for each tool.
   * @param runtime What deepagents passes to a backend factory.
   * @returns The sandbox of the current invocation.
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED` outside a run of LangGraph.
   */
  (runtime: {
    state: unknown;
  }): DaytonaSandbox;
  /**
   * Called by a program.
   * @returns A new sandbox, which the caller closes.
   * @throws {DaytonaSandboxError} As {@link DaytonaSandbox.create}.
   */
  (): Promise<DaytonaSandbox>;
  /**
   * Deletes the sandboxes of all invocations that exist, also of running ones. Not needed after an invocation, whose
   * sandbox is deleted when it ends. Sandboxes that the program created by a call are kept. The factory can be used again.
   * @throws {DaytonaSandboxError} As {@link DaytonaSandbox.close}; the other sandboxes are deleted.
   */
  close(): Promise<void>;
  /** Alias of `close`. */
  [Symbol.asyncDispose](): Promise<void>;
}
/**
 * Returns a backend factory for deepagents with one sandbox for each invocation of an agent: its tools and subagents share
 * the sandbox, which is created at the first use and deleted when the invocation ends, fails or is aborted. A call without
 * an argument creates a new sandbox, which the caller closes.
 * @param options Options for the new sandboxes.
 * @returns The factory.
 * @example
 * ```typescript
 * const agent = createDeepAgent({ model, backend: createDaytonaSandboxFactory({ language: "python" }) });
 * ```
 * @example
 * ```typescript
 * const factory = createDaytonaSandboxFactory({ language: "python" });
 * const sandbox = await factory();
 * ```
 */
declare function createDaytonaSandboxFactory(options?: DaytonaSandboxOptions | null): DaytonaSandboxFactory;
/**
 * Returns a backend factory for deepagents that always returns the same sandbox.
 * @param sandbox The sandbox.
 * @returns The factory.
 * @example
 * ```typescript
 * const middleware = createFilesystemMiddleware({ backend: createDaytonaSandboxFactoryFromSandbox(sandbox) });
 * ```
 */
declare function createDaytonaSandboxFactoryFromSandbox(sandbox: DaytonaSandbox): () => DaytonaSandbox;
//#endregion
//#region js/deepagents/sandbox-error.d.ts
/** Codes of {@link DaytonaSandboxError}. */
type DaytonaSandboxErrorCode = SandboxErrorCode | "AUTHENTICATION_FAILED" | "SANDBOX_CREATION_FAILED" | "SANDBOX_NOT_FOUND" | "SANDBOX_NOT_STARTED" | "RESOURCE_LIMIT_EXCEEDED";
declare const BRAND: unique symbol;
/**
 * Error of a sandbox operation. `code` identifies the kind of failure, `message` describes it, and `cause` is the error
 * of the SDK, with its `statusCode` if there was a response.
 *
 * @example
 * ```typescript
 * try {
 *   await sandbox.execute("make");
 * } catch (error) {
 *   if (DaytonaSandboxError.isInstance(error) && error.code === "COMMAND_TIMEOUT") console.error("too slow", error.output);
 * }
 * ```
 */
declare class DaytonaSandboxError extends SandboxError {
  /** Identifies errors of every copy of this package. */
  readonly [BRAND] = true;
  /** Name of the class. */
  readonly name = "DaytonaSandboxError";
  /** Kind of failure. */
  readonly code: DaytonaSandboxErrorCode;
  /** Error of the SDK, if there is one. */
  readonly cause?: Error;
  /** The command, if it exceeded its timeout. */
  readonly command?: string;
  /** Timeout of the command in seconds, if it exceeded it. */
  readonly timeout?: number;
  /** What the command had written when its timeout passed; undefined if the sandbox did not send it. */
  readonly output?: string;
  /**
   * @param message Description of the failure.
   * @param code Kind of failure.
   * @param cause Error that caused the failure.
   */
  constructor(message: string, code: DaytonaSandboxErrorCode, cause?: Error);
  /**
   * Returns whether a value is a `DaytonaSandboxError`, also of another copy or module format of this package.
   * @param error The value.
   */
  static isInstance(error: unknown): error is DaytonaSandboxError;
}
//#endregion
export { type AsyncDaytonaSandboxFactory, type DaytonaAuth, type DaytonaCallOptions, type DaytonaConnectOptions, type DaytonaCredentials, type DaytonaDeleteAllOptions, type DaytonaExecuteOptions, type DaytonaFileDownloadResponse, type DaytonaFileReason, type DaytonaFileUploadResponse, DaytonaSandbox, DaytonaSandboxError, type DaytonaSandboxErrorCode, type DaytonaSandboxFactory, type DaytonaSandboxOptions, type DaytonaSandboxTarget, type DaytonaVolumeMount, createDaytonaSandboxFactory, createDaytonaSandboxFactoryFromSandbox, getAuthApiKey, getAuthApiUrl, getAuthCredentials };