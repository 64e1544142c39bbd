import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import * as original from "@langchain/daytona";
import * as deepagents from "deepagents";
import * as esm from "daytona-native";
import * as sdk from "daytona-native/sdk";
import * as local from "daytona-native/local";
import * as testing from "daytona-native/testing";
import ts from "typescript";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { copyPackage } from "./support/copy-package.js";
import { runProgram } from "./support/run-program.js";
import { root } from "./support/server.js";

const require = createRequire(path.join(root, "package.json"));
const cjs = require("daytona-native") as typeof esm;
const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as {
  exports: Record<string, { types?: string; import?: { types: string }; require?: { types: string } }>;
};

describe("formats", () => {
  it("extends the installed deepagents' classes in both", () => {
    const deepagentsCjs = require("deepagents") as typeof deepagents;
    // deepagents has two copies of its classes, so each format must extend its own.
    expect(deepagentsCjs.BaseSandbox).not.toBe(deepagents.BaseSandbox);
    for (const [ours, theirs] of [
      [esm, deepagents],
      [cjs, deepagentsCjs],
    ] as const) {
      expect(new ours.DaytonaSandbox()).toBeInstanceOf(theirs.BaseSandbox);
      const error = new ours.DaytonaSandboxError("words", "COMMAND_FAILED");
      expect(error).toBeInstanceOf(theirs.SandboxError);
      expect(esm.DaytonaSandboxError.isInstance(error)).toBe(true);
      expect(cjs.DaytonaSandboxError.isInstance(error)).toBe(true);
      // A dependency of the program may still use the replaced package's class.
      expect(original.DaytonaSandboxError.isInstance(error)).toBe(true);
    }
  });

  it("have the same names, including all of the replaced package's", () => {
    const names = Object.keys(esm).toSorted();
    expect(Object.keys(cjs).toSorted()).toEqual(names);
    expect(names).toEqual(expect.arrayContaining(Object.keys(original)));
  });

  it("share one SDK, so that its classes are the same in both", () => {
    expect(require("daytona-native/sdk")).toMatchObject({ Daytona: sdk.Daytona, Sandbox: sdk.Sandbox, DaytonaError: sdk.DaytonaError });
  });

  it("have all members of the replaced package's classes", () => {
    for (const name of ["DaytonaSandbox", "DaytonaSandboxError"] as const) {
      const members = (of: object) => Object.getOwnPropertyNames(of).filter((member) => !["length", "name", "prototype"].includes(member));
      expect(members(esm[name])).toEqual(expect.arrayContaining(members(original[name])));
      expect(members(esm[name].prototype)).toEqual(expect.arrayContaining(members(original[name].prototype)));
    }
  });
});

describe("declarations", () => {
  const entries: [types: string, exports: object][] = [
    ["index.d.ts", esm],
    ["index.d.cts", cjs],
    ["sdk.d.cts", sdk],
    ["local.d.cts", local],
    ["testing.d.ts", testing],
    ["testing.d.cts", testing],
  ];
  const program = ts.createProgram(
    entries.map(([file]) => path.join(root, file)),
    {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      skipLibCheck: true,
    },
  );

  it.each(entries)("%s declares the exports", (file, exports) => {
    const checker = program.getTypeChecker();
    const source = program.getSourceFile(path.join(root, file));
    const symbol = source && checker.getSymbolAtLocation(source);
    if (symbol === undefined) throw new Error(`${file} is not a module`);
    const values = checker
      .getExportsOfModule(symbol)
      .filter((entry) => (entry.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(entry) : entry).flags & ts.SymbolFlags.Value)
      .map((entry) => entry.name);
    // Node.js adds the whole module to one that is CommonJS.
    const isWhole = ([name, value]: [string, unknown]) => name === "module.exports" || (name === "default" && typeof value === "object");
    const present = Object.entries(exports).flatMap((entry) => (isWhole(entry) ? [] : [entry[0]]));
    expect(values.toSorted()).toEqual(present.toSorted());
  });

  it("belong to every entry point", () => {
    const files = Object.values(manifest.exports).flatMap((entry) => [entry.types, entry.import?.types, entry.require?.types]);
    for (const file of files.filter((name) => name !== undefined)) expect(fs.existsSync(path.join(root, file)), file).toBe(true);
  });
});

describe("importing", () => {
  it.each([".", "./sdk", "./local", "./testing"])("%s has no side effects and leaves no handles open", async (entry) => {
    const name = entry.replace(".", "daytona-native");
    const run = await runProgram(
      root,
      `const before = JSON.stringify(process.env);
       await import(${JSON.stringify(name)});
       const open = process.getActiveResourcesInfo().filter((kind) => !/^(Pipe|TTY|FSReq|CloseReq)/.test(kind));
       console.log(JSON.stringify({ open, same: JSON.stringify(process.env) === before }));`,
    );
    expect(run.stderr).toBe("");
    expect(JSON.parse(run.stdout)).toEqual({ open: [], same: true });
    // A handle that is left open lasts for seconds. On a busy machine, the end of a process alone takes some hundred milliseconds.
    expect(run.exitMs).toBeLessThan(1500);
  });

  it("the SDK does not require deepagents", async () => {
    const run = await runProgram(
      root,
      `const Module = require("node:module");
       const load = Module._load;
       Module._load = (name, ...rest) => {
         if (/deepagents|langchain/.test(name)) throw new Error("asked for " + name);
         return load(name, ...rest);
       };
       console.log(typeof require("daytona-native/sdk").Daytona);`,
      {},
      "commonjs",
    );
    expect([run.stdout, run.stderr]).toEqual(["function\n", ""]);
  });
});

describe("the native addon", () => {
  const platform = `${process.platform}-${process.arch}`;
  let folder: string;
  beforeEach(async () => {
    folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), "daytona-native-addon-"));
    await copyPackage(folder);
  });
  afterEach(() => fs.promises.rm(folder, { recursive: true, force: true }));

  /** The message of the error with which the package cannot be imported. */
  const messageOf = async () => {
    const print = `import("daytona-native/sdk").then(() => console.log("imported"), (error) => console.log(error.message))`;
    const run = await runProgram(folder, print);
    return run.stdout;
  };

  it("that is missing is named with its platform, and what to do", async () => {
    const message = await messageOf();
    expect(message).toContain(`the native addon of daytona-native for ${platform}`);
    expect(message).toMatch(new RegExp(`daytona-native\\.${platform}[a-z-]*\\.node in .*${path.basename(folder)}`));
    expect(message).toContain("--omit=optional");
    expect(message).not.toMatch(/npm has a bug|npm\/cli/);
  });

  it("that cannot be loaded is named with the reason", async () => {
    const [file] = fs.readdirSync(root).filter((name) => name.includes(platform) && name.endsWith(".node"));
    if (file === undefined) throw new Error("there is no addon");
    fs.writeFileSync(path.join(folder, file), "not an addon");
    const message = await messageOf();
    expect(message).toContain(`the native addon of daytona-native for ${platform}`);
    expect(message).toContain(path.join(folder, file));
    expect(message).not.toMatch(/npm has a bug|npm\/cli|is present/);
  });
});

describe("the exit of a process", () => {
  const { apiUrl, apiKey } = inject("daytona");
  const env = { DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: apiKey };
  const program = (end: string) => `
    import { DaytonaSandbox } from "daytona-native";
    const sandbox = await DaytonaSandbox.create({ labels: { run: process.env.RUN } });
    const { output } = await sandbox.execute("echo done");
    ${end}
    console.log(output.trim());`;

  it.each([
    ["with close()", "await sandbox.close();"],
    ["without close()", ""],
  ])("is not delayed %s", async (_, end) => {
    const label = crypto.randomUUID();
    const times: number[] = [];
    try {
      for (let i = 0; i < 3; i++) {
        const run = await runProgram(root, program(end), { ...env, RUN: label });
        expect(run).toMatchObject({ code: 0, stdout: "done\n", stderr: "" });
        times.push(run.exitMs);
      }
    } finally {
      await esm.DaytonaSandbox.deleteAll({ run: label }, { auth: { apiUrl, apiKey } });
    }
    // The fastest of three runs: a busy machine is slow sometimes, an open handle delays every run.
    expect(Math.min(...times)).toBeLessThan(200);
  });

  it("waits for a pending call", async () => {
    const run = await runProgram(
      root,
      `import { DaytonaSandbox } from "daytona-native";
       const sandbox = await DaytonaSandbox.create();
       sandbox.execute("sleep 0.3; echo late").then(async ({ output }) => { await sandbox.close(); console.log(output.trim()); });`,
      env,
    );
    expect(run).toMatchObject({ code: 0, stdout: "late\n", stderr: "" });
  });
});
