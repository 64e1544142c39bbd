import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { root } from "../support/server.js";

/** A code block of the documented page, with its heading. */
interface Block {
  heading: string;
  code: string;
}

/** A table of the documented page, with rows as strings without code quotes. */
interface Table {
  heading: string;
  rows: string[][];
}

/** The parts of the documented page that are checked. */
export interface Document {
  blocks: Block[];
  tables: Table[];
}

/** The page is outside the repository and may be absent. */
export const documentPath = path.join(process.env.DAYTONA_SHARED_DIR ?? path.join(root, "../shared"), "seed/daytona.mdx");

/** Reads the page; null if it is absent. */
export function readDocument(): Document | null {
  if (!fs.existsSync(documentPath)) return null;
  const document: Document = { blocks: [], tables: [] };
  let heading = "";
  let code: string[] | null = null;
  let table: Table | null = null;
  for (const line of fs.readFileSync(documentPath, "utf8").split("\n")) {
    if (code !== null) {
      if (line.trim() === "```") {
        document.blocks.push({ heading, code: code.join("\n") });
        code = null;
      } else code.push(line);
      continue;
    }
    if (/^#{1,6} /.test(line)) heading = line.replace(/^#+ /, "").trim();
    if (/^\s*```typescript\b/.test(line)) code = [];
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
