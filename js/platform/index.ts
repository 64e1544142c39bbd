// Where the files of this machine's platform are: the addon and the program of the local server. Loads neither of them, so
// that `npx daytona-local` can use it.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { arch, platform, report } from "node:process";

const PROGRAM = platform === "win32" ? "daytona-local.exe" : "daytona-local";

/** The name of this machine's platform, as in the names of the packages and files for it: such as `linux-x64-gnu`. */
export function platformName(): string {
  return [platform, arch, abi()].filter((part) => part !== undefined).join("-");
}

/**
 * Returns the path of the program `daytona-local`: beside this file in a checkout, else in the package of this platform.
 * @throws If it is in neither place; the message says what to do.
 */
export function findLocalProgram(): string {
  const beside = path.join(__dirname, PROGRAM);
  if (existsSync(beside)) return beside;
  const platformPackage = `daytona-native-${platformName()}`;
  try {
    return createRequire(__filename).resolve(`${platformPackage}/${PROGRAM}`);
  } catch {
    throw new Error(
      `The program ${PROGRAM} is not installed: neither ${beside} nor the package ${platformPackage} is present. Install ` +
        "daytona-native on the machine that runs it, with its optional dependencies (not with --omit=optional). In a checkout, " +
        "build it with: npm run build:server",
    );
  }
}

/** The last part of a platform's name. */
function abi(): string | undefined {
  if (platform === "win32") return "msvc";
  if (platform !== "linux") return undefined;
  // Without this the report lists every network interface, which can wait for a name server.
  Object.assign(report, { excludeNetwork: true });
  const { header } = report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined ? "musl" : "gnu";
}
