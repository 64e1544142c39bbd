import * as native from "#native";
import { isNativeError, toDaytonaError } from "./errors.js";

type Method = (this: unknown, ...parameters: unknown[]) => unknown;

/**
 * Makes the failures of native classes the SDK's own: for every method that returns a promise, a rejection becomes
 * one of the error classes, thrown from an async function so that the caller's frames are in the stack.
 */
export function wireNative(): void {
  for (const Class of [native.Daytona, native.Sandbox, native.FileSystem, native.Process, native.LocalServer]) {
    wire(Class.prototype);
    wire(Class);
  }
}

function wire(target: object): void {
  for (const [name, { value, writable }] of Object.entries(Object.getOwnPropertyDescriptors(target))) {
    if (name === "constructor" || typeof value !== "function" || !writable) continue;
    Object.defineProperty(target, name, { value: translated(value as Method), writable: true, configurable: true });
  }
}

function translated(method: Method): Method {
  return function (this: unknown, ...parameters: unknown[]) {
    const result = method.apply(this, parameters);
    return result instanceof Promise ? rethrown(result) : result;
  };
}

async function rethrown<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw isNativeError(error) ? toDaytonaError(error) : error;
  }
}
