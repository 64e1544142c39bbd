import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CodeBlock, codeBlocks } from "./page/code-blocks.js";
import { type Block, documentPaths, parseDocument } from "./page/document.js";
import { documentContexts } from "./page/document-contexts.js";
import { expectedOutput } from "./page/expected-output.js";
import { examplesInTypes } from "./page/examples-in-types.js";
import { createProgramFolder, programOf, runTypeScript, typeErrors, type ProgramFolder } from "./page/program-folder.js";
import { howToCheck, runConsole } from "./page/shell.js";
import { startScriptedModel } from "./support/scripted-model.js";
import { hasDesktop } from "./support/desktop.js";
import { root } from "./support/server.js";

// Runs the code of this project's documents unchanged: each JavaScript and TypeScript block in a process of its own, with
// what it prints compared with what the document says; each line of a shell block as page/shell.ts says. Rust blocks quote
// sources, which documents.spec.ts verifies.

let programFolder: ProgramFolder;
beforeAll(async () => {
  programFolder = await createProgramFolder();
});
afterAll(() => programFolder.close());

interface Found extends Block {
  document: string;
  following: Block | undefined;
}

const found: Found[] = documentPaths().flatMap((document) => {
  const { blocks } = parseDocument(fs.readFileSync(path.join(root, document), "utf8"));
  return blocks.map((block, index) => {
    const next = blocks[index + 1];
    return { ...block, document, following: next?.heading === block.heading ? next : undefined };
  });
});
const inLanguage = (pattern: RegExp) => found.filter(({ language }) => pattern.test(language));
/** Documents whose programs another test runs, and where. */
const elsewhere: Record<string, string> = {
  "docs/testing.md": "files of examples/test-suite, which testing.spec.ts runs in the test runners",
};
const programs = inLanguage(/^(js|mjs|cjs|javascript|ts|typescript)$/).filter(({ document }) => !(document in elsewhere));
const shell = inLanguage(/^(bash|sh|shell)$/);
const consoles = inLanguage(/^console$/);

const unused = [...codeBlocks];
const cases = programs.map((block) => {
  const at = unused.findIndex(({ document, heading }) => document === block.document && heading === block.heading);
  const context: CodeBlock = (at === -1 ? undefined : unused.splice(at, 1)[0]) ?? {
    document: block.document,
    heading: block.heading,
    ...(isProgram(block.code) ? {} : documentContexts[block.document]),
  };
  const said = expectedOutput(block.code, block.following);
  return {
    ...context,
    ...(said !== null && context.stdout === undefined ? { stdout: said } : {}),
    code: block.code,
    hasContext: at !== -1 || isProgram(block.code) || block.document in documentContexts,
    name: `${block.document}: ${block.heading}`,
  };
});

/** What runs only where sandboxes can have a desktop. */
const needsDesktop = (document: string) => document === "docs/computer-use.md";
const runnable = cases.filter(({ document }) => hasDesktop || !needsDesktop(document));
if (!hasDesktop) console.log("documents: code of docs/computer-use.md is compiled only: no desktop (scripts/install-desktop.mjs)");

/** Whether a block is a program by itself. */
function isProgram(code: string): boolean {
  return /^import .* from "daytona-native/m.test(code);
}

type Program = Omit<CodeBlock, "document" | "heading">;

async function runs(block: Program, code: string): Promise<void> {
  await using model = await startScriptedModel(block.turns ?? []);
  const env = { ANTHROPIC_API_KEY: "no-real-key", ANTHROPIC_BASE_URL: model.apiUrl.replace(/\/api$/, ""), ...block.env };
  const run = await runTypeScript(programFolder, programOf(block, code), env);
  expect(run.stderr).toBe(block.stderr ?? "");
  expect(run.code).toBe(0);
  expect(run.result).toEqual(block.result);
  expect(run.stdout).toMatch(block.stdout ?? /^$/);
  expect(model.requests.length).toBe(block.turns?.length ?? 0);
}

describe("the documents' JavaScript", () => {
  it("is a program by itself or has a context, and each context has a block", () => {
    expect(cases.filter(({ hasContext }) => !hasContext).map(({ name }) => name)).toEqual([]);
    expect(unused.map(({ document, heading }) => `${document}: ${heading}`)).toEqual([]);
    const without = Object.entries(elsewhere).map(([document, where]) => `; those of ${document} are ${where}`);
    console.log(`documents: ${cases.length} JavaScript blocks run${without.join("")}`);
  });

  it.each(runnable)("$name", async (block) => {
    await runs(block, block.code);
    if (block.also !== undefined) await runs({ ...block, ...block.also }, block.code);
  });

  it("compiles", async () => {
    const sources = cases.flatMap((block) =>
      [block, ...(block.also === undefined ? [] : [block.also])].map((context) => programOf(context, block.code)),
    );
    expect(await typeErrors(programFolder, sources)).toEqual([]);
  });
});

describe("the examples in the declarations", () => {
  it("compile", async () => {
    const examples = examplesInTypes();
    expect(examples.length).toBeGreaterThan(15);
    console.log(`documents: ${examples.length} examples of the declarations compiled`);
    expect(
      await typeErrors(
        programFolder,
        examples.map(({ program }) => program),
      ),
    ).toEqual([]);
  });
});

describe("the documents' shell commands", () => {
  const lines = shell.flatMap(({ document, code }) =>
    code
      .split("\n")
      .map((line) => line.replace(/(^|\s+)#.*$/, "").trim())
      .filter((line) => line !== "")
      .map((line) => ({ document, line })),
  );

  it.each(lines)("$document: $line", ({ line }) => {
    // An error says why a command cannot be what the document promises.
    expect(howToCheck(line).problem).toBeNull();
  });

  it.each(consoles)("$document: $heading", ({ code }) => runConsole(code));

  it("are counted", () => {
    const counts = new Map<string, number>();
    for (const { line } of lines) counts.set(howToCheck(line).how, (counts.get(howToCheck(line).how) ?? 0) + 1);
    console.log(
      [
        `documents: ${consoles.length} console blocks run; ${lines.length} shell lines:`,
        ...[...counts].map(([how, count]) => `  ${count} ${how}`),
      ].join("\n"),
    );
    expect(lines.length).toBeGreaterThan(0);
  });

  it("are the only other code, with quoted Rust, settings and output", () => {
    const checked = /^(js|mjs|cjs|javascript|ts|typescript|bash|sh|shell|console)$/;
    const others = found.filter(
      ({ language }) => !checked.test(language) && !["", "rust", "text", "yaml", "json", "toml"].includes(language),
    );
    expect(others.map(({ document, heading, language }) => `${document}: ${heading}: ${language}`)).toEqual([]);
  });
});
