import { inspectAsJson } from "#internal";
import type * as native from "#native";
import { complete } from "./complete.js";
import { describePart, type PartDescription } from "./parts.js";

/** Output of running code. */
export interface OutputMessage {
  /** The text: a line, or what was written at once. */
  output: string;
}

/** Options for running code. */
export interface RunCodeOptions extends native.RunCodeParams {
  /** Context to run the code in, from `createContext()`. Default: one that every sandbox has. */
  context?: Pick<native.InterpreterContext, "id"> | null | undefined;
  /** Receives standard output. If it returns a promise, no more output is read until the promise settles. */
  onStdout?: ((message: OutputMessage) => unknown) | null | undefined;
  /** Receives standard error, like `onStdout`. */
  onStderr?: ((message: OutputMessage) => unknown) | null | undefined;
  /** Receives the exception that the code ended with. */
  onError?: ((error: native.ExecutionError) => unknown) | null | undefined;
}

/** Python that keeps its variables, functions and modules between two runs. */
export class CodeInterpreter extends (complete.CodeInterpreter as typeof native.CodeInterpreter) {
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
  override async runCode(code: string, options?: RunCodeOptions | null): Promise<native.ExecutionResult> {
    const { onStdout, onStderr, onError, signal } = options ?? {};
    const params = nativeParams(options);
    if (!onStdout && !onStderr && !onError) return await super.runCode(code, params);
    const source = await this.openCode(code, params);
    const call = signal ? { signal } : {};
    const result: native.ExecutionResult = { stdout: "", stderr: "" };
    const listeners = new Listeners();
    try {
      for (let messages = await source.next(call); messages !== null; messages = await source.next(call)) {
        for (const { channel, text = "", error } of messages) {
          if (channel === "error") {
            if (error === undefined) continue;
            result.error = error;
            await listeners.call("onError", onError, error);
          } else {
            result[channel] += text;
            const [name, listener] = channel === "stdout" ? (["onStdout", onStdout] as const) : (["onStderr", onStderr] as const);
            await listeners.call(name, listener, { output: text });
          }
        }
      }
    } finally {
      await source.close();
    }
    return result;
  }

  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription> {
    return describePart(this);
  }
}

/** The options of the addon, which does not take null for an object. */
function nativeParams(options: RunCodeOptions | null | undefined): native.RunCodeParams | null | undefined {
  // The addon refuses what is not an object.
  if (typeof options !== "object" || options === null) return options;
  const { context, envs, timeout, signal } = options;
  return { context: context ?? undefined, envs: envs ?? undefined, timeout: timeout ?? undefined, signal };
}

/** Calls callbacks, of which one that throws must not keep others from the rest of the output. */
class Listeners {
  #hasWarned = false;

  async call<T>(name: string, listener: ((value: T) => unknown) | null | undefined, value: T): Promise<void> {
    try {
      await listener?.(value);
    } catch (error) {
      if (this.#hasWarned) return;
      this.#hasWarned = true;
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.emitWarning(`The callback ${name} of runCode threw. The code runs on, and its output is complete in the result.`, {
        type: "DaytonaCallbackWarning",
        detail,
      });
    }
  }
}

inspectAsJson(CodeInterpreter);
