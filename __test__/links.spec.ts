import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { documentPaths } from "./page/document.js";
import { absentLinks, headings, linksOf } from "./page/links.js";
import { root } from "./support/server.js";

// The links of this project's documents: files and headings that they lead to exist, and every document is reachable.

const read = (document: string) => fs.readFileSync(path.join(root, document), "utf8");

describe("links", () => {
  it.each([...documentPaths(), "llms.txt"])("of %s lead to files and headings that exist", (document) => {
    expect(absentLinks(document)).toEqual([]);
  });

  it("are found, as headings are", () => {
    const text = "# A `b` c: d\n\n[one](x.md#y) ![two](z.svg) [three](https://a.b)\n```\n[no](code.md)\n# no\n```\n## A `b` c: d\n";
    expect(linksOf(text)).toEqual(["x.md#y", "z.svg", "https://a.b"]);
    expect(headings(text)).toEqual(["a-b-c-d", "a-b-c-d-1"]);
    expect(absentLinks("README.md", "[a](docs/none.md) [b](docs/errors.md#none) [c](docs/errors.md#network) [d](#none)\n")).toEqual([
      "docs/none.md: no such file",
      "docs/errors.md#none: no such heading",
      "#none: no such heading",
    ]);
  });

  it("reach each document from the index, and from llms.txt", () => {
    const names = documentPaths().filter((document) => document.includes("/") && document !== "docs/README.md");
    for (const from of ["docs/README.md", "llms.txt"]) {
      const reached = linksOf(read(from)).map((link) => path.normalize(path.join(path.dirname(from), link.replace(/#.*$/, ""))));
      expect(names.filter((name) => !reached.includes(name))).toEqual([]);
    }
  });
});

describe("llms.txt", () => {
  const lines = read("llms.txt").trimEnd().split("\n");

  it("has the form of llmstxt.org: a title, a summary, notes, and lists of links below headings", () => {
    expect(lines[0]).toBe("# daytona-native");
    expect(lines[2]).toMatch(/^> /);
    const at = lines.findIndex((line) => line.startsWith("## "));
    expect(lines.filter((line) => /^#{1,6} /.test(line)).every((line, index) => (index === 0 ? /^# / : /^## /).test(line))).toBe(true);
    const others = lines.slice(at).filter((line) => !/^(|## .+|- \[[^\]]+\]\([^)]+\)(: .+)?)$/.test(line));
    expect(others).toEqual([]);
  });
});
