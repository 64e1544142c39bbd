import { SandboxError, type SandboxErrorCode } from "deepagents";

/** Codes of {@link DaytonaSandboxError}. */
export type DaytonaSandboxErrorCode =
  | SandboxErrorCode
  | "AUTHENTICATION_FAILED"
  | "SANDBOX_CREATION_FAILED"
  | "SANDBOX_NOT_FOUND"
  | "SANDBOX_NOT_STARTED"
  | "RESOURCE_LIMIT_EXCEEDED";

const BRAND = Symbol.for("daytona.sandbox.error");

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
export class DaytonaSandboxError extends SandboxError {
  /** Identifies errors of every copy of this package. */
  readonly [BRAND] = true;
  /** Name of the class. */
  override readonly name = "DaytonaSandboxError";
  /** Kind of failure. */
  declare readonly code: DaytonaSandboxErrorCode;
  /** Error of the SDK, if there is one. */
  declare readonly cause?: Error;
  /** The command, if it exceeded its timeout. */
  declare readonly command?: string;
  /** Timeout of the command in seconds, if it exceeded it. */
  declare readonly timeout?: number;
  /** What the command had written when its timeout passed; undefined if the sandbox did not send it. */
  declare readonly output?: string;

  /**
   * @param message Description of the failure.
   * @param code Kind of failure.
   * @param cause Error that caused the failure.
   */
  constructor(message: string, code: DaytonaSandboxErrorCode, cause?: Error) {
    // Versions of deepagents declare different codes but handle all of them alike.
    super(message, code as SandboxErrorCode, cause);
    Object.defineProperty(this, "code", { value: code, enumerable: true, configurable: true });
    Object.defineProperty(this, "cause", { value: cause, enumerable: false, configurable: true });
    Object.setPrototypeOf(this, new.target.prototype);
  }

  /**
   * Returns whether a value is a `DaytonaSandboxError`, also of another copy or module format of this package.
   * @param error The value.
   */
  static override isInstance(error: unknown): error is DaytonaSandboxError {
    return typeof error === "object" && error !== null && (error as Record<symbol, unknown>)[BRAND] === true;
  }
}

// `instanceof` is true for errors of other copies of this package as well: of the other module format, or of a copy that a
// test runner loaded for another file or before a reset of its modules.
Object.defineProperty(DaytonaSandboxError, Symbol.hasInstance, {
  value(this: typeof DaytonaSandboxError, error: unknown): boolean {
    return this === DaytonaSandboxError ? DaytonaSandboxError.isInstance(error) : Function.prototype[Symbol.hasInstance].call(this, error);
  },
});
