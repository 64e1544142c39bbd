import { Daytona } from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documentPath, readDocument } from "./page/document.js";
import { errorCodes } from "./page/error-codes.js";
import { configuration, environmentVariables } from "./page/options.js";
import { type Snippet, snippets } from "./page/snippets.js";
import { createProgramFolder, programOf, runTypeScript, typeErrors, type ProgramFolder } from "./page/program-folder.js";
import { turnIf, startScriptedModel, type Turn } from "./support/scripted-model.js";
import type { ScriptedServer } from "./support/scripted-server.js";
import { type Server, startServer } from "./support/server.js";

// Runs each code block of the documented page unchanged, with this package under the name of the one that it replaces.
// Equivalent programs of this project run also without the page.

const page = readDocument();
let programFolder: ProgramFolder;
let model: ScriptedServer;
/** The server of all programs that have no key of their own. Each leaves it without sandboxes. */
let shared: Server;

/** The turns of the agent. Each one checks the result of the previous one in the real sandbox. */
const turns: Turn[] = [
  () => ({
    tool: "write_file",
    input: { file_path: "/home/daytona/hello.ts", content: 'const who: string = "world";\nconsole.log(`Hello, ${who}!`);\n' },
  }),
  ([written]) =>
    turnIf(written, /hello\.ts/, { tool: "execute", input: { command: "sed 's/: string//' hello.ts > hello.js && node hello.js" } }),
  ([, ran]) => turnIf(ran, /Hello, world!/, { text: "It greets the world." }),
];

beforeAll(async () => {
  programFolder = await createProgramFolder();
  model = await startScriptedModel(turns);
  shared = await startServer();
});
afterAll(async () => {
  await shared.close();
  await model[Symbol.asyncDispose]();
  await programFolder.close();
});

const modelEnv = () => ({ ANTHROPIC_API_KEY: "no-real-key", ANTHROPIC_BASE_URL: model.apiUrl.replace(/\/api$/, "") });

async function runs(snippet: Snippet, code: string): Promise<void> {
  // A key in the code must be used: the server accepts only that one, and the environment has another.
  const key = /apiKey: "([^"]+)"/.exec(code)?.[1];
  if (key === undefined) return runsEach(shared, shared.apiKey, snippet, code);
  const server = await startServer([`--api-key=${key}`]);
  try {
    await runsEach(server, "not-this-one", snippet, code);
  } finally {
    await server.close();
  }
}

/** Runs the code in each of its contexts. */
async function runsEach(server: Server, key: string, snippet: Snippet, code: string): Promise<void> {
  const env = { ...modelEnv(), DAYTONA_API_URL: server.apiUrl, DAYTONA_API_KEY: key };
  await runsAt(server, env, snippet, code);
  if (snippet.also !== undefined) await runsAt(server, env, { ...snippet, ...snippet.also }, code);
}

async function runsAt(server: Server, env: Record<string, string>, snippet: Snippet, code: string): Promise<void> {
  const before = model.requests.length;
  const run = await runTypeScript(programFolder, programOf(snippet, code), env);
  expect(run.stderr).toBe(snippet.stderr ?? "");
  expect(run.code).toBe(0);
  expect(run.result).toEqual(snippet.result);
  expect(run.stdout).toMatch(snippet.stdout ?? /^$/);
  expect(model.requests.length - before).toBe(code.includes("ChatAnthropic") ? turns.length : 0);
  const left: string[] = [];
  for await (const { id } of new Daytona({ apiUrl: server.apiUrl, apiKey: server.apiKey }).list()) left.push(id);
  expect(left).toEqual([]);
}

describe("programs of this project", () => {
  it.each(snippets)("$heading", (snippet) => runs(snippet, snippet.own));

  it("compile", async () => {
    expect(
      await typeErrors(
        programFolder,
        snippets.map((snippet) => programOf(snippet, snippet.own)),
      ),
    ).toEqual([]);
  });
});

if (page === null) console.log(`page: ${documentPath} is absent; only the programs of this project run`);

describe.skipIf(page === null)("the page", () => {
  const blocks = page?.blocks ?? [];
  const cases = blocks.flatMap((block) =>
    snippets.filter(({ heading }) => heading === block.heading).map((snippet) => ({ ...snippet, code: block.code })),
  );

  it("has the known headings with code", () => {
    expect(blocks.map(({ heading }) => heading)).toEqual(snippets.map(({ heading }) => heading));
  });

  it.each(cases)("$heading", (snippet) => runs(snippet, snippet.code));

  it.each(cases.filter(({ heading }) => heading === "Standalone usage"))("$heading, offline and without a key", async (snippet) => {
    const run = await runTypeScript(programFolder, programOf(snippet, snippet.code), { DAYTONA_TARGET: "local" });
    expect(run).toMatchObject({ code: 0, stderr: "", result: snippet.result, stdout: expect.stringMatching(snippet.stdout ?? /^$/) });
  });

  it("compiles", async () => {
    expect(
      await typeErrors(
        programFolder,
        cases.map((snippet) => programOf(snippet, snippet.code)),
      ),
    ).toEqual([]);
  });

  const rows = (heading: string) => page?.tables.find((table) => table.heading === heading)?.rows ?? [];

  it("has a test for every row of Configuration", () => {
    const stated = rows("Configuration").map(([option, , value]) => [option, value?.replaceAll('"', "")]);
    expect(configuration.filter((entry) => entry.onPage).map((entry) => [entry.option, entry.stated])).toEqual(stated);
  });

  it("has a test for every error code", () => {
    expect(Object.keys(errorCodes)).toEqual(rows("Error codes").map(([code]) => code));
  });

  it("has a test for every environment variable", () => {
    expect(environmentVariables.map(({ name }) => name)).toEqual(rows("Environment variables").map(([name]) => name));
  });

  it("has a test for every region", () => {
    const regions = configuration.filter(({ option }) => option === "target").flatMap(({ cases }) => cases.map(({ value }) => value));
    expect(regions).toEqual(expect.arrayContaining(rows("Available regions").map(([region]) => region)));
  });
});
