import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import path from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { cleanEnv } from "./support/run-program.js";
import { createRunnerProject, modules } from "./support/runner-project.js";
import { root } from "./support/server.js";

// The package in test suites: Jest and the vm pools of Vitest run test files, and the packages that they import, in realms
// of their own, and may load a package several times. The projects are in `runners`; here they are run as their users run them.

const { apiUrl, apiKey } = inject("daytona");
const server = { DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: apiKey };
let project: string;

/** Installs the package twice, under its own name and in place of another, with one addon. */
beforeAll(async () => {
  project = await createRunnerProject("__test__/runners", ["daytona-native", "@langchain/daytona"]);
  // Twice, because a runner may run several files in one process.
  for (const name of ["commonjs.test.cjs", "esm.test.mjs"]) {
    await fs.copyFile(path.join(project, name), path.join(project, `again-${name}`));
  }
});
afterAll(() => fs.rm(project, { recursive: true, force: true }));

/** Compiles test files to CommonJS into the project. */
async function compile(...files: string[]): Promise<void> {
  for (const file of files) {
    const source = await fs.readFile(path.join(root, "__test__", file), "utf8");
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    const compiled = path.join(project, file.replace(/\.ts$/, ".js"));
    await fs.mkdir(path.dirname(compiled), { recursive: true });
    await fs.writeFile(compiled, outputText);
  }
}

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: { message?: string; assertionResults: { status: string; fullName: string; failureMessages: string[] }[] }[];
}

/** Runs a test runner in the project and returns what it reports in JSON. */
async function run(command: string, args: string[], env: Record<string, string>): Promise<Report> {
  const program = path.join(modules, command);
  const report = path.join(project, `report-${crypto.randomUUID()}.json`);
  const child = spawn(process.execPath, [program, ...args, `--outputFile=${report}`], {
    cwd: project,
    env: { ...cleanEnv({ ...server, ...env }), NODE_ENV: "test" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  await once(child, "close");
  const text = await fs.readFile(report, "utf8").catch(() => {
    throw new Error(`${command} ${args.join(" ")} wrote no report: ${stderr}`);
  });
  return JSON.parse(text) as Report;
}

/** The tests that failed, with what they said. */
function failures({ testResults }: Report): string[] {
  return testResults.flatMap(({ message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === "failed");
    const said = failed.map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join("\n")}`);
    // A file that could not be loaded has no tests.
    return assertionResults.length === 0 ? [message ?? "a file without tests"] : said;
  });
}

function expectPassed(report: Report, skipped: number): void {
  expect(failures(report)).toEqual([]);
  expect(report.testResults).toHaveLength(2);
  expect(report.numPassedTests).toBeGreaterThanOrEqual(2 * 15);
  expect(report.numPendingTests).toBe(skipped);
}

describe("Jest", () => {
  const jest = (extension: string) => {
    const config = { testMatch: [`**/*.test.${extension}`], transform: {}, testTimeout: 30_000 };
    return ["--json", "--runInBand", `--config=${JSON.stringify(config)}`];
  };

  it("as CommonJS", { timeout: 120_000 }, async () => {
    expectPassed(await run("jest/bin/jest.js", jest("cjs"), {}), 0);
  });

  it("as ECMAScript modules", { timeout: 120_000 }, async () => {
    const env = { NODE_OPTIONS: "--experimental-vm-modules --no-warnings", RESETS_PACKAGES: "1" };
    expectPassed(await run("jest/bin/jest.js", jest("mjs"), env), 0);
  });

  it("passes the tests of every method", { timeout: 300_000 }, async () => {
    await compile("border.spec.ts", "support/border.ts", "support/outcome.ts", "support/scripted-server.ts");
    const config = {
      testMatch: ["**/border.spec.js"],
      transform: {},
      testTimeout: 30_000,
      moduleNameMapper: { "^vitest$": "<rootDir>/vitest.cjs" },
    };
    const provided = { daytona: { apiUrl, apiKey } };
    const report = await run("jest/bin/jest.js", ["--json", "--runInBand", `--config=${JSON.stringify(config)}`], {
      RUNNERS_PROVIDED: JSON.stringify(provided),
    });
    expect(failures(report)).toEqual([]);
    expect(report.numPassedTests).toBeGreaterThanOrEqual(285);
    expect(report.numPendingTests).toBe(0);
  });
});

describe("a vm context", () => {
  it("has values and errors of its own realm", async () => {
    const child = spawn(process.execPath, ["vm.cjs"], { cwd: project, env: cleanEnv(server), stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
    const [code] = await once(child, "close");
    expect([code, said]).toEqual([0, ""]);
  });
});

describe("Vitest", () => {
  it.each(["forks", "threads", "vmForks", "vmThreads"])("with the pool %s", { timeout: 120_000 }, async (pool) => {
    const args = ["run", "esm.test", `--root=${project}`, `--pool=${pool}`, "--globals", "--reporter=json", "--testTimeout=30000"];
    // Its pools leave packages to Node.js, or load each once for a file.
    expectPassed(await run("vitest/vitest.mjs", args, {}), 2);
  });
});
