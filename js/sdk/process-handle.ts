import type { Readable } from "node:stream";
import { DaytonaInvalidArgumentError, removeMissingSymbols, toBytes } from "#internal";
import type * as native from "#native";
import { streamModule } from "./streams.js";

/** Options of `start`. */
export interface ProcessStartOptions extends native.CallOptions {
  /** Working directory. Default: the sandbox's. */
  cwd?: string | undefined;
  /** Environment variables, in addition to the sandbox's. */
  env?: Record<string, string> | undefined;
}

/** How a program has ended. */
export interface ProcessResult {
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
export class ProcessHandle {
  readonly #process: native.StartedProcess;
  /** Id by which `process.attach` finds the program, from any process. */
  readonly id: string;
  /** Process id inside the sandbox. */
  readonly pid: number;
  /** Standard output, from its beginning. Destroying it discards the rest. */
  readonly stdout: Readable;
  /** Standard error, from its beginning. Destroying it discards the rest. */
  readonly stderr: Readable;
  #isDetached = false;

  /** @internal */
  constructor(process: native.StartedProcess) {
    this.#process = process;
    this.id = process.id;
    this.pid = process.pid;
    this.stdout = toOutput(process, false);
    this.stderr = toOutput(process, true);
  }

  /**
   * Sends input: `POST /process/session/{sessionId}/command/{commandId}/input`, once for 48 KiB.
   * @param data A string, or bytes.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @throws {DaytonaGoneError} The program has exited.
   * @throws {DaytonaInvalidArgumentError} The input is closed.
   */
  async write(data: string | Uint8Array, options?: native.CallOptions | null): Promise<void> {
    const bytes = typeof data === "string" ? Buffer.from(data) : toBytes(data);
    if (bytes === undefined) throw new DaytonaInvalidArgumentError("Could not write to a process: data must be a string or a Uint8Array.");
    await this.#process.write(bytes, options);
  }

  /**
   * Closes the input, so that the program reads its end. Has no effect when the program has exited.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   */
  async closeStdin(options?: native.CallOptions | null): Promise<void> {
    await this.#process.closeStdin(options);
  }

  /**
   * Sends a signal to the process group of the program: `POST /process/execute`. `SIGKILL` kills everything that the program
   * has started.
   * @param signal Name of the signal. Default: `SIGTERM`.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns Whether the program was running.
   * @throws {DaytonaInvalidArgumentError} There is no such signal.
   */
  async kill(signal: NodeJS.Signals = "SIGTERM", options?: native.CallOptions | null): Promise<boolean> {
    return await this.#process.kill(signal, options);
  }

  /**
   * Waits until the program has exited and its outputs are closed.
   * @param options Timeout in seconds (default none), after which the program keeps running, and a signal.
   * @returns The exit code.
   * @throws {DaytonaConnectionError} The connection broke; `attach` makes another one.
   * @throws {DaytonaTimeoutError} The timeout passed.
   */
  async wait(options?: native.CallOptions | null): Promise<ProcessResult> {
    return { exitCode: await this.#process.wait(options) };
  }

  /**
   * Closes the connections and leaves the program running. A pending `wait()` rejects. `process.attach` makes another handle of
   * the program.
   */
  async detach(): Promise<void> {
    this.#isDetached = true;
    this.stdout.destroy();
    this.stderr.destroy();
    await this.#process.detach();
  }

  /** Kills the program and everything it started, unless it has exited or `detach()` was called. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDetached) return;
    await this.#process.end();
    await this.detach();
  }

  /** Id and process id, for `JSON.stringify`. */
  toJSON(): Pick<ProcessHandle, "id" | "pid"> {
    return { id: this.id, pid: this.pid };
  }
}

removeMissingSymbols(ProcessHandle);

/** Returns a Node.js stream of an output, which is read as the stream is. */
function toOutput(process: native.StartedProcess, isStderr: boolean): Readable {
  const stream = new (streamModule().Readable)({
    read() {
      process.next(isStderr).then(
        (data) => this.push(data),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      process.close(isStderr).then(
        () => done(error),
        () => done(error),
      );
    },
  });
  return stream;
}
