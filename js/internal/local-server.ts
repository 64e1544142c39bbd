import process from "node:process";
import type { LocalServer } from "#native";
import type { InstallationError } from "#platform";
import { platform } from "./addon.js";
import { DaytonaServiceUnavailableError } from "./error-classes.js";
import { localServers } from "./wire-native.js";

const NO_KEY =
  "Could not use the local server of DAYTONA_LOCAL_API_URL: there is no key. Set DAYTONA_LOCAL_API_KEY to its API key, or remove " +
  "DAYTONA_LOCAL_API_URL to start a local server.";

/**
 * The local server for the target `local`: the one that `DAYTONA_LOCAL_API_URL` names, such as that of a test run, else that
 * of this process, which is started at the first call; worker threads share it.
 */
export async function sharedLocalServer(signal?: AbortSignal | null): Promise<Pick<LocalServer, "apiUrl" | "apiKey">> {
  const { DAYTONA_LOCAL_API_URL: apiUrl, DAYTONA_LOCAL_API_KEY: apiKey } = process.env;
  if (apiUrl && apiKey) return { apiUrl, apiKey };
  if (apiUrl) throw new DaytonaServiceUnavailableError(NO_KEY);
  return await withLocalProgram((program) => localServers.shared(program, { signal }));
}

/** Starts the program `daytona-local` by a function of its path. Explains why it cannot run. */
export async function withLocalProgram(start: (program: string) => Promise<LocalServer>): Promise<LocalServer> {
  const program = localProgram();
  try {
    const server = await start(program);
    if (server.isolation !== "namespaces") warn(server.isolation);
    return server;
  } catch (error) {
    const failure = error instanceof DaytonaServiceUnavailableError ? platform().unusableProgram(program, error.message) : undefined;
    throw failure === undefined ? error : unavailable(failure);
  }
}

/** Isolations that were warned about. */
const warned = new Set<string>();

/** Warns once about an isolation that lets programs in sandboxes act as the user of this process. */
function warn(isolation: string): void {
  if (warned.has(isolation)) return;
  warned.add(isolation);
  process.emitWarning(
    `the local server isolates its sandboxes with "${isolation}": programs in them share the network and the processes of this ` +
      "machine, and have rights of the user who runs it. Do not run code that you do not trust.",
    { type: "DaytonaLocalWarning", code: "DAYTONA_LOCAL_ISOLATION" },
  );
}

function localProgram(): string {
  try {
    return platform().findLocalProgram();
  } catch (error) {
    throw unavailable(error as InstallationError);
  }
}

function unavailable(failure: InstallationError): DaytonaServiceUnavailableError {
  return new DaytonaServiceUnavailableError(failure.message, { code: failure.code, cause: failure });
}
