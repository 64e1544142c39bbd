import { spawn } from "node:child_process";
import { once } from "node:events";

export interface Run {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Milliseconds from the last output of the program to its exit. */
  exitMs: number;
}

/** Returns the environment without the configuration of the real service. */
export function cleanEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("DAYTONA_") && !name.startsWith("VITEST"));
  return { ...Object.fromEntries(inherited), ...extra };
}

/** Runs source code as a module in a folder where its imports resolve. */
export function runProgram(cwd: string, source: string, env: Record<string, string> = {}, type = "module"): Promise<Run> {
  return runNode(cwd, [`--input-type=${type}`, "--eval", source], env);
}

/** Runs Node.js with these arguments in a folder. */
export async function runNode(cwd: string, args: string[], env: Record<string, string> = {}): Promise<Run> {
  const child = spawn(process.execPath, args, {
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
