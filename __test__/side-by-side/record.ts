import { createHash } from "node:crypto";
import type { Area, Context } from "./case.js";
import { describeError } from "./case.js";

/** Runs a case and returns the result, without what depends on the run. */
export async function record(context: Context, run: Area["cases"][string]): Promise<unknown> {
  let result: unknown;
  try {
    result = await run(context);
  } catch (error) {
    result = { caseFailed: describeError(error) };
  }
  return comparable(result, context);
}

const RUN: [pattern: RegExp, replacement: string][] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>"],
  [/\b[0-9a-f]{40}\b/g, "<hash>"],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|[+-]\d\d:?\d\d))?( UTC)?/g, "<time>"],
];

/** Replaces what depends on the run: folders, ids, hashes, times and large contents. Other objects than plain ones have a `class`. */
function comparable(value: unknown, context: Context): unknown {
  if (typeof value === "string") {
    let text = value;
    for (const [name, part] of Object.entries({ folder: context.folder, local: context.localFolder, unique: context.unique })) {
      text = text.replaceAll(part, `<${name}>`).replaceAll(part.replace("/home/daytona/", ""), `<${name}>`);
    }
    for (const [pattern, replacement] of RUN) text = text.replace(pattern, replacement);
    return text.length < 4096 ? text : { length: text.length, sha256: sha256(text) };
  }
  if (typeof value === "function") return `function ${value.name}`;
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Uint8Array) return { class: value.constructor.name, bytes: value.length, sha256: sha256(value) };
  if (value instanceof Date) return "<date>";
  if (Array.isArray(value)) return value.map((item) => comparable(item, context));
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => [comparable(key, context), comparable(item, context)]);
  const prototype = Object.getPrototypeOf(value) as object | null;
  const isPlain = prototype === null || prototype === Object.prototype;
  return Object.fromEntries(isPlain ? entries : [["class", prototype.constructor.name], ...entries]);
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** A value of the original, and the one of this package in the same place. */
export type Pair = [original: string, ours: string];

/** Where two results differ, each pair of different values once. */
export function differing(original: unknown, ours: unknown): Pair[] {
  const pairs = new Map<string, Pair>();
  const compare = (theirs: unknown, result: unknown): void => {
    if (isError(theirs) && isError(result) && isSameError(theirs, result)) return;
    const areLists = Array.isArray(theirs) && Array.isArray(result);
    if (areLists || (isRecord(theirs) && isRecord(result) && !isError(theirs) && !isError(result))) {
      const [a, b] = [theirs, result] as Record<string, unknown>[];
      for (const key of new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])) compare(a?.[key], b?.[key]);
      return;
    }
    const pair: Pair = [summary(theirs), summary(result)];
    if (pair[0] !== pair[1]) pairs.set(pair.join("\n"), pair);
  };
  compare(original, ours);
  return [...pairs.values()];
}

/**
 * Whether two errors are the same for a program. This package says in addition what could not be done, in which sandbox, and
 * what to do; what an SDK says without having asked the service, it says in its own words.
 */
function isSameError(original: ErrorRecord, ours: ErrorRecord): boolean {
  const kind = ({ classes, statusCode, code, source }: ErrorRecord) => JSON.stringify([classes, statusCode, code, source]);
  const isOfService = original.statusCode !== undefined;
  return (
    kind(original) === kind(ours) && (ours.message.includes(original.message) || (!isOfService && original.message !== "[object Object]"))
  );
}

/** A value in one line, an error by its class, its codes and its message without what this package says in addition. */
function summary(value: unknown): string {
  if (!isError(value)) return value === undefined ? "undefined" : JSON.stringify(value);
  const { name, statusCode, code, message } = value;
  const cause = message.replace(/^Could not .*? \(sandbox <uuid>\): |^Could not [^:]*: /, "");
  return `${[name ?? value.classes[0], statusCode, code].filter((part) => part !== undefined).join(" ")}: ${cause}`;
}

/** An error, as `describeError` describes it. */
interface ErrorRecord {
  classes: string[];
  name?: string;
  message: string;
  statusCode?: number;
  code?: string;
  source?: string;
}

function isError(value: unknown): value is ErrorRecord {
  return isRecord(value) && Array.isArray(value.classes) && typeof value.message === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
