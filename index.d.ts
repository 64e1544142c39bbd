import { BaseSandbox, ExecuteResponse, FileDownloadResponse, FileUploadResponse, SandboxError, SandboxErrorCode } from "deepagents";
import { Daytona, Sandbox } from "#sdk";

//#region js/deepagents/auth.d.ts
/** Where the service is and who asks. */
interface DaytonaAuth {
  /** API key. Default: `DAYTONA_API_KEY`. */
  apiKey?: string;
  /** Base of the control plane. Default: `DAYTONA_API_URL`, else `https://app.daytona.io/api`. */
  apiUrl?: string;
}
/** Credentials as they are used. */
interface DaytonaCredentials {
  /** API key. */
  apiKey: string;
  /** Base of the control plane. */
  apiUrl: string;
  /** Region. */
  target?: string;
}
/**
 * The API key: the option, else `DAYTONA_API_KEY`.
 * @throws {Error} without either, with what to set.
 */
declare function getAuthApiKey(options?: DaytonaAuth): string;
/** The control plane's base: the option, else `DAYTONA_API_URL`, else the public service. */
declare function getAuthApiUrl(options?: DaytonaAuth): string;
/**
 * Key, address and region together; the region is the argument, else `DAYTONA_TARGET`.
 * @throws {Error} without a key.
 */
declare function getAuthCredentials(options?: DaytonaAuth, target?: string): DaytonaCredentials;
//#endregion
//#region js/deepagents/options.d.ts
/**
 * Where a sandbox runs: `us` or `eu` at the service, the name of a region of your own, or `local` for the local
 * Daytona of this process, which needs no key and no network.
 */
type DaytonaSandboxTarget = "us" | "eu" | "local" | (string & {});
/** What a new sandbox shall be. */
interface DaytonaSandboxOptions {
  /** Main language of the sandbox. Default `"typescript"`. */
  language?: "typescript" | "python" | "javascript";
  /** Environment of every process in it. */
  envVars?: Record<string, string>;
  /** Processors, memory and disk. Needs `image`: a snapshot has its own. */
  resources?: {
    /** Number of processors. */cpu?: number; /** Memory in GiB. */
    memory?: number; /** Disk in GiB. */
    disk?: number;
  };
  /** Docker image to start from, e.g. `"node:20"`. Excludes `snapshot`. The local Daytona only records it. */
  image?: string;
  /** Snapshot to start from, by name. Excludes `image`. The local Daytona only records it. */
  snapshot?: string;
  /** Where it runs. Default: `DAYTONA_TARGET`, else the service's default. */
  target?: DaytonaSandboxTarget;
  /** Idle minutes until it stops by itself; 0 for never. The service's default is 15. */
  autoStopInterval?: number;
  /** Stopped minutes until it is archived; 0 for as late as the service allows. The service's default is 7 days. */
  autoArchiveInterval?: number;
  /** Stopped minutes until it is deleted; -1 for never, 0 for as soon as it stops. The service's default is never. */
  autoDeleteInterval?: number;
  /** Seconds that a command may take; 0 for no limit. Default 300. */
  timeout?: number;
  /** Seconds that creating may take; 0 for no limit. Default 60. */
  createTimeout?: number;
  /** Bytes of a command's output to keep; what exceeds them is cut and `truncated` is true. Default: all. */
  maxOutputBytes?: number;
  /** Labels, to find and delete sandboxes by. */
  labels?: Record<string, string>;
  /** Name; the id when absent. */
  name?: string;
  /** Whether it gets no network. Default false. */
  networkBlockAll?: boolean;
  /** Files to write before it is handed out: path to content. */
  initialFiles?: Record<string, string>;
  /** Where the service is and who asks. Default: `DAYTONA_API_KEY` and `DAYTONA_API_URL`. */
  auth?: DaytonaAuth;
  /** Gives up creating; a sandbox that exists already is deleted. */
  signal?: AbortSignal;
}
/** How to find an existing sandbox, and how commands run in it. */
type DaytonaConnectOptions = Pick<DaytonaSandboxOptions, "auth" | "target" | "timeout" | "maxOutputBytes">;
/** How one command runs. */
interface DaytonaExecuteOptions {
  /** Seconds that it may take; 0 for no limit. Default: the sandbox's `timeout`. */
  timeout?: number;
  /** Folder to run in. Default: the work folder. */
  cwd?: string;
  /** Variables added to the environment. */
  env?: Record<string, string>;
  /** Bytes of output to keep. Default: the sandbox's `maxOutputBytes`. */
  maxOutputBytes?: number;
  /** Gives up: the promise rejects with the signal's reason, and the command is killed with all it started. */
  signal?: AbortSignal;
}
//#endregion
//#region js/deepagents/sandbox.d.ts
/**
 * A Daytona sandbox as the backend of a deep agent.
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
   * Sends nothing; {@link DaytonaSandbox.initialize} creates the sandbox.
   * @param options What it shall be.
   */
  constructor(options?: DaytonaSandboxOptions);
  /**
   * Creates a sandbox and initializes the object for it.
   * @param options What it shall be; all of them have defaults.
   * @example
   * ```typescript
   * const sandbox = await DaytonaSandbox.create({ language: "python", initialFiles: { "main.py": "print(1)" } });
   * ```
   * @throws {DaytonaSandboxError} as {@link DaytonaSandbox.initialize}.
   */
  static create(options?: DaytonaSandboxOptions): Promise<DaytonaSandbox>;
  /**
   * Finds an existing sandbox, in whatever state it is; {@link DaytonaSandbox.start} starts a stopped one.
   * Stands for `GET /sandbox/{id}`.
   * @param idOrName Its id or its name.
   * @param options Where to look for it, and how commands run in it.
   * @example
   * ```typescript
   * const sandbox = await DaytonaSandbox.connect(id);
   * await sandbox.start();
   * ```
   * @throws {DaytonaSandboxError} `SANDBOX_NOT_FOUND`, `AUTHENTICATION_FAILED`; `COMMAND_TIMEOUT` or `COMMAND_FAILED`
   * when the service cannot be asked.
   */
  static connect(idOrName: string, options?: DaytonaConnectOptions): Promise<DaytonaSandbox>;
  /** The same as {@link DaytonaSandbox.connect}. */
  static fromId(id: string, options?: DaytonaConnectOptions): Promise<DaytonaSandbox>;
  /** Finds an existing sandbox by its name; `id` is its real id. Otherwise as {@link DaytonaSandbox.connect}. */
  static fromName(name: string, options?: DaytonaConnectOptions): Promise<DaytonaSandbox>;
  /**
   * Deletes all sandboxes that carry these labels, of all pages of the list.
   * @param labels At least one: none would match everything.
   * @param options Where to look for them.
   * @returns How many were deleted.
   * @example
   * ```typescript
   * const deleted = await DaytonaSandbox.deleteAll({ run: "nightly" });
   * ```
   * @throws {DaytonaSandboxError} when some could not be deleted, with their ids and the reasons; the others are.
   */
  static deleteAll(labels: Record<string, string>, options?: Pick<DaytonaSandboxOptions, "auth" | "target">): Promise<number>;
  /** The sandbox's id; before it is initialized, one that stands for this object alone. */
  get id(): string;
  /** Whether it was running when last seen. */
  get isRunning(): boolean;
  /** How a local sandbox is walled in: `namespaces`, `landlock` or `none`; undefined at the service. */
  get isolation(): string | undefined;
  /**
   * The sandbox as the SDK has it, for everything that an agent does not need.
   * @example
   * ```typescript
   * await sandbox.sandbox.fs.createFolder("src", "755");
   * ```
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED`.
   */
  get sandbox(): Sandbox;
  /** Another name of {@link DaytonaSandbox.sandbox}. */
  get instance(): Sandbox;
  /**
   * The SDK's client with this sandbox's credentials.
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED`.
   */
  get client(): Daytona;
  /**
   * Creates the sandbox and writes its initial files. Stands for `POST /sandbox` and `POST /files/bulk-upload`.
   * When any of it fails, the sandbox is deleted again, or its id is in the error.
   * @throws {DaytonaSandboxError} `ALREADY_INITIALIZED`, `AUTHENTICATION_FAILED`, `RESOURCE_LIMIT_EXCEEDED`,
   * `SANDBOX_CREATION_FAILED`; `FILE_OPERATION_FAILED` for the initial files.
   */
  initialize(): Promise<void>;
  /**
   * Runs a shell script and waits for its end. Stands for `POST /process/execute`.
   * @param command A script for the sandbox's shell; newlines are allowed.
   * @param options How it runs; the defaults are the sandbox's.
   * @example
   * ```typescript
   * const { output, exitCode } = await sandbox.execute("npm test", { cwd: "app", timeout: 120 });
   * ```
   * @returns Standard output and error in the order written, the shell's status (null when the service does not know
   * it), and whether output was cut.
   * @throws {DaytonaSandboxError} `COMMAND_TIMEOUT` at the limit, with everything killed that the command started;
   * `NOT_INITIALIZED`, `SANDBOX_NOT_STARTED`, `SANDBOX_NOT_FOUND`, `COMMAND_FAILED`.
   */
  execute(command: string, options?: DaytonaExecuteOptions): Promise<ExecuteResponse>;
  /**
   * Writes files, in one request, and makes the folders they lie in. Stands for `POST /files/bulk-upload`.
   * @param files Path and content of each; the contents must not change before the promise settles.
   * @returns For each, in order: its path, and null or why it was not written.
   * @example
   * ```typescript
   * const [result] = await sandbox.uploadFiles([["src/a.txt", new TextEncoder().encode("hello")]]);
   * if (result.error !== null) console.error(result.path, result.error);
   * ```
   * @throws {DaytonaSandboxError} `FILE_OPERATION_FAILED` for what is no fault of a single file; `NOT_INITIALIZED`,
   * `SANDBOX_NOT_STARTED`, `SANDBOX_NOT_FOUND`.
   */
  uploadFiles(files: Array<[string, Uint8Array]>): Promise<FileUploadResponse[]>;
  /**
   * Reads files, in one request. Stands for `POST /files/bulk-download`.
   * @param paths Paths of files; relative ones start at the work folder.
   * @returns For each, in order: its path, its content or null, and null or why it could not be read.
   * @example
   * ```typescript
   * const [{ content }] = await sandbox.downloadFiles(["src/a.txt"]);
   * ```
   * @throws {DaytonaSandboxError} as {@link DaytonaSandbox.uploadFiles}.
   */
  downloadFiles(paths: string[]): Promise<FileDownloadResponse[]>;
  /**
   * Starts a stopped sandbox and waits until it runs. Stands for `POST /sandbox/{id}/start`.
   * @param timeout Seconds that it may take; 0 for no limit.
   * @throws {DaytonaSandboxError} `SANDBOX_NOT_STARTED` when it does not start; `NOT_INITIALIZED`, `SANDBOX_NOT_FOUND`.
   */
  start(timeout?: number): Promise<void>;
  /**
   * Stops the sandbox: everything in it ends, its files stay. Stands for `POST /sandbox/{id}/stop`.
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED`, `SANDBOX_NOT_FOUND`, `COMMAND_FAILED`, `COMMAND_TIMEOUT`.
   */
  stop(): Promise<void>;
  /**
   * Deletes the sandbox with everything in it; closing again does nothing. Stands for `DELETE /sandbox/{id}`.
   * @throws {DaytonaSandboxError} `COMMAND_FAILED` or `COMMAND_TIMEOUT` when it could not be deleted; then `close()`
   * can be tried again.
   */
  close(): Promise<void>;
  /** The same as {@link DaytonaSandbox.close}. */
  kill(): Promise<void>;
  /** The same as {@link DaytonaSandbox.close}. */
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * The folder in which commands start. Stands for `GET /work-dir`.
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED`, `SANDBOX_NOT_STARTED`, `SANDBOX_NOT_FOUND`, `COMMAND_FAILED`.
   */
  getWorkDir(): Promise<string>;
  /** The home folder of the sandbox's user. Stands for `GET /user-home-dir`. Throws as {@link DaytonaSandbox.getWorkDir}. */
  getUserHomeDir(): Promise<string>;
}
//#endregion
//#region js/deepagents/factories.d.ts
/** Makes a sandbox for each call. */
type AsyncDaytonaSandboxFactory = () => Promise<DaytonaSandbox>;
/**
 * A function that creates a new sandbox each time it is called; who calls it closes what it makes.
 *
 * @example
 * ```typescript
 * const factory = createDaytonaSandboxFactory({ language: "python" });
 * const sandbox = await factory();
 * ```
 */
declare function createDaytonaSandboxFactory(options?: DaytonaSandboxOptions): AsyncDaytonaSandboxFactory;
/**
 * A backend factory of deepagents that gives the same sandbox each time.
 *
 * @example
 * ```typescript
 * const middleware = createFilesystemMiddleware({ backend: createDaytonaSandboxFactoryFromSandbox(sandbox) });
 * ```
 */
declare function createDaytonaSandboxFactoryFromSandbox(sandbox: DaytonaSandbox): () => DaytonaSandbox;
//#endregion
//#region js/deepagents/sandbox-error.d.ts
/** What went wrong with a sandbox. */
type DaytonaSandboxErrorCode = SandboxErrorCode | "AUTHENTICATION_FAILED" | "SANDBOX_CREATION_FAILED" | "SANDBOX_NOT_FOUND" | "SANDBOX_NOT_STARTED" | "RESOURCE_LIMIT_EXCEEDED";
declare const BRAND: unique symbol;
/**
 * A failed operation of a sandbox. `code` says what to do about it, `message` what happened, and `cause` is the
 * error of the call, with its `statusCode` when the service answered.
 *
 * @example
 * ```typescript
 * try {
 *   await sandbox.execute("make");
 * } catch (error) {
 *   if (DaytonaSandboxError.isInstance(error) && error.code === "COMMAND_TIMEOUT") console.error("too slow");
 * }
 * ```
 */
declare class DaytonaSandboxError extends SandboxError {
  readonly [BRAND] = true;
  readonly name = "DaytonaSandboxError";
  /** What went wrong, to act on. */
  readonly code: DaytonaSandboxErrorCode;
  /** The error of the call, when there was one. */
  readonly cause?: Error;
  /**
   * @param message What happened, to which sandbox, and what to do.
   * @param code What went wrong, to act on.
   * @param cause The error of the call.
   */
  constructor(message: string, code: DaytonaSandboxErrorCode, cause?: Error);
  /** Whether a value is such an error, also one of another copy of this package. */
  static isInstance(error: unknown): error is DaytonaSandboxError;
}
//#endregion
export { type AsyncDaytonaSandboxFactory, type DaytonaAuth, type DaytonaConnectOptions, type DaytonaCredentials, type DaytonaExecuteOptions, DaytonaSandbox, DaytonaSandboxError, type DaytonaSandboxErrorCode, type DaytonaSandboxOptions, type DaytonaSandboxTarget, createDaytonaSandboxFactory, createDaytonaSandboxFactoryFromSandbox, getAuthApiKey, getAuthApiUrl, getAuthCredentials };