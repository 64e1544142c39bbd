import { inspectAsJson } from "#internal";
import type * as native from "#native";
import { complete } from "./complete.js";
import type { Chart } from "./charts.js";
import { describePart, type PartDescription } from "./parts.js";
import { ProcessHandle, type ProcessStartOptions } from "./process-handle.js";
import { type PtyConnectOptions, type PtyCreateOptions, PtyHandle, toListener } from "./pty-handle.js";
import { toCallbacks } from "./streams.js";

/** Options for running code. */
export class CodeRunParams implements native.CodeRunParams {
  /** Arguments of the program. */
  argv?: string[] | undefined;
  /** Environment variables, in addition to the sandbox's. */
  env?: Record<string, string> | undefined;
}

/** What a command or code has produced. */
export interface ExecutionArtifacts {
  /** The output, the same as `result`. */
  stdout: string;
  /** Charts that the code has shown with matplotlib, in order; absent for commands. */
  charts?: Chart[];
}

/** The result of a command or of code. */
export interface ExecuteResponse extends Omit<native.ExecuteResponse, "artifacts"> {
  /** The output once more, and charts. */
  artifacts: ExecutionArtifacts;
}

/** Receives output in order. If it returns a promise, no more output is read until the promise resolves. */
export type OutputCallback = (chunk: string) => unknown;

/** Commands, code and sessions of a sandbox. */
export class Process extends (complete.Process as typeof native.Process) {
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
  override async executeCommand(
    command: string,
    cwd?: string | null,
    envs?: Record<string, string> | null,
    timeout?: number | null,
    options?: native.CallOptions | null,
  ): Promise<ExecuteResponse> {
    const response = await super.executeCommand(command, cwd, envs, timeout, options);
    return { ...response, artifacts: { stdout: response.result } };
  }

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
  override async codeRun(
    code: string,
    params?: native.CodeRunParams | null,
    timeout?: number | null,
    options?: native.CallOptions | null,
  ): Promise<ExecuteResponse> {
    const response = await super.codeRun(code, params, timeout, options);
    return { ...response, artifacts: { stdout: response.result, charts: response.artifacts?.charts ?? [] } };
  }

  /**
   * Returns the log of a command so far: `GET /process/session/{sessionId}/command/{commandId}/logs`.
   * @param sessionId Id of the session.
   * @param commandId Id of the command.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns The log.
   * @throws {DaytonaNotFoundError} The session or the command does not exist.
   */
  override getSessionCommandLogs(
    sessionId: string,
    commandId: string,
    options?: native.CallOptions | null,
  ): Promise<native.SessionCommandLogsResponse>;
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
  override getSessionCommandLogs(
    sessionId: string,
    commandId: string,
    onStdout: OutputCallback,
    onStderr: OutputCallback,
    options?: native.CallOptions | null,
  ): Promise<void>;
  override async getSessionCommandLogs(
    sessionId: string,
    commandId: string,
    ...rest:
      | [options?: native.CallOptions | null]
      | [onStdout: OutputCallback, onStderr: OutputCallback, options?: native.CallOptions | null]
  ): Promise<unknown> {
    const [onStdout, onStderr, options] = rest;
    if (typeof onStdout !== "function") return await super.getSessionCommandLogs(sessionId, commandId, onStdout);
    const source = await this.openSessionCommandLogs(sessionId, commandId, options);
    return await toCallbacks(source, onStdout, onStderr as OutputCallback, options?.signal ?? undefined);
  }

  /**
   * Returns the log of the entrypoint so far: `GET /process/session/entrypoint/logs`.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns The log.
   * @throws {DaytonaNotFoundError} The sandbox has no entrypoint.
   */
  override getEntrypointLogs(options?: native.CallOptions | null): Promise<native.SessionCommandLogsResponse>;
  /**
   * Follows the log of the entrypoint from its beginning: `GET /process/session/entrypoint/logs` over a WebSocket.
   * @param onStdout Receives standard output.
   * @param onStderr Receives standard error.
   * @param options Timeout of the whole stream in seconds (default none) and a signal.
   * @throws {DaytonaConnectionError} The connection broke before the end; the message contains the number of bytes received.
   * @throws {DaytonaNotFoundError} The sandbox has no entrypoint.
   * @throws The error of a callback.
   */
  override getEntrypointLogs(onStdout: OutputCallback, onStderr: OutputCallback, options?: native.CallOptions | null): Promise<void>;
  override async getEntrypointLogs(
    ...rest:
      | [options?: native.CallOptions | null]
      | [onStdout: OutputCallback, onStderr: OutputCallback, options?: native.CallOptions | null]
  ): Promise<unknown> {
    const [onStdout, onStderr, options] = rest;
    if (typeof onStdout !== "function") return await super.getEntrypointLogs(onStdout);
    const source = await this.openEntrypointLogs(options);
    return await toCallbacks(source, onStdout, onStderr as OutputCallback, options?.signal ?? undefined);
  }

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
  async start(command: string, options?: ProcessStartOptions | null): Promise<ProcessHandle> {
    const { cwd, env, ...callOptions } = options ?? {};
    return new ProcessHandle(await this.openProcess(command, cwd, env, callOptions));
  }

  /**
   * Returns another handle of a program that `start` has started, in this process or another one:
   * `GET /process/session/{sessionId}`, and its logs over a WebSocket. Its streams begin at the beginning of the output.
   * @param id The handle's id.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns The handle.
   * @throws {DaytonaProcessNotFoundError} There is no such program, or a handle has read its output to its end.
   */
  async attach(id: string, options?: native.CallOptions | null): Promise<ProcessHandle> {
    return new ProcessHandle(await this.openAttached(id, options));
  }

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
  async createPty(options: PtyCreateOptions & Partial<PtyConnectOptions>, callOptions?: native.CallOptions | null): Promise<PtyHandle> {
    const { onData, ...params } = options ?? ({} as typeof options);
    const listener = toListener(onData, "createPty");
    const connection = await this.openNewPty(params, callOptions);
    return new PtyHandle(this, params.id, connection, listener);
  }

  /**
   * Connects to a terminal that exists, for example after its connection was lost: `GET /process/pty/{sessionId}/connect`
   * over a WebSocket. Its earlier output is not repeated.
   * @param sessionId Id of the terminal.
   * @param options A listener for the output.
   * @param callOptions Timeout of the connection in seconds (default 10, 0 for none) and a signal for it.
   * @returns A handle of the terminal, which is connected.
   * @throws {DaytonaConnectionError} The terminal does not exist, or its shell has exited.
   */
  async connectPty(
    sessionId: string,
    options?: Partial<PtyConnectOptions> | null,
    callOptions?: native.CallOptions | null,
  ): Promise<PtyHandle> {
    const listener = toListener(options?.onData, "connectPty");
    const connection = await this.openPty(sessionId, callOptions);
    return new PtyHandle(this, sessionId, connection, listener);
  }

  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription> {
    return describePart(this);
  }
}

inspectAsJson(Process);
