import { findLocalProgram } from "#platform";
import type { LocalServer } from "#native";
import { DaytonaServiceUnavailableError } from "./error-classes.js";
import { localServers } from "./wire-native.js";

/** The path of the program `daytona-local`. */
export function localProgram(): string {
  try {
    return findLocalProgram();
  } catch (error) {
    throw new DaytonaServiceUnavailableError((error as Error).message);
  }
}

/** The local server of this process, started at the first call; worker threads share it. */
export async function sharedLocalServer(signal?: AbortSignal | null): Promise<LocalServer> {
  return await localServers.shared(localProgram(), { signal });
}
