import fs from "node:fs";
import path from "node:path";
import { root } from "../support/server.js";

/** Returns the targets of the links and images of a text in Markdown, without those in code. */
export function linksOf(text: string): string[] {
  const prose = withoutCode(text).replace(/`[^`\n]*`/g, "");
  return Array.from(prose.matchAll(/\]\(\s*([^)\s]+)[^)]*\)/g), ([, target = ""]) => target);
}

/** Returns the anchors of the headings, as GitHub makes them. */
export function headings(text: string): string[] {
  const seen = new Map<string, number>();
  return Array.from(withoutCode(text).matchAll(/^#{1,6} +(.+)$/gm), ([, title = ""]) => {
    const slug = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

/** Returns the relative links of a document that lead to nothing, each with the reason. */
export function absentLinks(document: string, text = fs.readFileSync(path.join(root, document), "utf8")): string[] {
  return linksOf(text)
    .filter((link) => !/^[a-z]+:/.test(link))
    .flatMap((link) => {
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path.join(root, document) : path.join(root, path.dirname(document), file);
      if (!fs.existsSync(target)) return [`${link}: no such file`];
      if (anchor === undefined) return [];
      const there = file === "" ? text : fs.readFileSync(target, "utf8");
      return headings(there).includes(anchor) ? [] : [`${link}: no such heading`];
    });
}

function withoutCode(text: string): string {
  return text.replace(/^( *)```[\s\S]*?^\1```$/gm, "");
}
