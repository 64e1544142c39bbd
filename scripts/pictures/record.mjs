// Runs a program in a pseudo-terminal.
import { spawnSync } from "node:child_process";
import process from "node:process";

/**
 * Runs a command in a terminal of this width, without keys and settings of the person who runs it.
 * @returns {string} What it printed, with escape sequences.
 */
export function record(command, { cwd, columns }) {
  const secret = /^(DAYTONA_|ANTHROPIC_|NO_COLOR$|FORCE_COLOR$|NODE_OPTIONS$|CI$)/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !secret.test(name)));
  const args = ["--quiet", "--return", "--command", `stty cols ${columns} rows 50; exec ${command}`, "/dev/null"];
  const { status, stdout, error } = spawnSync("script", args, { cwd, env: { ...env, TERM: "xterm-256color" }, encoding: "utf8" });
  if (error) throw new Error(`cannot record: ${error.message}. Install the program "script" of util-linux`);
  if (status !== 0) throw new Error(`${command} failed with exit code ${status}:\n${stdout}`);
  return stdout.replaceAll("\r\n", "\n");
}
