import type { UploadEntry } from "#native";
import { DaytonaSandboxError, type DaytonaSandboxErrorCode } from "./sandbox-error.js";

/** Options that are used here and not handed to the addon. */
const USED_HERE = new Set(["auth", "signal"]);

/**
 * Options as plain data, for the addon to check. What has no place in data, such as `NaN` or a function, becomes a
 * text, so that it is refused by name rather than dropped.
 */
export function plainOptions(options: object): Record<string, unknown> {
  const entries = Object.entries(options).filter(([name, value]) => value !== undefined && !USED_HERE.has(name));
  if (entries.length === 0) return {};
  const describe = (_: string, value: unknown) => {
    if (typeof value === "number" && !Number.isFinite(value)) return String(value);
    if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") return `a ${typeof value}`;
    return value;
  };
  return JSON.parse(JSON.stringify(Object.fromEntries(entries), describe)) as Record<string, unknown>;
}

/** Refuses what is no string. */
export function requireString(name: string, value: unknown, code: DaytonaSandboxErrorCode): void {
  if (typeof value !== "string") throw new DaytonaSandboxError(`${name} must be a string, not ${describe(value)}.`, code);
}

/** The files of `uploadFiles`; also strings and array buffers are taken as content. */
export function toEntries(files: Array<[string, Uint8Array]>): UploadEntry[] {
  if (!Array.isArray(files)) refuse("uploadFiles takes an array of [path, content] pairs", files);
  return files.map((file: unknown, index) => {
    if (!Array.isArray(file) || typeof file[0] !== "string") refuse(`uploadFiles: file ${index} must be a [path, content] pair`, file);
    return { path: file[0], content: toBytes(file[1], index) };
  });
}

/** The paths of `downloadFiles`. */
export function toPaths(paths: string[]): string[] {
  if (!Array.isArray(paths)) refuse("downloadFiles takes an array of paths", paths);
  paths.forEach((path, index) => {
    if (typeof path !== "string") refuse(`downloadFiles: path ${index} must be a string`, path);
  });
  return paths;
}

function toBytes(content: unknown, index: number): Uint8Array {
  if (content instanceof Uint8Array) return content;
  if (typeof content === "string") return Buffer.from(content);
  if (content instanceof ArrayBuffer) return new Uint8Array(content);
  return refuse(`uploadFiles: the content of file ${index} must be a Uint8Array`, content);
}

function refuse(message: string, value: unknown): never {
  throw new DaytonaSandboxError(`${message}, not ${describe(value)}.`, "FILE_OPERATION_FAILED");
}

/** What a value is, without showing it: it may be somebody's file. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}
