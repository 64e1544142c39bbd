import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Daytona } from "daytona-native/sdk";
import { sandboxForFile } from "daytona-native/testing";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { alive, descendants, until } from "./support/processes.js";
import { cleanEnv } from "./support/run-program.js";
import { createRunnerProject, modules } from "./support/runner-project.js";
import { root } from "./support/server.js";

// What is left of the sandboxes of a test suite: test files of `test-runs`, run as their users run them, and the example.

let project: string;
let temp: string;
let runs: ChildProcess[];
beforeEach(async () => {
  temp = await fs.mkdtemp(path.join(os.tmpdir(), "daytona-native-testing-"));
  runs = [];
});
afterEach(async () => {
  for (const run of runs.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    kill(run, "SIGKILL");
    await once(run, "close");
  }
  await fs.rm(project, { recursive: true, force: true });
  await fs.rm(temp, { recursive: true, force: true });
});

interface Recorded {
  file: string;
  id: string;
  apiUrl: string;
  apiKey: string;
}

interface Runner {
  name: string;
  /** Runs the test files whose names match once, or, with `watch`, again when one of them changes. */
  start(files: string, mode?: "watch" | "one process"): Promise<ReturnType<typeof startRun>>;
}

const vitest: Runner = {
  name: "Vitest",
  start: (files, mode) => {
    const workers = mode === "one process" ? ["--no-isolate", "--maxWorkers=1"] : ["--maxWorkers=2"];
    return run("vitest/vitest.mjs", [mode === "watch" ? "watch" : "run", ...workers, ...files.split(" ")]);
  },
};

const jest: Runner = {
  name: "Jest",
  start: (files, mode) => {
    const config = { globalSetup: "daytona-native/testing", testMatch: ["**/*.test.mjs"], transform: {}, cacheDirectory: `${temp}/jest` };
    const workers = mode === "one process" ? "--runInBand" : "--maxWorkers=2";
    const args = [`--config=${JSON.stringify(config)}`, workers, ...(mode === "watch" ? ["--watchAll"] : [])];
    return run("jest/bin/jest.js", [...args, ...files.split(" ")], { NODE_OPTIONS: "--experimental-vm-modules --no-warnings" });
  },
};

async function run(program: string, args: string[], env: Record<string, string> = {}): Promise<ReturnType<typeof startRun>> {
  project = await createRunnerProject("__test__/test-runs", ["daytona-native"]);
  return startRun(program, args, env);
}

/** Starts a test runner in the project, in a process group of its own, as a shell starts it. */
function startRun(program: string, args: string[], env: Record<string, string>, cwd = project) {
  const record = path.join(temp, "record");
  const child = spawn(process.execPath, [path.join(modules, program), ...args], {
    cwd,
    detached: true,
    env: { ...cleanEnv({ ...environment, ...env, TMPDIR: temp, RECORD: record, RUN: temp }), NODE_ENV: "test" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  runs.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  const closed = once(child, "close");
  /** What the test files recorded so far. */
  const recorded = async (): Promise<Recorded[]> => {
    const lines = await fs.readFile(record, "utf8").catch(() => "");
    return lines
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Recorded);
  };
  /** Resolves when there are so many records; fails if the run ends before. */
  const untilRecorded = async (count: number): Promise<Recorded[]> => {
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`the run ended: ${output}`);
      return (await recorded()).length >= count;
    });
    return await recorded();
  };
  /** Resolves when the run has printed a text. */
  const untilPrinted = (text: RegExp) => until(() => text.test(output));
  const untilEnded = async () => {
    const [code] = (await closed) as [number | null];
    return { code, output };
  };
  return { child, recorded, untilRecorded, untilPrinted, untilEnded };
}

let environment: Record<string, string> = {};
afterEach(() => {
  environment = {};
});

function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal);
}

/** Expects that no server, of which each has a folder, is left. */
async function expectNoServer(): Promise<void> {
  await until(async () => !(await fs.readdir(temp)).some((name) => name.startsWith("daytona-local-")));
}

async function sandboxesOf(config: { apiUrl: string; apiKey: string }, labels?: Record<string, string>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of new Daytona(config).list({ labels })) ids.push(id);
  return ids;
}

describe.each([vitest, jest])("a run of $name", { timeout: 120_000 }, (runner) => {
  it("has one server for parallel files, and none afterwards", async () => {
    const { recorded, untilEnded } = await runner.start("passes fails leaks");
    const { code, output } = await untilEnded();
    const records = await recorded();
    expect(records.map(({ file }) => file).toSorted(), output).toEqual(["fails", "leaks", "passes"]);
    expect(code).toBe(1);
    expect(new Set(records.map(({ apiUrl }) => apiUrl)).size).toBe(1);
    expect(new Set(records.map(({ id }) => id)).size).toBe(3);
    await expectNoServer();
  });

  it("closes the sandboxes of files that pass, fail or leave a command running", async () => {
    const server = inject("daytona");
    environment = { DAYTONA_TARGET: "us", DAYTONA_API_URL: server.apiUrl, DAYTONA_API_KEY: server.apiKey };
    const { recorded, untilEnded } = await runner.start("passes fails pending");
    const { output } = await untilEnded();
    const records = await recorded();
    expect(records.map(({ file }) => file).toSorted(), output).toEqual(["fails", "passes", "pending"]);
    expect(new Set(records.map(({ apiUrl }) => apiUrl))).toEqual(new Set([server.apiUrl]));
    expect(await sandboxesOf(server, { run: temp })).toEqual([]);
    expect(await fs.readdir(temp)).not.toContainEqual(expect.stringMatching(/^daytona-local-/));
  });

  it("ends in one process although a command was left running", async () => {
    const { untilEnded } = await runner.start("pending", "one process");
    const { code, output } = await untilEnded();
    expect(code, output).toBe(0);
    expect(output).not.toContain("did not exit");
    await expectNoServer();
  });

  it.skipIf(process.platform !== "linux")("leaves no processes or files on Ctrl-C", async () => {
    const { child, untilRecorded, untilEnded } = await runner.start("passes waits");
    await untilRecorded(2);
    // The command is recorded before it runs.
    let processes = descendants(child.pid ?? 0);
    await until(() => {
      processes = descendants(child.pid ?? 0);
      return processes.some(({ command }) => command.includes("sleep 600"));
    });
    kill(child, "SIGINT");
    const { code } = await untilEnded();
    expect(code).not.toBe(0);
    await until(() => alive(processes).length === 0);
    await expectNoServer();
  });

  it("starts without the sandboxes of the previous run in watch mode", async () => {
    const { child, untilRecorded, untilPrinted, untilEnded } = await runner.start("leaks passes", "watch");
    const leaked = (records: Recorded[]) => records.filter(({ file }) => file === "leaks");
    await untilRecorded(2);
    // Jest ignores a change during a run.
    await untilPrinted(/Ran all test suites|Waiting for file changes/);
    await fs.appendFile(path.join(project, "leaks.test.mjs"), "// Changed.\n");
    await until(async () => leaked(await untilRecorded(3)).length === 2);
    const [first, second] = leaked(await untilRecorded(3));
    if (first === undefined || second === undefined) throw new Error("the test file ran only once");
    expect(second.apiUrl).toBe(first.apiUrl);
    const left = await sandboxesOf(first);
    expect(left).toContain(second.id);
    expect(left).not.toContain(first.id);
    kill(child, "SIGINT");
    await untilEnded();
    await expectNoServer();
  });
});

describe("examples/test-suite", () => {
  it.each([
    ["vitest", "vitest/vitest.mjs", ["run"]],
    ["jest", "jest/bin/jest.js", ["--maxWorkers=2"]],
  ])("passes in %s", { timeout: 120_000 }, async (folder, program, args) => {
    project = await createRunnerProject(`examples/test-suite/${folder}`, ["daytona-native"]);
    const { untilEnded } = startRun(program, args, {});
    const { code, output } = await untilEnded();
    expect(code, output).toBe(0);
    expect(output).toMatch(/2 passed/);
    await expectNoServer();
  });

  it("is quoted in docs/testing.md", async () => {
    const text = await fs.readFile(path.join(root, "docs/testing.md"), "utf8");
    const blocks = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);
    const folder = path.join(root, "examples/test-suite");
    const names = (await fs.readdir(folder, { recursive: true })).filter((name) => /\.[cm]js$/.test(name));
    const files = await Promise.all(names.map((name) => fs.readFile(path.join(folder, name), "utf8")));
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) expect(files).toContain(block);
  });
});

describe("sandboxForFile", () => {
  it("names the reason without hooks, and before the first test", () => {
    expect(() => sandboxForFile(() => new Daytona(inject("daytona")).create())).toThrow(
      /sandboxForFile\(create, \{ beforeAll, afterAll \}\)/,
    );
    const hooks = { beforeAll: () => {}, afterAll: () => {} };
    expect(sandboxForFile(() => new Daytona(inject("daytona")).create(), hooks)).toThrow(/no sandbox yet/);
  });

  it.each(["failed", "outlasts its hook", "was undone by a test"])("leaves no sandbox if the creation %s", async (when) => {
    const config = inject("daytona");
    const labels = { of: crypto.randomUUID() };
    let [before, after] = [async () => {}, async () => {}];
    const sandbox = sandboxForFile(
      async () => {
        if (when === "failed") throw new Error("cannot create");
        return await new Daytona(config).create({ labels });
      },
      { beforeAll: (run) => (before = run), afterAll: (run) => (after = run) },
    );
    const creation = before();
    if (when === "failed") await expect(creation).rejects.toThrow("cannot create");
    if (when === "was undone by a test") {
      await creation;
      await sandbox().delete();
    }
    await after();
    expect(await sandboxesOf(config, labels)).toEqual([]);
    expect(sandbox).toThrow(/no sandbox yet/);
  });
});
