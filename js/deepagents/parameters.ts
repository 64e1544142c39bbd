import { BYTES, toBytes } from "#internal";
import type { UploadEntry } from "#native";
import { DaytonaSandboxError, type DaytonaSandboxErrorCode } from "./sandbox-error.js";

/** Options that the facade uses and does not pass to the addon. */
const FACADE_OPTIONS = new Set(["auth", "onStderr", "onStdout", "signal"]);

/**
 * Returns options as JSON data, which the addon validates. A value that JSON cannot represent, such as `NaN` or a
 * function, becomes a string, so that it is rejected with its name rather than dropped.
 */
export function plainOptions(options: object | null | undefined, code: DaytonaSandboxErrorCode): Record<string, unknown> {
  if (options === undefined || options === null) return {};
  if (typeof options !== "object") throw new DaytonaSandboxError(`options must be an object, not ${describe(options)}.`, code);
  const entries = Object.entries(options).filter(([name, value]) => value !== undefined && !FACADE_OPTIONS.has(name));
  if (entries.length === 0) return {};
  const toData = (_: string, value: unknown) => {
    if (typeof value === "number" && !Number.isFinite(value)) return String(value);
    if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") return `a ${typeof value}`;
    return value;
  };
  try {
    return JSON.parse(JSON.stringify(Object.fromEntries(entries), toData)) as Record<string, unknown>;
  } catch (error) {
    // Its message may contain names of the caller's objects, such as the properties of a cycle, but no values.
    const names = entries.map(([name]) => name).join(", ");
    throw new DaytonaSandboxError(`options cannot be converted to JSON (${names}): ${String(error)}`, code, error as Error);
  }
}

/** Throws an error with this code if a value is not a string. */
export function requireString(name: string, value: unknown, code: DaytonaSandboxErrorCode): void {
  if (typeof value !== "string") throw new DaytonaSandboxError(`${name} must be a string, not ${describe(value)}.`, code);
}

/** Throws an error if a value is neither a function nor absent. */
export function requireListener(name: string, value: unknown): void {
  if (typeof value === "function" || value === undefined || value === null) return;
  throw new DaytonaSandboxError(`${name} must be a function, not ${describe(value)}.`, "COMMAND_FAILED");
}

/** Converts the argument of `uploadFiles`. Contents may be all that `Buffer.from` takes for bytes. */
export function toEntries(files: Array<[string, Uint8Array]>): UploadEntry[] {
  if (!Array.isArray(files)) fail("uploadFiles: files must be an array of [path, content] pairs", files);
  return files.map((file: unknown, index) => {
    if (!Array.isArray(file) || typeof file[0] !== "string") fail(`uploadFiles: file ${index} must be a [path, content] pair`, file);
    return { path: file[0], content: toContent(file[0], file[1]) };
  });
}

/** Validates the argument of `downloadFiles`. */
export function toPaths(paths: string[]): string[] {
  if (!Array.isArray(paths)) fail("downloadFiles: paths must be an array of paths", paths);
  paths.forEach((path, index) => {
    if (typeof path !== "string") fail(`downloadFiles: path ${index} must be a string`, path);
  });
  return paths;
}

function toContent(path: string, content: unknown): Uint8Array {
  try {
    return toBytes(content) ?? fail(`uploadFiles: the content of ${JSON.stringify(path)} must be ${BYTES}`, content);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new DaytonaSandboxError(
      `uploadFiles: the content of ${JSON.stringify(path)} was detached, for example by a transfer to a worker. Pass a copy of it.`,
      "FILE_OPERATION_FAILED",
      error,
    );
  }
}

function fail(message: string, value: unknown): never {
  throw new DaytonaSandboxError(`${message}, not ${describe(value)}.`, "FILE_OPERATION_FAILED");
}

/** Describes the type of a value without its content, which may be confidential. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  return ArrayBuffer.isView(value) ? `a ${value.constructor.name}` : `a value of type ${typeof value}`;
}
