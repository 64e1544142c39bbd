import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CodeBlock, codeBlocks } from "./page/code-blocks.js";
import { parseDocument } from "./page/document.js";
import { createProgramFolder, programOf, runTypeScript, typeErrors, type ProgramFolder } from "./page/program-folder.js";
import { startScriptedModel } from "./support/scripted-model.js";
import { root } from "./support/server.js";

// Runs each JavaScript block of this project's documents unchanged, in a context of its own.

let programFolder: ProgramFolder;
beforeAll(async () => {
  programFolder = await createProgramFolder();
});
afterAll(() => programFolder.close());

const documents = ["README.md", "CONTRIBUTING.md", ...fs.readdirSync(path.join(root, "docs")).map((name) => `docs/${name}`)];
const blocks = documents.flatMap((document) =>
  parseDocument(fs.readFileSync(path.join(root, document), "utf8"))
    .blocks.filter(({ language }) => /^(js|mjs|cjs|javascript|ts|typescript)$/.test(language))
    .map((block) => ({ ...block, document })),
);
/** The blocks that have a context; the first test verifies that this is all of them. */
const cases = codeBlocks.flatMap((context) =>
  blocks
    .filter(({ document, heading }) => document === context.document && heading === context.heading)
    .map(({ code }) => ({ ...context, code, name: `${context.document}: ${context.heading}` })),
);

async function runs(block: Omit<CodeBlock, "document" | "heading">, code: string): Promise<void> {
  await using model = await startScriptedModel(block.turns ?? []);
  const env = { ANTHROPIC_API_KEY: "no-real-key", ANTHROPIC_BASE_URL: model.apiUrl.replace(/\/api$/, "") };
  const run = await runTypeScript(programFolder, programOf(block, code), env);
  expect(run.stderr).toBe(block.stderr ?? "");
  expect(run.code).toBe(0);
  expect(run.result).toEqual(block.result);
  expect(run.stdout).toMatch(block.stdout ?? /^$/);
  expect(model.requests.length).toBe(block.turns?.length ?? 0);
}

describe("the documents' JavaScript", () => {
  it("has a context for each block", () => {
    const places = (list: { document: string; heading: string }[]) => list.map(({ document, heading }) => `${document}: ${heading}`);
    expect(places(blocks)).toEqual(places(codeBlocks));
  });

  it.each(cases)("$name", async (block) => {
    await runs(block, block.code);
    if (block.also !== undefined) await runs({ ...block, ...block.also }, block.code);
  });

  it("compiles", async () => {
    const programs = cases.flatMap((block) =>
      [block, ...(block.also === undefined ? [] : [block.also])].map((context) => programOf(context, block.code)),
    );
    expect(await typeErrors(programFolder, programs)).toEqual([]);
  });
});
