#!/usr/bin/env node
// `npx daytona-local`: runs the local server's program with this terminal, and ends as it ends.
import { spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import { fileURLToPath } from "node:url";

const name = process.platform === "win32" ? "daytona-local.exe" : "daytona-local";

/** Beside the package's files in a checkout, else in the platform package that npm installed with it. */
function findProgram() {
  const beside = fileURLToPath(new URL(`../${name}`, import.meta.url));
  if (fs.existsSync(beside)) return beside;
  const platformPackage = ["daytona-native", process.platform, process.arch, abi()].filter(Boolean).join("-");
  try {
    return createRequire(import.meta.url).resolve(`${platformPackage}/${name}`);
  } catch {
    console.error(
      `daytona-local: no program for this machine: neither ${beside} nor the package ${platformPackage} is there. ` +
        "Install daytona-native with its optional dependencies, or build it in a checkout with: npm run build:server",
    );
    process.exit(1);
  }
}

/** The last part of a platform package's name. */
function abi() {
  if (process.platform === "win32") return "msvc";
  if (process.platform !== "linux") return null;
  // Without this the report lists every network interface, which can wait for a name server.
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime ? "gnu" : "musl";
}

// The program ends with its standard input, which this process holds: also when it is killed, nothing stays behind.
const child = spawn(findProgram(), ["--lifeline", ...process.argv.slice(2)], { stdio: ["pipe", "inherit", "inherit"] });
child.once("error", (error) => {
  console.error(`daytona-local: cannot run ${child.spawnfile}: ${error.message}`);
  process.exit(1);
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  // A terminal sends its signals to the server as well: being told twice does no harm, not at all would.
  process.on(signal, () => child.kill(signal));
}
child.once("exit", (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal]));
