import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { alive, descendants, until } from "./support/processes.js";
import { cleanEnv } from "./support/run-program.js";
import { root } from "./support/server.js";

// Runs the examples as their users run them, compares what they print, and verifies that nothing is left. The quickstart has
// tests of its own.

/** The programs that this file tests. */
const outputs: Record<string, { stdout: string; stderr?: string }> = {
  "files.mjs": {
    stdout: `uploaded 3 of 3 files
site/about.html:1: <h1>About Sandboxes</h1>
site/index.html:1: <h1>Sandboxes</h1>
site/style.css: 19 bytes
site/missing.css: file_not_found
streamed 64 MiB with progress, unchanged
`,
  },
  "parallel-sandboxes.mjs": {
    stdout: `0 to 5000: 669 primes
5000 to 10000: 560 primes
10000 to 15000: 525 primes
15000 to 20000: 508 primes
total: 2262 primes below 20000
`,
  },
  "reconnecting.mjs": {
    stdout: `stopped
is not running
written by the first run
found by its label: the same sandbox, started
deleted 1
SANDBOX_NOT_FOUND
`,
  },
  "standalone.mjs": { stdout: "Hello from daytona on Linux\nexit code 0\n" },
  "streaming-build.mjs": {
    stdout: `building parser
building compiler
building linker
done: build.sh
exit code 0; the first output came while the build ran
`,
    stderr: "warning: linker.c: unused variable\n",
  },
};
/** Programs with tests of their own, and parts of programs. */
const others = ["quickstart.mjs", "basket-task.mjs", "scripted-model.mjs", "screen.mjs", "web-service.mjs"];

let temp: string;
const started: ChildProcess[] = [];
beforeEach(async () => {
  temp = await fs.mkdtemp(path.join(os.tmpdir(), "daytona-native-examples-"));
});
afterEach(async () => {
  for (const child of started.splice(0)) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  await fs.rm(temp, { recursive: true, force: true });
});

interface Example {
  child: ChildProcess;
  printed: { stdout: string; stderr: string };
  closed: Promise<number | null>;
}

function start(name: string): Example {
  const child = spawn(process.execPath, [path.join("examples", name)], {
    cwd: root,
    env: cleanEnv({ TMPDIR: temp }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  const printed = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (printed.stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (printed.stderr += chunk));
  return { child, printed, closed: once(child, "close").then(([code]) => code as number | null) };
}

const isEmpty = async () => (await fs.readdir(temp)).length === 0;

describe("examples", () => {
  it.each(Object.entries(outputs))("%s prints what it should, and leaves nothing", async (name, { stdout, stderr = "" }) => {
    const { printed, closed } = start(name);
    expect([await closed, printed]).toEqual([0, { stdout, stderr }]);
    await until(isEmpty);
  });

  it("have tests, and a row in the index", async () => {
    const names = (await fs.readdir(path.join(root, "examples"))).filter((name) => name.endsWith(".mjs"));
    expect(names.toSorted()).toEqual([...Object.keys(outputs), ...others].toSorted());
    const index = await fs.readFile(path.join(root, "examples/README.md"), "utf8");
    expect(names.filter((name) => !index.includes(`[${name}](${name})`))).toEqual([]);
  });
});

describe("the web service", () => {
  let example: Example;
  let url: string;
  beforeEach(async () => {
    example = start("web-service.mjs");
    await until(() => example.printed.stdout.includes("\n"));
    url = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/m.exec(example.printed.stdout)?.[1] ?? "";
  });
  const post = (program: string, signal?: AbortSignal) => fetch(url, { method: "POST", body: program, ...(signal && { signal }) });
  /** Python in the sandboxes of the service. */
  const programs = () => descendants(example.child.pid ?? 0).filter(({ command }) => command === "python3 main.py");

  it("runs the program of each request in a sandbox of its own", async () => {
    const program = (name: string) => `import os; open("${name}", "w"); print(sorted(os.listdir()))`;
    const [one, two, failed] = await Promise.all([post(program("one")), post(program("two")), post("raise SystemExit(3)")]);
    expect([one.status, await one.json()]).toEqual([200, { output: "['main.py', 'one']\n", exitCode: 0, truncated: false }]);
    expect(await two.json()).toMatchObject({ output: "['main.py', 'two']\n" });
    expect(await failed.json()).toMatchObject({ exitCode: 3 });
    example.child.kill("SIGTERM");
    expect([await example.closed, example.printed.stderr]).toEqual([0, ""]);
    expect(example.printed.stdout.split("\n").slice(1)).toEqual(["stopping", "stopped", ""]);
    await until(isEmpty);
  });

  it("deletes the sandbox of a client that leaves", async () => {
    const leaving = new AbortController();
    const answer = post("import time; print('up', flush=True); time.sleep(60)", leaving.signal).catch((error: Error) => error.name);
    await until(() => programs().length === 1);
    leaving.abort();
    expect(await answer).toBe("AbortError");
    await until(() => programs().length === 0);
    await until(() => example.printed.stdout.includes("the client has left"));
    example.child.kill("SIGTERM");
    expect([await example.closed, example.printed.stderr]).toEqual([0, ""]);
    await until(isEmpty);
  });

  it("answers running requests when it is stopped, and leaves no process", async () => {
    const answer = post("import time; time.sleep(60)");
    await until(() => programs().length === 1);
    const before = descendants(example.child.pid ?? 0);
    example.child.kill("SIGTERM");
    const response = await answer;
    expect([response.status, await response.json()]).toEqual([503, { error: "the service is being stopped" }]);
    expect(await example.closed).toBe(0);
    await until(() => alive(before).length === 0);
    await until(isEmpty);
  });
});
