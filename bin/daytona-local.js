#!/usr/bin/env node
// `npx daytona-local`: runs the local server's program with this terminal, and ends as it ends.
import { spawn } from "node:child_process";
import os from "node:os";
import { findLocalProgram, unusableProgram } from "#platform";

function findProgram() {
  try {
    return findLocalProgram();
  } catch (error) {
    console.error(`daytona-local: ${error.message}`);
    process.exit(1);
  }
}

// The program ends with its standard input, which this process holds: also when it is killed, nothing stays behind.
const child = spawn(findProgram(), ["--lifeline", ...process.argv.slice(2)], { stdio: ["pipe", "inherit", "inherit"] });
child.once("error", (error) => {
  const failure = unusableProgram(child.spawnfile, error.message);
  console.error(`daytona-local: ${failure?.message ?? `cannot run ${child.spawnfile}: ${error.message}`}`);
  process.exit(1);
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  // A terminal sends its signals to the server as well: being told twice does no harm, not at all would.
  process.on(signal, () => child.kill(signal));
}
child.once("exit", (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal]));
