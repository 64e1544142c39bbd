import process from "node:process";
import { constants } from "node:buffer";
import { BaseSandbox, type ExecuteResponse } from "deepagents";
import {
  DaytonaError,
  inspectAsJson,
  isNativeError,
  loadSdk,
  removeMissingSymbols,
  sandboxBackends,
  sharedLocalServer,
  toDaytonaError,
} from "#internal";
import type { SandboxBackend } from "#native";
import type { Daytona, Sandbox } from "#sdk";
import { type DaytonaAuth, type DaytonaCredentials, getAuthCredentials } from "./auth.js";
import { withListeners } from "./command-listeners.js";
import { plainOptions, requireListener, requireString, toEntries, toPaths } from "./parameters.js";
import type {
  DaytonaCallOptions,
  DaytonaConnectOptions,
  DaytonaDeleteAllOptions,
  DaytonaExecuteOptions,
  DaytonaFileDownloadResponse,
  DaytonaFileUploadResponse,
  DaytonaSandboxOptions,
} from "./options.js";
import { runSignal } from "./run-context.js";
import { DaytonaSandboxError, type DaytonaSandboxErrorCode } from "./sandbox-error.js";

const backends = sandboxBackends(toSandboxError);

const NOT_INITIALIZED =
  "The sandbox is not initialized. Call initialize() first, or use DaytonaSandbox.create(). close() deletes the sandbox.";

/**
 * Daytona sandbox as a backend of deepagents.
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
  #initializing?: Promise<void>;
  #closing: Promise<void> | undefined;

  /**
   * Sends no request; {@link DaytonaSandbox.initialize} creates the sandbox.
   * @param options Options for the new sandbox. All of them have defaults.
   */
  constructor(options?: DaytonaSandboxOptions | null) {
    super();
    this.#options = options ?? {};
  }

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
  static async create(options?: DaytonaSandboxOptions | null): Promise<DaytonaSandbox> {
    const sandbox = new DaytonaSandbox(options);
    await sandbox.initialize();
    return sandbox;
  }

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
  static async connect(idOrName: string, options?: DaytonaConnectOptions | null): Promise<DaytonaSandbox> {
    const sandbox = new DaytonaSandbox(options);
    const { auth, target, signal } = options ?? {};
    const credentials = await resolveCredentials(auth, target, signal);
    requireString("id", idOrName, "COMMAND_FAILED");
    const plain = plainOptions(options, "COMMAND_FAILED");
    sandbox.#setBackend(await backends.connect(credentials, idOrName, plain, { signal }), credentials);
    return sandbox;
  }

  /** Alias of {@link DaytonaSandbox.connect}. */
  static fromId(id: string, options?: DaytonaConnectOptions | null): Promise<DaytonaSandbox> {
    return DaytonaSandbox.connect(id, options);
  }

  /** Alias of {@link DaytonaSandbox.connect}. The `id` of the result is the id of the sandbox, not the name. */
  static fromName(name: string, options?: DaytonaConnectOptions | null): Promise<DaytonaSandbox> {
    return DaytonaSandbox.connect(name, options);
  }

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
  static async deleteAll(labels: Record<string, string>, options?: DaytonaDeleteAllOptions | null): Promise<number> {
    const { auth, signal, target, timeout } = options ?? {};
    const credentials = await resolveCredentials(auth, target, signal);
    const { deleted, failed } = await backends.deleteAll(credentials, labels, { timeout, signal });
    const [first] = failed;
    if (first === undefined) return deleted.length;
    const list = failed.map(({ id, message }) => `${id}: ${message}`).join("; ");
    const total = deleted.length + failed.length;
    throw new DaytonaSandboxError(
      `Could not delete ${failed.length} of ${total} sandboxes: ${list}`,
      first.code as DaytonaSandboxErrorCode,
    );
  }

  /** Id of the sandbox; a placeholder before `initialize()`. */
  get id(): string {
    return this.#id;
  }

  /** Whether the last known state is started. */
  get isRunning(): boolean {
    return this.#backend?.isRunning ?? false;
  }

  /** Isolation of a local sandbox: `namespaces`, `landlock` or `none`; undefined for sandboxes of the service. */
  get isolation(): Sandbox["isolation"] {
    return this.#backend?.isolation ?? undefined;
  }

  /** Id, last known state and isolation, for `JSON.stringify` and `console.log`. Without a sandbox, the state is undefined. */
  toJSON(): Pick<Sandbox, "id" | "isolation"> & Partial<Pick<Sandbox, "state">> {
    const { state, isolation } = this.#backend?.sandbox().data ?? {};
    return { id: this.#id, ...(state === undefined ? {} : { state }), ...(isolation === undefined ? {} : { isolation }) };
  }

  /**
   * The sandbox as an object of the SDK, for operations that are not part of this class.
   * @example
   * ```typescript
   * await sandbox.sandbox.fs.createFolder("src", "755");
   * ```
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED` before `initialize()` and after `close()`.
   */
  get sandbox(): Sandbox {
    return this.#sdkObjects().sandbox;
  }

  /** Alias of {@link DaytonaSandbox.sandbox}. */
  get instance(): Sandbox {
    return this.#sdkObjects().sandbox;
  }

  /**
   * The client of the SDK with the credentials of this sandbox.
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED` before `initialize()` and after `close()`.
   */
  get client(): Daytona {
    return this.#sdkObjects().client;
  }

  /**
   * Creates the sandbox and writes its initial files: `POST /sandbox` and `POST /files/bulk-upload`. If any of this fails,
   * the sandbox is deleted; if that fails too, the error contains its id.
   * @throws {DaytonaSandboxError} `ALREADY_INITIALIZED` if called twice; `AUTHENTICATION_FAILED` if the key is missing,
   * rejected or lacks a permission; `RESOURCE_LIMIT_EXCEEDED` if a quota is exceeded; `SANDBOX_CREATION_FAILED` if an
   * option is invalid or the sandbox does not start in time; `FILE_OPERATION_FAILED` if an initial file cannot be written.
   */
  async initialize(): Promise<void> {
    if (this.#backend !== undefined || this.#initializing !== undefined) {
      throw new DaytonaSandboxError(
        "The sandbox is already initialized. Use another DaytonaSandbox object for another sandbox.",
        "ALREADY_INITIALIZED",
      );
    }
    this.#initializing = this.#create().finally(() => {
      this.#initializing = undefined;
    });
    await this.#initializing;
  }

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
  override async execute(command: string, options?: DaytonaExecuteOptions | null): Promise<ExecuteResponse> {
    const backend = this.#requireBackend();
    requireString("command", command, "COMMAND_FAILED");
    const plain = plainOptions(options, "COMMAND_FAILED");
    const { onStdout, onStderr } = options ?? {};
    requireListener("onStdout", onStdout);
    requireListener("onStderr", onStderr);
    const signal = ofRun(options)?.signal ?? undefined;
    if (!onStdout && !onStderr) return await backend.execute(command, plain, { signal });
    const stream = await backend.openCommand({ signal });
    const run = stream.run(command, plain, { signal });
    return await withListeners(stream, run, { stdout: onStdout, stderr: onStderr }, signal);
  }

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
  override async uploadFiles(
    files: Array<[string, Uint8Array]>,
    options?: DaytonaCallOptions | null,
  ): Promise<DaytonaFileUploadResponse[]> {
    const backend = this.#requireBackend();
    const entries = toEntries(files);
    return await backend.uploadFiles(entries, ofRun(options));
  }

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
  override async downloadFiles(paths: string[], options?: DaytonaCallOptions | null): Promise<DaytonaFileDownloadResponse[]> {
    const backend = this.#requireBackend();
    const wanted = toPaths(paths);
    return await backend.downloadFiles(wanted, constants.MAX_LENGTH, ofRun(options));
  }

  /**
   * Starts a stopped sandbox and waits until it is started: `POST /sandbox/{id}/start`.
   * @param timeout Timeout in seconds; 0 for none.
   * @param options A signal.
   * @throws {DaytonaSandboxError} `SANDBOX_NOT_STARTED` if the sandbox does not start in time; `NOT_INITIALIZED`,
   * `SANDBOX_NOT_FOUND`, `AUTHENTICATION_FAILED`.
   */
  async start(timeout = 60, options?: DaytonaCallOptions | null): Promise<void> {
    const backend = this.#requireBackend();
    if (typeof timeout !== "number" || !(timeout >= 0)) {
      throw new DaytonaSandboxError(
        `Could not start the sandbox: timeout must be a non-negative number of seconds (0 for no timeout), not ${String(timeout)}.`,
        "SANDBOX_NOT_STARTED",
      );
    }
    await backend.start({ timeout, ...ofRun(options) });
  }

  /**
   * Stops the sandbox and waits until it is stopped: `POST /sandbox/{id}/stop`. Its processes are killed, its files kept.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED`, `SANDBOX_NOT_FOUND`, `AUTHENTICATION_FAILED`; `COMMAND_TIMEOUT` or
   * `COMMAND_FAILED` if the sandbox could not be stopped.
   */
  async stop(options?: DaytonaCallOptions | null): Promise<void> {
    const backend = this.#requireBackend();
    await backend.stop(options);
  }

  /**
   * Deletes the sandbox and everything in it: `DELETE /sandbox/{id}`. Has no effect without a sandbox;
   * waits for one that is being created, and deletes it.
   * @throws {DaytonaSandboxError} `AUTHENTICATION_FAILED`; `COMMAND_FAILED` or `COMMAND_TIMEOUT` if the sandbox could not
   * be deleted. Then `close()` can be called again.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#delete().finally(() => {
      this.#closing = undefined;
    });
    await this.#closing;
  }

  /** Alias of {@link DaytonaSandbox.close}. */
  async kill(): Promise<void> {
    await this.close();
  }

  /** Alias of {@link DaytonaSandbox.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Returns the default working directory of commands: `GET /work-dir`.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns An absolute path.
   * @throws {DaytonaSandboxError} `NOT_INITIALIZED`, `SANDBOX_NOT_STARTED`, `SANDBOX_NOT_FOUND`, `COMMAND_TIMEOUT`,
   * `COMMAND_FAILED`.
   */
  async getWorkDir(options?: DaytonaCallOptions | null): Promise<string> {
    const backend = this.#requireBackend();
    return await backend.workDir(ofRun(options));
  }

  /**
   * Returns the home folder of the sandbox's user: `GET /user-home-dir`.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns An absolute path.
   * @throws {DaytonaSandboxError} As {@link DaytonaSandbox.getWorkDir}.
   */
  async getUserHomeDir(options?: DaytonaCallOptions | null): Promise<string> {
    const backend = this.#requireBackend();
    return await backend.userHomeDir(ofRun(options));
  }

  async #create(): Promise<void> {
    const { auth, signal, target } = this.#options;
    const plain = plainOptions(this.#options, "SANDBOX_CREATION_FAILED");
    const credentials = await resolveCredentials(auth, target, signal);
    const backend = await backends.create(credentials, plain, { signal });
    this.#setBackend(backend, credentials);
  }

  async #delete(): Promise<void> {
    // Whoever initializes learns of its failure.
    await this.#initializing?.catch(() => undefined);
    const backend = this.#backend;
    if (backend === undefined) return;
    await backend.delete();
    this.#backend = undefined;
    this.#sdk = undefined;
  }

  #setBackend(backend: SandboxBackend, credentials: DaytonaCredentials): void {
    this.#backend = backend;
    this.#credentials = credentials;
    this.#id = backend.id;
  }

  #requireBackend(): SandboxBackend {
    if (this.#backend === undefined) throw new DaytonaSandboxError(NOT_INITIALIZED, "NOT_INITIALIZED");
    return this.#backend;
  }

  #sdkObjects(): { sandbox: Sandbox; client: Daytona } {
    const backend = this.#requireBackend();
    if (this.#sdk === undefined) {
      const sdk = loadSdk();
      // The addon returns its own class, of which the SDK's is a subclass.
      const sandbox = Object.setPrototypeOf(backend.sandbox(), sdk.Sandbox.prototype) as Sandbox;
      this.#sdk = { sandbox, client: new sdk.Daytona(this.#credentials) };
    }
    return this.#sdk;
  }
}

inspectAsJson(DaytonaSandbox);
removeMissingSymbols(DaytonaSandbox);

/** Returns key, URL and region: those of the local server if it is the target and no URL is given. */
async function resolveCredentials(
  auth: DaytonaAuth | undefined,
  target: string | undefined,
  signal: AbortSignal | null | undefined,
): Promise<DaytonaCredentials> {
  if ((target ?? process.env.DAYTONA_TARGET) === "local" && !auth?.apiUrl) {
    try {
      const { apiUrl, apiKey } = await sharedLocalServer(signal);
      return { apiUrl, apiKey, target: "local" };
    } catch (error) {
      throw error instanceof DaytonaError ? new DaytonaSandboxError(error.message, "SANDBOX_CREATION_FAILED", error) : error;
    }
  }
  try {
    return getAuthCredentials(auth, target);
  } catch (error) {
    const cause = error as Error;
    throw new DaytonaSandboxError(cause.message, "AUTHENTICATION_FAILED", cause);
  }
}

/** Returns the options of a call with the signal of the run of LangChain that it is part of, unless they have one. */
function ofRun(options: DaytonaCallOptions | null | undefined): DaytonaCallOptions | null | undefined {
  // Options that are not an object are rejected by the call.
  const isObject = typeof options === "object" || options === undefined;
  if (!isObject || options?.signal !== undefined) return options;
  const signal = runSignal();
  return signal === undefined ? options : { ...options, signal };
}

/** Public names of the backend's methods, where they differ. */
const NAMES: Record<string, string> = { workDir: "getWorkDir", userHomeDir: "getUserHomeDir" };
/** Codes of failures to which the addon gives none, such as those of arguments, by method. Others are `COMMAND_FAILED`. */
const CODES: Record<string, DaytonaSandboxErrorCode> = {
  create: "SANDBOX_CREATION_FAILED",
  uploadFiles: "FILE_OPERATION_FAILED",
  downloadFiles: "FILE_OPERATION_FAILED",
  start: "SANDBOX_NOT_STARTED",
};

function toSandboxError(error: unknown, method: string, argument?: string): unknown {
  const cause = toDaytonaError(error, NAMES[method] ?? method, argument);
  if (!(cause instanceof DaytonaError)) return cause;
  const code = isNativeError(error) ? (error.daytonaFailure.code as DaytonaSandboxErrorCode | undefined) : undefined;
  const failure = new DaytonaSandboxError(cause.message, code ?? CODES[method] ?? "COMMAND_FAILED", cause);
  return isNativeError(error) ? Object.assign(failure, error.daytonaFailure.command) : failure;
}
