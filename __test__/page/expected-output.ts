/** What follows a code block in its document, if nothing else is between them. */
export interface Following {
  language: string;
  code: string;
}

/**
 * Returns what a block says that it prints: the block of text after it, or the comments after its `console.log` statements.
 * `…` stands for anything within a line. Null if the block does not say it.
 */
export function expectedOutput(code: string, following: Following | undefined): RegExp | null {
  if (following?.language === "text") return pattern(following.code.split("\n"));
  const prints = code.split("\n").filter((line) => /(^|[ >])console\.log\(/.test(line));
  const comments = prints.map((line) => / \/\/ (.+)$/.exec(line)?.[1]);
  const said = comments.filter((comment) => comment !== undefined);
  return said.length > 0 && said.length === comments.length ? pattern(said) : null;
}

/** Returns a pattern for these lines, in which `…` stands for anything within a line. */
export function pattern(lines: string[]): RegExp {
  const escaped = lines.map((line) => line.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("…", "[^\\n]*"));
  return new RegExp(`^${escaped.join("\\n")}\\n$`);
}
