import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { cleanEnv } from "../support/run-program.js";
import { MODES, type Mode } from "./mode.js";

// The server's program, started as the user of a mode.

/** An account without a name, which owns nothing but what a test gives it. */
export const USER = 54_321;
export const isRoot = process.getuid?.() === 0;

export interface Options {
  /** Folder for the server's files, which its user can write to. */
  temp: string;
  args?: string[];
  /** Supplementary groups of the server's user. */
  groups?: number[];
  env?: Record<string, string>;
}

export interface Running {
  pid: number;
  apiUrl: string;
  apiKey: string;
  temp: string;
  /** Whether its sandboxes have networks of their own. */
  isolatedNetwork: boolean;
  /** Ends it with a signal; resolves with the seconds that it took. */
  end(signal?: NodeJS.Signals): Promise<number>;
}

function asUser(mode: Mode): boolean {
  return isRoot && !MODES[mode].asRoot;
}

/** Gives a file to the user of a mode. */
export function give(mode: Mode, file: string): void {
  if (asUser(mode)) fs.lchownSync(file, USER, USER);
}

/** Returns a command line that runs another one as the user of a mode. */
export function commandAs(mode: Mode, command: string[], groups: number[] = []): string[] {
  if (!asUser(mode)) return command;
  const membership = groups.length === 0 ? ["--clear-groups"] : ["--groups", groups.join(",")];
  return ["setpriv", "--reuid", `${USER}`, "--regid", `${USER}`, ...membership, ...command];
}

/** Runs a program of the host as the user of a mode, and returns what it prints. */
export function runAs(mode: Mode, command: string[]): string {
  const [program = "", ...args] = commandAs(mode, command);
  return execFileSync(program, args, { encoding: "utf8", timeout: 20_000, stdio: ["ignore", "pipe", "ignore"] }).trim();
}

/** Returns why a mode cannot work on this machine. It is asked of the system: a server that does not start is a fault. */
export function unsupported(mode: Mode): string | undefined {
  const trial = {
    namespaces: ["unshare", "--user", "--map-current-user", "--mount", "--pid", "--fork", "--mount-proc", "true"],
    landlock: ["/usr/bin/python3", "-c", "import ctypes; exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 3)"],
    none: ["true"],
  }[MODES[mode].isolation];
  try {
    runAs(mode, trial);
    return undefined;
  } catch {
    return `this machine does not support ${MODES[mode].isolation}, or has no ${trial[0]}`;
  }
}

/** Starts the server's program itself: another user may not reach this package. */
export async function startProgram(program: string, mode: Mode, options: Options): Promise<Running> {
  const { temp, args = [], groups, env = {} } = options;
  // A usual limit of open files, whatever that of the test is.
  const line = ["sh", "-c", 'ulimit -Sn 1024 && exec "$@"', "sh", program, "--json", "--isolation", MODES[mode].isolation, ...args];
  const [first = "", ...rest] = commandAs(mode, line, groups);
  const PATH = asUser(mode) ? "/usr/local/bin:/usr/bin:/bin" : (process.env.PATH ?? "");
  const child = spawn(first, rest, {
    env: cleanEnv({ PATH, HOME: path.dirname(temp), TMPDIR: temp, ...env }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const ready = await firstLine(child);
  return {
    pid: child.pid ?? 0,
    temp,
    ...(JSON.parse(ready) as { apiUrl: string; apiKey: string; isolatedNetwork: boolean }),
    end: async (signal = "SIGTERM") => {
      const began = performance.now();
      child.kill(signal);
      const late = wait(15_000, "late", { ref: false });
      if ((await Promise.race([exited, late])) === "late") child.kill("SIGKILL");
      await exited;
      return (performance.now() - began) / 1000;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  let [printed, said] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (printed += chunk));
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  const ended = once(child, "close");
  for (;;) {
    if (printed.includes("\n")) return printed;
    const result = await Promise.race([ended, once(child.stdout as NodeJS.ReadableStream, "data")]);
    if (printed.includes("\n")) return printed;
    if (child.exitCode !== null || result.length === 2) throw new Error(said.trim() || `exit code ${child.exitCode}`);
  }
}
