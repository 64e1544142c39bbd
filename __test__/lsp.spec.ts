import path from "node:path";
import process from "node:process";
import * as original from "@daytona/sdk";
import * as ours from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bindPackages, packagePrograms } from "./support/node-modules.js";
import { type Server, startServer } from "./support/server.js";

// Language servers through this package and through the service's own SDK, at one local server whose sandboxes see the
// language servers of this project.

const PATH = [packagePrograms, path.dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(":");

const FILES: Record<string, string> = {
  "ts/tsconfig.json": '{ "include": ["*.ts"] }',
  "ts/a b.ts": "export class Greeter {\n  greet(name: string) {\n    return name;\n  }\n}\nnew Greeter().\n",
  "ts/other.ts": 'import { Greeter } from "./a b.ts";\nexport const otherGreeting = new Greeter();\n',
  "py/a.py": "class Greeter:\n    def greet(self, name):\n        return name\n\nGreeter().\n",
};

let server: Server;
beforeAll(async () => {
  server = await startServer(bindPackages);
});
afterAll(() => server.close());

/** The part of both SDKs that these tests use. */
interface Lsp {
  start(): Promise<void>;
  stop(): Promise<void>;
  didOpen(path: string): Promise<void>;
  didClose(path: string): Promise<void>;
  documentSymbols(path: string): Promise<{ name: string; kind: number; location: { uri: string; range: { start: { line: number } } } }[]>;
  sandboxSymbols(query: string): Promise<{ name: string }[]>;
  workspaceSymbols(query: string): Promise<{ name: string }[]>;
  completions(
    path: string,
    position: { line: number; character: number },
  ): Promise<{ isIncomplete: boolean; items: { label: string; kind?: number }[] }>;
}

describe.each([
  ["daytona-native", ours],
  ["@daytona/sdk", original],
])("%s", (_name, sdk) => {
  const make = sdk.Daytona as new (config: object) => ours.Daytona;
  let sandbox: ours.Sandbox;
  beforeAll(async () => {
    const daytona = new make({ apiUrl: server.apiUrl, apiKey: server.apiKey, target: "us" });
    sandbox = await daytona.create({ envVars: { PATH } });
    for (const folder of ["ts", "py"]) await sandbox.fs.createFolder(folder, "755");
    for (const [name, content] of Object.entries(FILES)) await sandbox.fs.uploadFile(Buffer.from(content), name);
  });
  afterAll(() => sandbox.delete());

  const open = async (language: string, project: string): Promise<Lsp> => await sandbox.createLspServer(language, project);
  const errorOf = (call: Promise<unknown>) =>
    call.then(
      () => expect.unreachable("expected an error"),
      (error: Error) => error,
    );

  it.each([
    ["typescript", "ts", "ts/a b.ts", { line: 5, character: 14 }],
    ["python", "py", "py/a.py", { line: 4, character: 10 }],
  ])("knows %s", { timeout: 120_000 }, async (language, project, file, position) => {
    const lsp = await open(language, project);
    await lsp.start();
    await lsp.start();
    await lsp.didOpen(file);
    const symbols = await lsp.documentSymbols(file);
    expect(symbols.map(({ name }) => name)).toEqual(expect.arrayContaining(["Greeter", "greet"]));
    const [greeter] = symbols.filter(({ name }) => name === "Greeter");
    expect(greeter).toMatchObject({ kind: 5, location: { range: { start: { line: 0 } } } });
    expect(decodeURIComponent(greeter?.location.uri ?? "")).toMatch(new RegExp(`^file:///.*/${file}$`));
    const { items } = await lsp.completions(file, position);
    expect(items.map(({ label }) => label)).toContain("greet");
    expect((await lsp.sandboxSymbols("Greeter")).map(({ name }) => name)).toContain("Greeter");
    expect(await lsp.workspaceSymbols("Greeter")).toEqual(await lsp.sandboxSymbols("Greeter"));
    await lsp.didClose(file);
    await lsp.stop();
    expect(await errorOf(lsp.documentSymbols(file))).toBeInstanceOf(sdk.DaytonaLspServerNotInitializedError);
  });

  it("says that a server was not started, and which languages there are", async () => {
    const lsp = await open("javascript", "ts");
    const calls = [() => lsp.didOpen("ts/other.ts"), () => lsp.sandboxSymbols("x"), () => lsp.completions("x", { line: 0, character: 0 })];
    for (const call of calls) {
      const error = await errorOf(call());
      expect(error).toBeInstanceOf(sdk.DaytonaLspServerNotInitializedError);
      expect(error.message).toContain("Start it first");
    }
    expect(await errorOf(lsp.stop())).toBeInstanceOf(sdk.DaytonaInternalServerError);
    const wrong = await errorOf(sandbox.createLspServer("cobol", "ts"));
    expect(wrong).toBeInstanceOf(sdk.DaytonaInvalidArgumentError);
    expect(wrong.message).toMatch(/python, typescript, javascript/);
  });

  it("says what to install", async () => {
    const daytona = new make({ apiUrl: server.apiUrl, apiKey: server.apiKey, target: "us" });
    const bare = await daytona.create({ envVars: { PATH: "/nowhere" } });
    const error = await errorOf((await bare.createLspServer("python", "py")).start());
    await bare.delete();
    expect(error).toBeInstanceOf(sdk.DaytonaInternalServerError);
    expect(error.message).toContain("npm install -g pyright");
  });
});

it("prints a language server without its sandbox", async () => {
  const daytona = new ours.Daytona(server);
  const sandbox = await daytona.create();
  const lsp = await sandbox.createLspServer(ours.LspLanguageId.PYTHON, "project");
  expect(lsp).toBeInstanceOf(ours.LspServer);
  expect(JSON.stringify(lsp)).toBe('{"languageId":"python","pathToProject":"project"}');
  await sandbox.delete();
});
