import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanEnv, runProgram } from "./support/run-program.js";
import { root } from "./support/server.js";

// The package as users install it: packed, under its own name and in place of @langchain/daytona, in a separate folder.

const exec = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "daytona-native-tarball-"));
  const { stdout } = await exec("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  const lock = JSON.parse(await fs.readFile(path.join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string }>;
  };
  const locked = (name: string) => lock.packages[`node_modules/${name}`]?.version;
  const dependencies = {
    "daytona-native": `file:${filename}`,
    "@langchain/daytona": `file:${filename}`,
    deepagents: locked("deepagents"),
    langchain: locked("langchain"),
    "@langchain/core": locked("@langchain/core"),
    "@langchain/langgraph": locked("@langchain/langgraph"),
  };
  await fs.writeFile(path.join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  // Uses npm's cache, which npm ci of this checkout has filled.
  await exec("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: folder, env: cleanEnv() });
}, 180_000);
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

describe("the packed package", () => {
  it("contains no sources, tests or build folders", async () => {
    const names = await fs.readdir(path.join(folder, "node_modules/daytona-native"));
    expect(names.filter((name) => ["src", "crates", "js", "target", "__test__", "bench", "node_modules"].includes(name))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(["README.md", "LICENSE", "index.js", "index.d.ts"]));
  });

  it.each(["daytona-native", "@langchain/daytona"])("runs offline as %s", async (name) => {
    const run = await runProgram(
      folder,
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

  it("runs as CommonJS", async () => {
    const run = await runProgram(
      folder,
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

  it("contains the program of the local server", async () => {
    const { stdout } = await exec("npx", ["--no-install", "daytona-local", "--help"], { cwd: folder, env: cleanEnv() });
    expect(stdout).toContain("--json");
  });
});
