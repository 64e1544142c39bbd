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

/**
 * Ours, with the messages of the original in place of those that contain them: this package says in addition what could not be
 * done, in which sandbox, and what to do.
 */
export function withoutAdditions(ours: unknown, original: unknown): unknown {
  if (Array.isArray(ours) && Array.isArray(original)) return ours.map((item, index) => withoutAdditions(item, original[index]));
  if (!isRecord(ours) || !isRecord(original)) return ours;
  return Object.fromEntries(
    Object.entries(ours).map(([key, item]) => {
      const theirs = original[key];
      const isAddition = key === "message" && "classes" in ours && typeof item === "string" && typeof theirs === "string";
      return [key, isAddition && theirs !== "" && item.includes(theirs) ? theirs : withoutAdditions(item, theirs)];
    }),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
