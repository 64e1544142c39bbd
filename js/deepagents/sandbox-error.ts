import { SandboxError, type SandboxErrorCode } from "deepagents";

/** What went wrong with a sandbox. */
export type DaytonaSandboxErrorCode =
  | SandboxErrorCode
  | "AUTHENTICATION_FAILED"
  | "SANDBOX_CREATION_FAILED"
  | "SANDBOX_NOT_FOUND"
  | "SANDBOX_NOT_STARTED"
  | "RESOURCE_LIMIT_EXCEEDED";

const BRAND = Symbol.for("daytona.sandbox.error");

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
export class DaytonaSandboxError extends SandboxError {
  readonly [BRAND] = true;
  override readonly name = "DaytonaSandboxError";
  /** What went wrong, to act on. */
  declare readonly code: DaytonaSandboxErrorCode;
  /** The error of the call, when there was one. */
  declare readonly cause?: Error;

  /**
   * @param message What happened, to which sandbox, and what to do.
   * @param code What went wrong, to act on.
   * @param cause The error of the call.
   */
  constructor(message: string, code: DaytonaSandboxErrorCode, cause?: Error) {
    // Versions of deepagents differ in the codes that they know, not in what they do with them.
    super(message, code as SandboxErrorCode, cause);
    Object.defineProperty(this, "code", { value: code, enumerable: true, configurable: true });
    Object.defineProperty(this, "cause", { value: cause, enumerable: false, configurable: true });
    Object.setPrototypeOf(this, new.target.prototype);
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static override isInstance(error: unknown): error is DaytonaSandboxError {
    return typeof error === "object" && error !== null && (error as Record<symbol, unknown>)[BRAND] === true;
  }
}
