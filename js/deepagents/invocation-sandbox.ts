import process from "node:process";
import type { ExecuteResponse, FileDownloadResponse, FileUploadResponse } from "deepagents";
import type { DaytonaCallOptions, DaytonaExecuteOptions, DaytonaSandboxOptions } from "./options.js";
import { onInvocationEnd } from "./run-context.js";
import { DaytonaSandbox } from "./sandbox.js";
import { DaytonaSandboxError } from "./sandbox-error.js";

/** The sandbox of one invocation of an agent. It is created when a tool first uses it. */
class InvocationSandbox extends DaytonaSandbox {
  readonly #closed: AbortController;
  #isCreated = false;
  #creating: Promise<void> | undefined;

  constructor(options: DaytonaSandboxOptions, closed = new AbortController()) {
    const { signal } = options;
    super({ ...options, signal: signal ? AbortSignal.any([signal, closed.signal]) : closed.signal });
    this.#closed = closed;
  }

  override async execute(command: string, options?: DaytonaExecuteOptions | null): Promise<ExecuteResponse> {
    await this.#create();
    return await super.execute(command, options);
  }

  override async uploadFiles(files: Array<[string, Uint8Array]>, options?: DaytonaCallOptions | null): Promise<FileUploadResponse[]> {
    await this.#create();
    return await super.uploadFiles(files, options);
  }

  override async downloadFiles(paths: string[], options?: DaytonaCallOptions | null): Promise<FileDownloadResponse[]> {
    await this.#create();
    return await super.downloadFiles(paths, options);
  }

  override async close(): Promise<void> {
    if (!this.#closed.signal.aborted) this.#closed.abort(closedError());
    await super.close();
  }

  /** Creates the sandbox at the first call; the next one tries again if that fails. */
  async #create(): Promise<void> {
    if (this.#closed.signal.aborted) throw closedError();
    if (this.#isCreated) return;
    // The promise is not kept: it would keep the run that it was made in alive, and with it the invocation's signal.
    this.#creating ??= this.#initializeOnce().finally(() => {
      this.#creating = undefined;
    });
    await this.#creating;
  }

  async #initializeOnce(): Promise<void> {
    await this.initialize();
    this.#isCreated = true;
  }
}

function closedError(): DaytonaSandboxError {
  const message = "The sandbox of this invocation is closed: the invocation has ended, or the factory was closed.";
  return new DaytonaSandboxError(message, "NOT_INITIALIZED");
}

/** The sandboxes of all invocations that use a factory. */
export class InvocationSandboxes {
  readonly #options: DaytonaSandboxOptions;
  readonly #ofInvocation = new WeakMap<AbortSignal, InvocationSandbox>();
  readonly #open = new Set<InvocationSandbox>();

  /** @param options Options for the sandboxes. */
  constructor(options: DaytonaSandboxOptions) {
    this.#options = options;
  }

  /**
   * Returns the sandbox of an invocation, which is deleted when the invocation ends.
   * @param invocation Signal of the invocation.
   */
  of(invocation: AbortSignal): DaytonaSandbox {
    const known = this.#ofInvocation.get(invocation);
    if (known !== undefined) return known;
    const sandbox = new InvocationSandbox(this.#options);
    this.#ofInvocation.set(invocation, sandbox);
    this.#open.add(sandbox);
    onInvocationEnd(invocation, () => {
      this.#close(sandbox).catch((error: Error) => {
        process.emitWarning(
          `The sandbox ${sandbox.id} of an ended invocation could not be deleted. Call the factory's close() to try again. ${error.message}`,
          "DaytonaSandboxWarning",
        );
      });
    });
    return sandbox;
  }

  /** Deletes the sandboxes of all invocations, also of running ones. Rejects with the first failure. */
  async close(): Promise<void> {
    const results = await Promise.allSettled([...this.#open].map((sandbox) => this.#close(sandbox)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async #close(sandbox: InvocationSandbox): Promise<void> {
    await sandbox.close();
    this.#open.delete(sandbox);
  }
}
