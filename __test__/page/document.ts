import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { root } from "../support/server.js";

/** A code block, with its heading and the language that it names. */
export interface Block {
  heading: string;
  language: string;
  code: string;
}

/** A table, with rows as strings without code quotes. */
interface Table {
  heading: string;
  rows: string[][];
}

/** The parts of a document that are checked. */
export interface Document {
  blocks: Block[];
  tables: Table[];
}

/** The page is outside the repository and may be absent. */
export const documentPath = path.join(process.env.DAYTONA_SHARED_DIR ?? path.join(root, "../shared"), "seed/daytona.mdx");

/** Returns the paths of this project's documents in Markdown, relative to its root. */
export function documentPaths(): string[] {
  const of = (folder: string) =>
    fs
      .readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => path.join(folder, name));
  return [...of("."), ...of("docs"), ...of("examples")];
}

/** Reads the page, of whose code only TypeScript is checked; null if it is absent. */
export function readDocument(): Document | null {
  if (!fs.existsSync(documentPath)) return null;
  const { blocks, tables } = parseDocument(fs.readFileSync(documentPath, "utf8"));
  return { blocks: blocks.filter(({ language }) => language === "typescript"), tables };
}

/** Returns the code blocks and the tables of a text in Markdown. */
export function parseDocument(text: string): Document {
  const document: Document = { blocks: [], tables: [] };
  let heading = "";
  let block: { language: string; lines: string[] } | null = null;
  let table: Table | null = null;
  for (const line of text.split("\n")) {
    if (block !== null) {
      if (line.trim() === "```") {
        document.blocks.push({ heading, language: block.language, code: block.lines.join("\n") });
        block = null;
      } else block.lines.push(line);
      continue;
    }
    const [, language] = /^\s*```(\w*)/.exec(line) ?? [];
    if (language !== undefined) block = { language, lines: [] };
    if (/^#{1,6} /.test(line)) heading = line.replace(/^#+ /, "").trim();
    if (!line.startsWith("|")) table = null;
    else if (table === null) {
      // The header row.
      table = { heading, rows: [] };
      document.tables.push(table);
    } else if (!/^[|\s:-]+$/.test(line)) table.rows.push(cells(line));
  }
  return document;
}

function cells(line: string): string[] {
  const inner = line.trim().replace(/^\||\|$/g, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("`", ""));
}
