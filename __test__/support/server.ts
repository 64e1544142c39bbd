import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Server {
  apiUrl: string;
  apiKey: string;
  isolation: string;
  child: ChildProcess;
  close(): Promise<void>;
}

/** Runs `npx daytona-local --json` as a separate process and waits until it is ready. */
export async function startServer(args: string[] = [], env: NodeJS.ProcessEnv = process.env): Promise<Server> {
  const child = spawn(process.execPath, ["bin/daytona-local.js", "--json", ...args], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), "line").then(([text]) => String(text)),
    exited.then(([code, signal]) => {
      throw new Error(`daytona-local exited before it was ready: ${signal ?? `exit code ${code}`}`);
    }),
  ]);
  const close = async () => {
    child.kill("SIGTERM");
    await exited;
  };
  return { ...(JSON.parse(line) as { apiUrl: string; apiKey: string; isolation: string }), child, close };
}
