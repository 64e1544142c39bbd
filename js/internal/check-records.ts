import { RECORDS } from "./records.js";

/**
 * Refuses arguments of a method that the addon would take for what they are not: of a string or an array, it takes the
 * characters or items for properties. Throws as the addon does.
 * @param method Class and method.
 * @param given The arguments of the call.
 */
export function checkRecords(method: string, given: readonly unknown[]): void {
  const isRecord = (index: number) => typeof given[index] !== "string" && !Array.isArray(given[index]);
  if (RECORDS[method]?.every(isRecord) ?? true) return;
  throw Object.assign(new TypeError("expected an object"), { name: "Error", code: "ObjectExpected" });
}
