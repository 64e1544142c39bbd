import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanEnv, runProgram } from "./support/run-program.js";
import { root } from "./support/server.js";

// The packages as users install them: packed, the main one under its own name and in place of @langchain/daytona, in a
// separate folder.

const exec = promisify(execFile);
let folder: string;
/** The packages of the tarballs: the main one, and that of this platform. */
let tarballs: Record<string, string>;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "daytona-native-tarball-"));
  await exec(process.execPath, ["scripts/package.mjs", "--built", "--out", path.join(folder, "tarballs")], { cwd: root });
  const files = await fs.readdir(path.join(folder, "tarballs"));
  tarballs = Object.fromEntries(files.map((file) => [file.replace(/-\d.*$/, ""), `file:${path.join(folder, "tarballs", file)}`]));
  const main = tarballs["daytona-native"];
  if (main === undefined) throw new Error(`there is no main package among ${files}`);
  await install("project", { ...tarballs, "@langchain/daytona": main });
}, 180_000);
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

/** Creates a project and installs what it depends on. Its peers come in the versions of this checkout, which npm has cached. */
async function install(name: string, dependencies: Record<string, string>, ...options: string[]): Promise<string> {
  const lock = JSON.parse(await fs.readFile(path.join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string }>;
  };
  const pinned = ["deepagents", "langchain", "langsmith", "@langchain/core", "@langchain/langgraph"];
  const overrides = Object.fromEntries(pinned.map((peer) => [peer, lock.packages[`node_modules/${peer}`]?.version]));
  const project = path.join(folder, name);
  await fs.mkdir(project);
  await fs.writeFile(path.join(project, "package.json"), JSON.stringify({ private: true, type: "module", dependencies, overrides }));
  const install = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", ...options];
  await exec("npm", install, { cwd: project, env: cleanEnv() });
  return project;
}

const files = async (...names: string[]) => fs.readdir(path.join(folder, "project/node_modules", ...names));

describe("the packed packages", () => {
  it("contain no sources, tests or build folders", async () => {
    const names = await files("daytona-native");
    expect(names.filter((name) => ["src", "crates", "js", "target", "__test__", "bench", "node_modules"].includes(name))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(["README.md", "LICENSE", "index.js", "index.d.ts"]));
  });

  it("have the native files in the package of the platform only", async () => {
    const isNative = (name: string) => name.endsWith(".node") || name === "daytona-local";
    expect((await files("daytona-native")).filter(isNative)).toEqual([]);
    const [platform] = Object.keys(tarballs).filter((name) => name !== "daytona-native");
    if (platform === undefined) throw new Error("there is no package of this platform");
    const addon = platform.replace("daytona-native-", "daytona-native.");
    expect((await files(platform)).filter(isNative)).toEqual(["daytona-local", `${addon}.node`]);
  });

  it.each(["daytona-native", "@langchain/daytona"])("run offline as %s", async (name) => {
    const run = await runProgram(
      path.join(folder, "project"),
      `import { BaseSandbox } from "deepagents";
       import { DaytonaSandbox } from "${name}";
       const sandbox = await DaytonaSandbox.create({ target: "local" });
       await sandbox.write("/home/daytona/a.txt", "from a tarball");
       const { output } = await sandbox.execute("cat a.txt");
       await sandbox.close();
       console.log(output, sandbox instanceof BaseSandbox);`,
    );
    expect(run).toMatchObject({ code: 0, stdout: "from a tarball true\n", stderr: "" });
  });

  it("run as CommonJS", async () => {
    const run = await runProgram(
      path.join(folder, "project"),
      `const { BaseSandbox } = require("deepagents");
       const { DaytonaSandbox } = require("daytona-native");
       DaytonaSandbox.create({ target: "local" }).then(async (sandbox) => {
         const { output } = await sandbox.execute("echo common");
         await sandbox.close();
         console.log(output.trim(), sandbox instanceof BaseSandbox);
       });`,
      {},
      "commonjs",
    );
    expect(run).toMatchObject({ code: 0, stdout: "common true\n", stderr: "" });
  });

  it("contain the program of the local server", async () => {
    const options = { cwd: path.join(folder, "project"), env: cleanEnv() };
    const { stdout } = await exec("npx", ["--no-install", "daytona-local", "--help"], options);
    expect(stdout).toContain("--json");
  });

  it("bring the deepagents that an agent needs", async () => {
    const run = await runProgram(
      path.join(folder, "project"),
      `import { createDeepAgent } from "deepagents";
       import { FakeListChatModel } from "@langchain/core/utils/testing";
       import { createDaytonaSandboxFactory } from "daytona-native";
       const agent = createDeepAgent({ model: new FakeListChatModel({ responses: ["done"] }), backend: createDaytonaSandboxFactory({ target: "local" }) });
       console.log(typeof agent.invoke);`,
    );
    expect(run).toMatchObject({ code: 0, stdout: "function\n", stderr: "" });
  });
});

describe("an installation without deepagents", () => {
  it.each(["--omit=peer", "--legacy-peer-deps"])("with %s has the SDK and the local server", { timeout: 120_000 }, async (option) => {
    const project = await install(`project${option}`, tarballs, option);
    expect(await fs.readdir(path.join(project, "node_modules"))).not.toContain("deepagents");
    const run = await runProgram(
      project,
      `import { Daytona } from "daytona-native/sdk";
       import { LocalDaytona } from "daytona-native/local";
       const server = await LocalDaytona.start();
       const sandbox = await new Daytona(server).create();
       console.log((await sandbox.process.executeCommand("echo without")).result.trim());
       await sandbox.delete();
       await server.close();
       await import("daytona-native").catch((error) => console.log(error.message));`,
    );
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toMatch(/^without\nCannot find package 'deepagents'/);
  });
});
