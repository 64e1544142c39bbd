import { findLocalProgram, type InstallationError, unusableProgram } from "#platform";
import type { LocalServer } from "#native";
import { DaytonaServiceUnavailableError } from "./error-classes.js";
import { localServers } from "./wire-native.js";

/** The local server of this process, started at the first call; worker threads share it. */
export async function sharedLocalServer(signal?: AbortSignal | null): Promise<LocalServer> {
  return await withLocalProgram((program) => localServers.shared(program, { signal }));
}

/** Starts the program `daytona-local` by a function of its path. Explains why it cannot run. */
export async function withLocalProgram(start: (program: string) => Promise<LocalServer>): Promise<LocalServer> {
  const program = localProgram();
  try {
    return await start(program);
  } catch (error) {
    const failure = error instanceof DaytonaServiceUnavailableError ? unusableProgram(program, error.message) : undefined;
    throw failure === undefined ? error : unavailable(failure);
  }
}

function localProgram(): string {
  try {
    return findLocalProgram();
  } catch (error) {
    throw unavailable(error as InstallationError);
  }
}

function unavailable(failure: InstallationError): DaytonaServiceUnavailableError {
  return new DaytonaServiceUnavailableError(failure.message, { code: failure.code, cause: failure });
}
