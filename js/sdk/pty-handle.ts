import {
  BYTES,
  DaytonaConnectionError,
  DaytonaInvalidArgumentError,
  inspectAsJson,
  removeMissingSymbols,
  toBytes,
  signalOf,
} from "#internal";
import type * as native from "#native";
import { PtyOutput } from "./pty-output.js";

/** Options for a new terminal. */
export interface PtyCreateOptions {
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
export interface PtyConnectOptions {
  /**
   * Receives the output in order. If it returns a promise, no more output is read until the promise resolves. If it throws,
   * it still receives the rest, and `wait()` rejects with the first error.
   */
  onData: (data: Uint8Array) => unknown;
}

/** How the shell of a terminal exited. */
export interface PtyResult {
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
export class PtyHandle {
  /** Id of the terminal. */
  readonly sessionId: string;
  readonly #terminals: Terminals;
  readonly #connection: native.PtyConnection;
  readonly #listener: Listener | undefined;
  readonly #output: PtyOutput;
  readonly #finished: Promise<void>;
  #result: PtyResult = {};
  #isConnected = true;
  #isWaitedFor = false;
  /** What the listener threw first. */
  #failure: { error: unknown } | undefined;

  /** @internal */
  constructor(terminals: Terminals, sessionId: string, connection: native.PtyConnection, listener?: Listener) {
    this.#terminals = terminals;
    this.sessionId = sessionId;
    this.#connection = connection;
    this.#listener = listener;
    this.#output = new PtyOutput(listener !== undefined);
    this.#finished = this.#read();
    this.#finished.catch((error: unknown) => {
      // Nobody may wait for a terminal whose connection is lost. But an error of the program's own is never lost.
      if (this.#failure !== undefined && !this.#isWaitedFor) void Promise.reject(error);
    });
  }

  /** Exit code of the shell, once it has exited; -1 when it was killed by a signal. */
  get exitCode(): number | undefined {
    return this.#result.exitCode;
  }

  /** Why the exit code is not 0, or why the connection ended before the shell exited. */
  get error(): string | undefined {
    return this.#result.error;
  }

  /** Whether the terminal is connected: input can be sent. */
  isConnected(): boolean {
    return this.#isConnected;
  }

  /**
   * Waits until the terminal is connected, which it is when `createPty` or `connectPty` has resolved.
   * @param options A signal.
   */
  async waitForConnection(options?: native.CallOptions | null): Promise<void> {
    signalOf([options])?.throwIfAborted();
  }

  /**
   * Types input. Inputs are sent in the order of the calls. Resolves when the connection has taken it.
   * @param data The input; a newline is the return key, `"\x03"` is Ctrl+C.
   * @param options Timeout in seconds (default none) and a signal.
   * @throws {DaytonaConnectionError} The terminal is not connected: its shell has exited, or the connection is closed or lost.
   */
  async sendInput(data: string | Uint8Array, options?: native.CallOptions | null): Promise<void> {
    const bytes = toBytes(data);
    if (bytes === undefined) throw new DaytonaInvalidArgumentError(`Could not send input to the terminal: it must be ${BYTES}.`);
    if (!this.#isConnected) {
      const id = JSON.stringify(this.sessionId);
      throw new DaytonaConnectionError(
        this.exitCode === undefined
          ? `Could not send input: terminal ${id} is not connected. Connect to it again with connectPty.`
          : `Could not send input: the shell of terminal ${id} has exited with code ${this.exitCode}. Create a new terminal.`,
      );
    }
    await this.#connection.send(bytes, options);
  }

  /**
   * Changes the size of the terminal, which its programs notice: `POST /process/pty/{sessionId}/resize`.
   * @param cols Number of columns, 1 to 1000.
   * @param rows Number of rows, 1 to 1000.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns The terminal with its new size.
   * @throws {DaytonaGoneError} The shell has exited.
   */
  async resize(cols: number, rows: number, options?: native.CallOptions | null): Promise<native.PtySessionInfo> {
    return await this.#terminals.resizePtySession(this.sessionId, cols, rows, options);
  }

  /**
   * Waits until the shell has exited and all output is delivered.
   * @param options Timeout in seconds (default none) and a signal; neither ends the connection.
   * @returns How the shell exited; without an exit code when the handle was disconnected.
   * @throws {DaytonaConnectionError} The connection was lost before; the message contains the number of bytes received.
   * @throws The first error of the listener.
   */
  async wait(options?: native.CallOptions | null): Promise<PtyResult> {
    this.#isWaitedFor = true;
    this.#output.drop();
    await this.#connection.ended(options);
    await this.#finished;
    return { ...this.#result };
  }

  /**
   * Kills everything that runs in the terminal, and deletes it: `DELETE /process/pty/{sessionId}`.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @throws {DaytonaNotFoundError} The shell has exited.
   */
  async kill(options?: native.CallOptions | null): Promise<void> {
    await this.#terminals.killPtySession(this.sessionId, options);
  }

  /**
   * Closes the connection. The terminal remains: `connectPty` connects to it again.
   * @param options Timeout in seconds (default none) and a signal.
   */
  async disconnect(options?: native.CallOptions | null): Promise<void> {
    await this.#connection.close(options);
    this.#isConnected = false;
  }

  /** Iterates over the output. Another loop goes on where one was left. */
  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#output[Symbol.asyncIterator]();
  }

  /** Closes the connection, for `await using`. The terminal remains. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }

  /** Id and state, for `JSON.stringify` and `console.log`. */
  toJSON(): PtyResult & { sessionId: string; isConnected: boolean } {
    return { sessionId: this.sessionId, isConnected: this.#isConnected, ...this.#result };
  }

  /** Delivers the output until it ends. */
  async #read(): Promise<void> {
    try {
      for (let event = await this.#connection.next(); event !== null; event = await this.#connection.next()) {
        if (event.data !== undefined) {
          await this.#deliver(event.data);
          continue;
        }
        const { exitCode, error } = event;
        this.#result = { ...(exitCode === undefined ? {} : { exitCode }), ...(error === undefined ? {} : { error }) };
        break;
      }
      this.#isConnected = false;
      this.#output.end({});
    } catch (error) {
      this.#isConnected = false;
      this.#result = { error: (error as Error).message };
      this.#output.end({ error });
      throw error;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #deliver(data: Uint8Array): Promise<void> {
    try {
      await this.#listener?.(data);
    } catch (error) {
      this.#failure ??= { error };
    }
    await this.#output.push(data);
  }
}

inspectAsJson(PtyHandle);
removeMissingSymbols(PtyHandle);

/** Checks a listener for output. */
export function toListener(onData: unknown, method: string): Listener | undefined {
  if (onData === undefined || onData === null) return undefined;
  if (typeof onData === "function") return onData as Listener;
  throw new DaytonaInvalidArgumentError(`Could not call ${method}: onData must be a function.`);
}
