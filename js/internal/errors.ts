import type { FailureData } from "#native";
import { DaytonaError } from "./daytona-error.js";
import { CLASSES, DaytonaConnectionTimeoutError, DaytonaInvalidArgumentError, DaytonaTimeoutError } from "./error-classes.js";

// A connection that could not be made in time is a failed connection and a timeout.
Object.defineProperty(DaytonaTimeoutError, Symbol.hasInstance, {
  value(this: typeof DaytonaTimeoutError, error: unknown): boolean {
    const isInstance = Function.prototype[Symbol.hasInstance];
    return isInstance.call(this, error) || (this === DaytonaTimeoutError && isInstance.call(DaytonaConnectionTimeoutError, error));
  },
});

/** An error object of the addon for a failed call. */
export interface NativeError extends Error {
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

/** The public error that stands for one of the addon. */
export function toDaytonaError({ message, daytonaFailure: failure }: NativeError): DaytonaError {
  const Class = failure.kind === undefined ? DaytonaError : CLASSES[failure.kind];
  return new Class(message, {
    statusCode: failure.statusCode,
    code: failure.errorCode,
    source: failure.source,
    headers: failure.headers,
    sandboxId: failure.sandboxId,
    retries: failure.retries,
    elapsedMs: failure.elapsedMs,
    cause: causes(failure.causes),
  });
}

/** The public error for an argument that the addon could not convert. */
export function toArgumentError(error: unknown): unknown {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
  const isConversion = typeof code === "string" && /Expected$|^InvalidArg$/.test(code);
  return isConversion ? new DaytonaInvalidArgumentError(message ?? "an argument has the wrong type") : error;
}

/** The chain of causes as errors, outermost first. */
function causes(messages: string[]): Error | undefined {
  return messages.reduceRight<Error | undefined>((cause, message) => new Error(message, cause && { cause }), undefined);
}
