import type { FailureData } from "#native";
import { DaytonaError } from "./daytona-error.js";
import { CLASSES, DaytonaConnectionTimeoutError, DaytonaInvalidArgumentError, DaytonaTimeoutError } from "./error-classes.js";
import { toThisRealm } from "./realm.js";

// A connection that could not be made in time is a failed connection and a timeout.
Object.defineProperty(DaytonaTimeoutError, Symbol.hasInstance, {
  value(this: typeof DaytonaTimeoutError, error: unknown): boolean {
    const isInstance = Function.prototype[Symbol.hasInstance];
    return isInstance.call(this, error) || (this === DaytonaTimeoutError && isInstance.call(DaytonaConnectionTimeoutError, error));
  },
});

/** An error object of the addon for a failed call. */
interface NativeError extends Error {
  daytonaFailure: FailureData;
}

/** Whether the addon threw this for a failed call. Asks for no class: the addon's errors are of another realm in Jest. */
export function isNativeError(value: unknown): value is NativeError {
  return typeof value === "object" && value !== null && "daytonaFailure" in value;
}

/** Whether the addon threw this because the call was aborted. */
export function isAborted(value: unknown): boolean {
  return isNativeError(value) && value.daytonaFailure.kind === undefined;
}

/** The public error for what the addon threw in a method; what it did not make itself, such as an error of a getter, as it is. */
export function toDaytonaError(error: unknown, method: string, argument?: string): unknown {
  if (isNativeError(error)) return fromFailure(error);
  const { code, message, name } = (error ?? {}) as { code?: unknown; message?: unknown; name?: unknown };
  if (typeof message !== "string") return error;
  // The engine's own, such as that of listing the properties of undefined.
  if (name === "TypeError") return invalidArgument(method, `${argument ?? "an argument"} has the wrong type.`, error);
  if (typeof code !== "string") return error;
  if (code === "GenericFailure") return new DaytonaError(`Could not call ${method}: ${message}`);
  if (code !== "InvalidArg" && !(code in EXPECTED)) return error;
  return invalidArgument(method, describeArgument(code, message, argument));
}

function invalidArgument(method: string, reason: string, cause?: unknown): DaytonaInvalidArgumentError {
  return new DaytonaInvalidArgumentError(`Could not call ${method}: ${reason}`, { cause });
}

function fromFailure({ message, daytonaFailure: failure }: NativeError): DaytonaError {
  const Class = failure.kind === undefined ? DaytonaError : CLASSES[failure.kind];
  return new Class(message, {
    statusCode: failure.statusCode,
    code: failure.errorCode,
    source: failure.source,
    headers: toThisRealm(failure.headers),
    sandboxId: failure.sandboxId,
    retries: failure.retries,
    elapsedMs: failure.elapsedMs,
    cause: causes(failure.causes),
  });
}

/** The status codes of the addon for arguments of a wrong type. */
const EXPECTED: Record<string, string> = {
  ArrayBufferExpected: "a Uint8Array",
  ArrayExpected: "an array",
  BooleanExpected: "a boolean",
  FunctionExpected: "a function",
  NumberExpected: "a number",
  ObjectExpected: "an object",
  StringExpected: "a string",
};

/** Describes a wrong argument by its type, without its value, which may be confidential and which the addon's message contains. */
function describeArgument(code: string, message: string, argument = "an argument"): string {
  const [, missing] = /^Missing field `(\w+)`/.exec(message) ?? [];
  if (missing !== undefined) return `${missing} is required.`;
  // The innermost property is the first.
  const path = Array.from(message.matchAll(/ on \w+\.(\w+)/g), ([, property]) => property).toReversed();
  const property = path.length === 0 ? argument : path.join(".");
  const [range] = /^must be a whole number from -?\d+ to \d+, not [^ ]+/.exec(message) ?? [];
  if (message.startsWith("must be a valid Date")) return `${argument} must be a valid Date.`;
  if (range !== undefined) return `${property} ${range}.`;
  return code in EXPECTED ? `${property} must be ${EXPECTED[code]}.` : `${property} has the wrong type.`;
}

/** The chain of causes as errors, outermost first. */
function causes(messages: string[]): Error | undefined {
  return messages.reduceRight<Error | undefined>((cause, message) => new Error(message, cause && { cause }), undefined);
}
