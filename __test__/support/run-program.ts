import { spawn } from "node:child_process";
import { once } from "node:events";

export interface Run {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** From the last thing that the program printed to its end. */
  exitMs: number;
}

/** The environment without what could lead a program to the real service. */
export function cleanEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("DAYTONA_") && !name.startsWith("VITEST"));
  return { ...Object.fromEntries(inherited), ...extra };
}

/** Runs a program of the text given, as a module in a folder where its imports resolve. */
export async function runProgram(cwd: string, text: string, env: Record<string, string> = {}, type = "module"): Promise<Run> {
  const child = spawn(process.execPath, [`--input-type=${type}`, "--eval", text], {
    cwd,
    env: cleanEnv(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  let printed = performance.now();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    printed = performance.now();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const exited = once(child, "exit").then(([code, signal]) => ({ code, signal, exitMs: performance.now() - printed }));
  await once(child, "close");
  return { ...((await exited) as Pick<Run, "code" | "signal" | "exitMs">), stdout, stderr };
}
