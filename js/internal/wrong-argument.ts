// A file of its own in the package, with the table of parameters: loaded when an argument is wrong, not at every import.
import { types } from "node:util";
import { PARAMETERS, type Parameter } from "./parameters.js";

const CHECKS: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  Date: types.isDate,
  Uint8Array: types.isUint8Array,
  "Uint8Array | string": (value) => typeof value === "string" || types.isUint8Array(value),
  "Record<string, string>": (value) => typeof value === "object" && !Array.isArray(value),
  "Array<string>": (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
};

/**
 * Returns the name of the argument that the addon has refused: its own messages do not say it.
 * @param method Class and method.
 * @param given The arguments of the call.
 */
export function wrongArgument(method: string, given: readonly unknown[]): string | undefined {
  const parameters = PARAMETERS[method] ?? [];
  try {
    const wrong = parameters.find((parameter, index) => !fits(parameter, given[index]));
    // The type fits: a number is out of range.
    return (wrong ?? parameters.find((_, index) => typeof given[index] === "number"))?.[0];
  } catch {
    // A proxy that throws when it is looked at.
    return undefined;
  }
}

function fits([, type, optional]: Parameter, value: unknown): boolean {
  if (value === undefined || value === null) return optional;
  return CHECKS[type]?.(value) ?? typeof value === "object";
}
