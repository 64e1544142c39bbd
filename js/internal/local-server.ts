import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, platform } from "node:process";
import path from "node:path";
import type { LocalServer } from "#native";
import { DaytonaServiceUnavailableError } from "./error-classes.js";
import { localServers } from "./wire-native.js";

const PROGRAM = platform === "win32" ? "daytona-local.exe" : "daytona-local";

/** The path of the program `daytona-local`: beside this file in a checkout, else in the package of this platform. */
export function localProgram(): string {
  const beside = path.join(__dirname, PROGRAM);
  if (existsSync(beside)) return beside;
  const resolve = createRequire(__filename).resolve;
  for (const abi of ["-gnu", "-musl", ""]) {
    try {
      return resolve(`daytona-native-${platform}-${arch}${abi}/${PROGRAM}`);
    } catch {
      // Not the package of this machine; the next may be.
    }
  }
  throw new DaytonaServiceUnavailableError(
    `The program ${PROGRAM} is not installed: there is no package of daytona-native for ${platform}-${arch} with it. Reinstall daytona-native without --omit=optional.`,
  );
}

/** The local server of this process, started at the first call; worker threads share it. */
export async function sharedLocalServer(signal?: AbortSignal | null): Promise<LocalServer> {
  return await localServers.shared(localProgram(), { signal });
}
