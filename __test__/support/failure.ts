import { DaytonaSandboxError } from "daytona-native";

/** The error of a failed call. */
export type Failure = DaytonaSandboxError & { cause?: Error & { statusCode?: number; sandboxId?: string } };

/** Returns the error of a call that must fail with a `DaytonaSandboxError`. */
export async function failureOf(call: Promise<unknown> | (() => Promise<unknown>)): Promise<Failure> {
  const ended = await (typeof call === "function" ? call() : call).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("value" in ended) throw new Error(`expected a failure, got ${JSON.stringify(ended.value)}`);
  if (!DaytonaSandboxError.isInstance(ended.error)) throw ended.error;
  return ended.error as Failure;
}

/** Returns the error of a call; throws when it succeeds. */
export async function errorOf(call: Promise<unknown>): Promise<Error> {
  return await call.then(
    (value) => {
      throw new Error(`expected an error, got ${JSON.stringify(value)}`);
    },
    (error: Error) => error,
  );
}
