import { DaytonaSandboxError } from "daytona-native";

/** What a failed call tells a program. */
export type Failure = DaytonaSandboxError & { cause?: Error & { statusCode?: number; sandboxId?: string } };

/** The error that a call ends with; the test fails when it ends well, or with something else. */
export async function failureOf(call: Promise<unknown> | (() => Promise<unknown>)): Promise<Failure> {
  const ended = await (typeof call === "function" ? call() : call).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("value" in ended) throw new Error(`expected a failure, got ${JSON.stringify(ended.value)}`);
  if (!DaytonaSandboxError.isInstance(ended.error)) throw ended.error;
  return ended.error as Failure;
}
