import process from "node:process";
import { constants } from "node:buffer";
import { BaseSandbox, type ExecuteResponse, type FileDownloadResponse, type FileUploadResponse } from "deepagents";
import { DaytonaError, SandboxBackend, isNativeError, sharedLocalServer, toDaytonaError, withSignal } from "#internal";
import { Daytona, type Sandbox } from "#sdk";
import { type DaytonaAuth, type DaytonaCredentials, getAuthCredentials } from "./auth.js";
import { plainOptions, requireString, toEntries, toPaths } from "./parameters.js";
import type { DaytonaConnectOptions, DaytonaExecuteOptions, DaytonaSandboxOptions } from "./options.js";
import { DaytonaSandboxError, type DaytonaSandboxErrorCode } from "./sandbox-error.js";

const NOT_INITIALIZED =
  "The sandbox is not initialized: call initialize() first, or use DaytonaSandbox.create(). After close() it is gone.";

/**
 * A Daytona sandbox as the backend of a deep agent.
 *
 * @example
 * ```typescript
 * await using sandbox = await DaytonaSandbox.create({ language: "python", timeout: 300 });
 * const agent = createDeepAgent({ model, backend: sandbox });
 * ```
 */
export class DaytonaSandbox extends BaseSandbox {
  readonly #options: DaytonaSandboxOptions;
  #id = `daytona-sandbox-${Date.now()}`;
  #backend: SandboxBackend | undefined;
  #credentials: DaytonaCredentials | undefined;
  #sdk: { sandbox: Sandbox; client: Daytona } | undefined;
  #initializing = false;
  #closing: Promise<void> | undefined;

  /**
   * Sends nothing; {@link DaytonaSandbox.initialize} creates the sandbox.
   * @param options What it shall be.
   */
  constructor(options: DaytonaSandboxOptions = {}) {
    super();
    this.#options = options;
  }

  /**
   * Creates a sandbox and initializes the object for it.
   * @param options What it shall be; all of them have defaults.
   * @example
   * ```typescript
   * const sandbox = await DaytonaSandbox.create({ language: "python", initialFiles: { "main.py": "print(1)" } });
   * ```
   * @throws {DaytonaSandboxError} as {@link DaytonaSandbox.initialize}.
   */
  static async create(options?: DaytonaSandboxOptions): Promise<DaytonaSandbox> {
    const sandbox = new DaytonaSandbox(options);
    await sandbox.initialize();
    return sandbox;
  }

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
  static async connect(idOrName: string, options: DaytonaConnectOptions = {}): Promise<DaytonaSandbox> {
    const sandbox = new DaytonaSandbox(options);
    const credentials = await resolveCredentials(options.auth, options.target);
    requireString("id", idOrName, "COMMAND_FAILED");
    const plain = plainOptions(options);
    sandbox.#hold(await settled(() => SandboxBackend.connect(credentials, idOrName, plain)), credentials);
    return sandbox;
  }

  /** The same as {@link DaytonaSandbox.connect}. */
  static fromId(id: string, options?: DaytonaConnectOptions): Promise<DaytonaSandbox> {
    return DaytonaSandbox.connect(id, options);
  }

  /** Finds an existing sandbox by its name; `id` is its real id. Otherwise as {@link DaytonaSandbox.connect}. */
  static fromName(name: string, options?: DaytonaConnectOptions): Promise<DaytonaSandbox> {
    return DaytonaSandbox.connect(name, options);
  }

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
  static async deleteAll(labels: Record<string, string>, options: Pick<DaytonaSandboxOptions, "auth" | "target"> = {}): Promise<number> {
    const credentials = await resolveCredentials(options.auth, options.target);
    const { deleted, failed } = await settled(() => SandboxBackend.deleteAll(credentials, labels));
    const [first] = failed;
    if (first === undefined) return deleted.length;
    const list = failed.map(({ id, message }) => `${id}: ${message}`).join("; ");
    const total = deleted.length + failed.length;
    throw new DaytonaSandboxError(
      `${failed.length} of ${total} sandboxes could not be deleted: ${list}`,
      first.code as DaytonaSandboxErrorCode,
    );
  }

  /** The sandbox's id; before it is initialized, one that stands for this object alone. */
  get id(): string {
    return this.#id;
  }

  /** Whether it was running when last seen. */
  get isRunning(): boolean {
    return this.#backend?.isRunning ?? false;
  }

  /** How a local sandbox is walled in: `namespaces`, `landlock` or `none`; undefined at the service. */
  get isolation(): string | undefined {
    return this.#backend?.isolation ?? undefined;
  }

  /**
   * The sandbox as the SDK has it, for everything that an agent does not need.
   * @example
   * ```typescript
   * await sandbox.sandbox.fs.createFolder("src", "755");
   * ```
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED`.
   */
  get sandbox(): Sandbox {
    return this.#fromSdk().sandbox;
  }

  /** Another name of {@link DaytonaSandbox.sandbox}. */
  get instance(): Sandbox {
    return this.#fromSdk().sandbox;
  }

  /**
   * The SDK's client with this sandbox's credentials.
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED`.
   */
  get client(): Daytona {
    return this.#fromSdk().client;
  }

  /**
   * Creates the sandbox and writes its initial files. Stands for `POST /sandbox` and `POST /files/bulk-upload`.
   * When any of it fails, the sandbox is deleted again, or its id is in the error.
   * @throws {DaytonaSandboxError} `ALREADY_INITIALIZED`, `AUTHENTICATION_FAILED`, `RESOURCE_LIMIT_EXCEEDED`,
   * `SANDBOX_CREATION_FAILED`; `FILE_OPERATION_FAILED` for the initial files.
   */
  async initialize(): Promise<void> {
    if (this.#backend !== undefined || this.#initializing) {
      throw new DaytonaSandboxError(
        "The sandbox is initialized already; make another DaytonaSandbox for another sandbox.",
        "ALREADY_INITIALIZED",
      );
    }
    this.#initializing = true;
    try {
      const { auth, signal, target } = this.#options;
      const plain = plainOptions(this.#options);
      const credentials = await resolveCredentials(auth, target);
      const backend = await settled(() => withSignal(signal, (token) => SandboxBackend.create(credentials, plain, token)));
      this.#hold(backend, credentials);
    } finally {
      this.#initializing = false;
    }
  }

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
  override async execute(command: string, options: DaytonaExecuteOptions = {}): Promise<ExecuteResponse> {
    const backend = this.#initialized();
    requireString("command", command, "COMMAND_FAILED");
    const { signal } = options;
    const plain = plainOptions(options);
    return await settled(() => withSignal(signal, (token) => backend.execute(command, plain, token)));
  }

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
  override async uploadFiles(files: Array<[string, Uint8Array]>): Promise<FileUploadResponse[]> {
    const backend = this.#initialized();
    const entries = toEntries(files);
    return await settled(() => backend.uploadFiles(entries));
  }

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
  override async downloadFiles(paths: string[]): Promise<FileDownloadResponse[]> {
    const backend = this.#initialized();
    const wanted = toPaths(paths);
    return await settled(() => backend.downloadFiles(wanted, constants.MAX_LENGTH));
  }

  /**
   * Starts a stopped sandbox and waits until it runs. Stands for `POST /sandbox/{id}/start`.
   * @param timeout Seconds that it may take; 0 for no limit.
   * @throws {DaytonaSandboxError} `SANDBOX_NOT_STARTED` when it does not start; `NOT_INITIALIZED`, `SANDBOX_NOT_FOUND`.
   */
  async start(timeout = 60): Promise<void> {
    const backend = this.#initialized();
    if (typeof timeout !== "number" || !(timeout >= 0)) {
      throw new DaytonaSandboxError(
        `start: timeout must be a number of seconds from 0 (no limit), not ${String(timeout)}.`,
        "SANDBOX_NOT_STARTED",
      );
    }
    await settled(() => backend.start(timeout));
  }

  /**
   * Stops the sandbox: everything in it ends, its files stay. Stands for `POST /sandbox/{id}/stop`.
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED`, `SANDBOX_NOT_FOUND`, `COMMAND_FAILED`, `COMMAND_TIMEOUT`.
   */
  async stop(): Promise<void> {
    const backend = this.#initialized();
    await settled(() => backend.stop());
  }

  /**
   * Deletes the sandbox with everything in it; closing again does nothing. Stands for `DELETE /sandbox/{id}`.
   * @throws {DaytonaSandboxError} `COMMAND_FAILED` or `COMMAND_TIMEOUT` when it could not be deleted; then `close()`
   * can be tried again.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#delete().finally(() => {
      this.#closing = undefined;
    });
    await this.#closing;
  }

  /** The same as {@link DaytonaSandbox.close}. */
  async kill(): Promise<void> {
    await this.close();
  }

  /** The same as {@link DaytonaSandbox.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * The folder in which commands start. Stands for `GET /work-dir`.
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED`, `SANDBOX_NOT_STARTED`, `SANDBOX_NOT_FOUND`, `COMMAND_FAILED`.
   */
  async getWorkDir(): Promise<string> {
    const backend = this.#initialized();
    return await settled(() => backend.workDir());
  }

  /** The home folder of the sandbox's user. Stands for `GET /user-home-dir`. Throws as {@link DaytonaSandbox.getWorkDir}. */
  async getUserHomeDir(): Promise<string> {
    const backend = this.#initialized();
    return await settled(() => backend.userHomeDir());
  }

  async #delete(): Promise<void> {
    const backend = this.#backend;
    if (backend === undefined) return;
    await settled(() => backend.delete());
    this.#backend = undefined;
    this.#sdk = undefined;
  }

  #hold(backend: SandboxBackend, credentials: DaytonaCredentials): void {
    this.#backend = backend;
    this.#credentials = credentials;
    this.#id = backend.id;
  }

  #initialized(): SandboxBackend {
    if (this.#backend === undefined) throw new DaytonaSandboxError(NOT_INITIALIZED, "NOT_INITIALIZED");
    return this.#backend;
  }

  #fromSdk(): { sandbox: Sandbox; client: Daytona } {
    const backend = this.#initialized();
    this.#sdk ??= { sandbox: backend.sandbox(), client: new Daytona(this.#credentials) };
    return this.#sdk;
  }
}

/** Key, address and region; of the local Daytona when that is the target and no address is given. */
async function resolveCredentials(auth: DaytonaAuth | undefined, target: string | undefined): Promise<DaytonaCredentials> {
  if ((target ?? process.env.DAYTONA_TARGET) === "local" && !auth?.apiUrl) {
    const { apiUrl, apiKey } = await settled(() => sharedLocalServer());
    return { apiUrl, apiKey, target: "local" };
  }
  try {
    return getAuthCredentials(auth, target);
  } catch (error) {
    const cause = error as Error;
    throw new DaytonaSandboxError(cause.message, "AUTHENTICATION_FAILED", cause);
  }
}

/**
 * Waits for a native call; its failure is thrown from here, so that the caller's frames are in the stack. What a failed
 * call has left behind, a sandbox or a command, is cleared away before the process may end.
 */
async function settled<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    void SandboxBackend.cleanupsSettled();
    throw toSandboxError(error);
  }
}

function toSandboxError(error: unknown): unknown {
  if (isNativeError(error)) {
    return new DaytonaSandboxError(error.message, (error.code ?? "COMMAND_FAILED") as DaytonaSandboxErrorCode, toDaytonaError(error));
  }
  if (error instanceof DaytonaError) return new DaytonaSandboxError(error.message, "SANDBOX_CREATION_FAILED", error);
  return error;
}
