import { DaytonaSandboxError } from "daytona-native";
import { DaytonaError, DaytonaTimeoutError } from "daytona-native/sdk";
import { TrapError } from "./border.js";

/** How long a call of these tests may take before it counts as hanging. */
const HANGS_AFTER = 10_000;

/** What a call did. */
export type Outcome = { threw: unknown } | { resolved: unknown } | { rejected: unknown } | "hangs" | "no promise";

/** Makes a call, and returns what it did. */
export async function outcomeOf(call: () => unknown): Promise<Outcome> {
  let returned: unknown;
  try {
    returned = call();
  } catch (threw) {
    return { threw };
  }
  if (typeof (returned as Promise<unknown> | undefined)?.then !== "function") return "no promise";
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<Outcome>((resolve) => (timer = setTimeout(() => resolve("hangs"), HANGS_AFTER)));
  const settled = (returned as Promise<unknown>).then(
    (resolved): Outcome => ({ resolved }),
    (rejected: unknown): Outcome => ({ rejected }),
  );
  return Promise.race([settled, hangs]).finally(() => clearTimeout(timer));
}

/** Whether a value that was passed threw it itself, or a local file whose path was passed. */
export const isOwn = (error: unknown) =>
  error instanceof TrapError ||
  (error instanceof TypeError && error.message.includes("revoked")) ||
  (error as { code?: unknown } | undefined)?.code === "ENOENT";
export const isPublic = (error: unknown) => error instanceof DaytonaError || error instanceof DaytonaSandboxError;

export const isPublicRejection = (outcome: Outcome) => typeof outcome === "object" && "rejected" in outcome && isPublic(outcome.rejected);

export const isTimeout = (error: unknown) =>
  error instanceof DaytonaTimeoutError || (error instanceof DaytonaSandboxError && error.cause instanceof DaytonaTimeoutError);

/** What may come of wrong arguments: a result, a public error, or one of the arguments themselves. */
export const isAllowed = (outcome: Outcome) =>
  typeof outcome === "object" &&
  ("resolved" in outcome || ("rejected" in outcome && (isPublic(outcome.rejected) || isOwn(outcome.rejected))));

export function describeOutcome(outcome: Outcome): string {
  if (typeof outcome === "string") return outcome;
  const [[kind, value]] = Object.entries(outcome) as [[string, unknown]];
  return value instanceof Error ? `${kind} ${value.constructor.name}: ${value.message}` : kind;
}
