import fs from "node:fs";
import path from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { absentNames } from "../scripts/absent-names.mjs";
import { readRecord } from "../scripts/names.mjs";
import { differences } from "./differences.js";
import { parseDocument } from "./page/document.js";
import { root } from "./support/server.js";

// Each row of docs/differences.md names a test that checks both packages. These tests verify that the named tests exist
// and that every difference in the tests is documented.

interface Row {
  difference: string;
  tests: { where: string; title: string }[];
}

/** Returns the rows of all tables with a column of tests: `parity, suite: …` or `differences: …`, with quoted titles. */
function documentedRows(): Row[] {
  const text = fs.readFileSync(path.join(root, "docs/differences.md"), "utf8");
  const lines = text
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\|( ?-+ ?\|)+$/.test(line) && !line.startsWith("| original |"));
  return lines.map((line) => {
    const cells = line.slice(1, -1).split(" | ");
    let where = "";
    const tests = [...(cells.at(-1) ?? "").matchAll(/(?:parity, )?(\w+): |`([^`]+)`/g)].flatMap(([, suite, title]) => {
      if (suite !== undefined) where = suite;
      return title === undefined ? [] : [{ where, title }];
    });
    return { difference: (cells[0] ?? "").trim(), tests };
  });
}

/** Returns the titles of a file's tests; titles of table tests contain the first column. */
function titlesOf(file: string): string[] {
  const source = ts.createSourceFile(file, fs.readFileSync(path.join(root, file), "utf8"), ts.ScriptTarget.ES2022, true);
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isCallExpression(node)) return;
    const [first] = node.arguments;
    if (first === undefined || !ts.isStringLiteral(first)) return;
    const { expression } = node;
    if (ts.isIdentifier(expression) && expression.text === "it") titles.push(first.text);
    if (!ts.isCallExpression(expression) || expression.expression.getText() !== "it.each") return;
    const [table] = expression.arguments;
    if (table === undefined || !ts.isArrayLiteralExpression(table)) return;
    for (const row of table.elements) {
      const name = ts.isArrayLiteralExpression(row) ? row.elements[0] : row;
      if (name !== undefined && ts.isStringLiteral(name)) titles.push(first.text.replace("%s", name.text));
    }
  };
  visit(source);
  return titles;
}

describe("docs/differences.md", () => {
  const rows = documentedRows();
  const titles = titlesOf("__test__/differences.spec.ts");

  it("has rows, and the tests have titles", () => {
    expect(rows.length).toBeGreaterThanOrEqual(15);
    expect(titles.length).toBeGreaterThanOrEqual(8);
  });

  it.each(rows.map(({ difference, tests }) => [difference, tests] as const))("names tests that exist: %s", (_, tests) => {
    expect(tests).not.toEqual([]);
    for (const { where, title } of tests) {
      const exists =
        where === "differences"
          ? titles.some((known) => known.startsWith(title))
          : differences.some((known) => known.suite === where && known.case === title);
      expect(exists, `${where}: ${title}`).toBe(true);
    }
  });

  it("has a row for every difference of the parity suite", () => {
    const documented = rows.flatMap(({ tests }) => tests).map(({ where, title }) => `${where}: ${title}`);
    expect(documented).toEqual(expect.arrayContaining(differences.map((entry) => `${entry.suite}: ${entry.case}`)));
  });
});

describe("CONTRIBUTING.md", () => {
  const text = fs.readFileSync(path.join(root, "CONTRIBUTING.md"), "utf8");
  /** The Rust code blocks, each with the file named in its first line. */
  const blocks = [...text.matchAll(/```rust\n\s*\/\/ (\S+)\n([\s\S]*?)```/g)];
  const lines = (text: string) => text.split("\n").map((line) => line.trim());

  it("quotes the current code", () => {
    expect(blocks.length).toBe(7);
    const count = blocks.flatMap(([, , code = ""]) => lines(code)).filter((line) => line !== "").length;
    expect(text).toContain(`Together these are ${count} lines`);
    for (const [, file = "", code = ""] of blocks) {
      const shown = lines(code).filter((line) => line !== "");
      const source = lines(fs.readFileSync(path.join(root, file), "utf8")).filter((line) => line !== "");
      expect(source.join("\n"), file).toContain(shown.join("\n"));
    }
  });
});

describe("docs/options.md", () => {
  /** The documented interfaces with the headings of their tables. */
  const tables: [file: string, name: string, heading: string][] = [
    ["index.d.ts", "DaytonaSandboxOptions", "`DaytonaSandbox.create(options)`"],
    ["index.d.ts", "DaytonaExecuteOptions", "`sandbox.execute(command, options)`"],
    ["sdk.d.cts", "DaytonaConfig", "`new Daytona(config)`"],
    ["local.d.cts", "LocalDaytonaOptions", "`LocalDaytona.start(options)`"],
  ];
  const { tables: documented } = parseDocument(fs.readFileSync(path.join(root, "docs/options.md"), "utf8"));

  it.each(tables)("%s: %s has a row for each option, and no other", (file, name, heading) => {
    const rows = documented.find((table) => table.heading === heading)?.rows.map(([option]) => option);
    expect(rows?.toSorted()).toEqual(propertiesOf(file, name).toSorted());
  });
});

describe("environment variables", () => {
  const sources = fs
    .readdirSync(path.join(root, "js"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => fs.readFileSync(path.join(root, "js", name), "utf8"));
  const read = new Set(sources.flatMap((text) => Array.from(text.matchAll(/\benv\.(DAYTONA_\w+)/g), ([, name = ""]) => name)));

  it("that the package reads are all in docs/options.md", () => {
    const text = fs.readFileSync(path.join(root, "docs/options.md"), "utf8");
    expect(read.size).toBeGreaterThan(5);
    expect([...read].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});

function propertiesOf(file: string, name: string): string[] {
  const source = ts.createSourceFile(file, fs.readFileSync(path.join(root, file), "utf8"), ts.ScriptTarget.ES2022, true);
  const declared = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name);
  return (declared as ts.InterfaceDeclaration).members.map((member) => member.name?.getText() ?? "");
}

describe("the names of the replaced packages", () => {
  const read = (document: string) => fs.readFileSync(path.join(root, document), "utf8").replace(/\s+/g, " ");
  const { "daytona-sdk-0.216.0": sdk, "langchain-daytona-0.1.2": original } = readRecord();

  it("that are absent are all in docs/absent-names.md", () => {
    expect(fs.readFileSync(path.join(root, "docs/absent-names.md"), "utf8"), "run: node scripts/absent-names.mjs").toBe(absentNames());
  });

  it("are counted alike in all documents", () => {
    const counted = { total: sdk?.total ?? 0, present: sdk?.present ?? 0 };
    const absent = counted.total - counted.present;
    expect(original).toMatchObject({ missing: [] });
    expect(read("README.md")).toContain(`${counted.present} of the ${counted.total} names`);
    expect(read("README.md")).toContain(`lists the other ${absent}`);
    expect(read("README.md")).toContain(`All ${original?.total} names`);
    expect(read("docs/migrating-from-daytona-sdk.md")).toContain(`${counted.present} of the ${counted.total} public names`);
    expect(read("docs/migrating-from-daytona-sdk.md")).toContain(`lists all ${absent} names`);
    expect(read("docs/migrating-from-langchain-daytona.md")).toContain(`All ${original?.total} public names`);
  });
});
