// The task of the quickstart's agent: a small Python project with a real defect.
import { mismatch } from "./scripted-model.mjs";

export const systemPrompt =
  "You are a careful programmer with a sandbox. Use absolute paths. Before each step, say in one sentence what you are doing and why.";

const drafts = {
  "shop/__init__.py": `"""A cash register: baskets, discounts and receipts."""
`,
  "shop/money.py": `"""Amounts in whole cents, to avoid rounding errors."""


def formatted(cents):
    return f"{cents // 100}.{cents % 100:02d} EUR"


def less_percent(cents, percent):
    return cents - cents * percent // 100
`,
  "shop/basket.py": `from shop.money import formatted, less_percent


class Basket:
    def __init__(self, lines=[], discount=0):
        self.lines = lines
        self.discount = discount

    def add(self, name, cents, count=1):
        self.lines.append((name, cents, count))

    def total(self):
        return less_percent(sum(cents * count for _, cents, count in self.lines), self.discount)

    def receipt(self):
        rows = [f"{count} x {name:<10}{formatted(cents * count):>12}" for name, cents, count in self.lines]
        return "\\n".join([*rows, f"{'total':<14}{formatted(self.total()):>12}"])
`,
  "shop/__main__.py": `from shop.basket import Basket

basket = Basket(discount=10)
basket.add("tea", 450, 2)
basket.add("honey", 795)
print(basket.receipt())
`,
  "tests/__init__.py": "",
  "tests/test_basket.py": `import unittest

from shop.basket import Basket


class BasketTest(unittest.TestCase):
    def test_adds_up_its_items(self):
        basket = Basket()
        basket.add("tea", 450, 2)
        basket.add("honey", 795)
        self.assertEqual(basket.total(), 1695)

    def test_subtracts_the_discount(self):
        basket = Basket([("honey", 795, 1)], discount=10)
        self.assertEqual(basket.total(), 716)

    def test_starts_empty(self):
        self.assertEqual(Basket().total(), 0)
`,
};

/** The user's request, which is all that a real model gets. */
export function request(folder) {
  const files = Object.entries(drafts).map(([name, text]) => `--- ${name}\n${text}`);
  return `Create this Python project in ${folder}, with exactly these files, and run its tests with \
"python3 -m unittest". A test fails because of a defect in the code. Find the cause with grep and read_file, fix it \
with the smallest correct edit, and run the tests again until they pass. Then run the program with \
"python3 -m shop" and tell me in a few sentences what was wrong, what you changed, and the total that it printed.

${files.join("\n")}`;
}

/** The turns of the scripted model. Each turn checks and uses the actual results of the previous one. */
export function script(folder) {
  const tests = { name: "execute", args: { command: `cd ${folder} && python3 -m unittest` } };
  let cause;
  return [
    {
      say: "First I create the six files of the project.",
      calls: Object.entries(drafts).map(([name, content]) => ({
        name: "write_file",
        args: { file_path: `${folder}/${name}`, content },
      })),
    },
    (written) => {
      const failed = written.find((result) => !result.text.startsWith("Successfully wrote"));
      if (failed) mismatch("all files to be written", failed);
      return { say: "All files are written. Now I run the tests to see what fails.", calls: [tests] };
    },
    ([run]) => {
      const [, found] = /AssertionError: (\d+) != 0/.exec(run.text) ?? mismatch("a failing test", run);
      if (!run.text.includes("FAILED (failures=1)")) mismatch("one failure of three tests", run);
      return {
        say: `A new basket is not empty: its total is ${found}, the value of the items that another test added to its own basket. Baskets seem to share their lines, so I search for all uses of them.`,
        calls: [{ name: "grep", args: { pattern: "lines", path: folder, glob: "*.py" } }],
      };
    },
    ([hits]) => {
      cause = defaultArgument(hits);
      return {
        say: `Line ${cause.line} of ${cause.path.slice(folder.length + 1)} looks wrong: Python evaluates a default value once, not on each call. I read the code around it.`,
        calls: [{ name: "read_file", args: { file_path: cause.path, offset: cause.line - 2, limit: 5 } }],
      };
    },
    ([page]) => {
      const signature = cause.text.trim();
      const body = "self.lines = lines";
      if (!page.text.includes(signature) || !page.text.includes(body)) mismatch(`"${signature}" and its body`, page);
      const indent = " ".repeat(8);
      return {
        say: "That is the cause: all baskets created without lines share the same list. I change the code so that each has its own list.",
        calls: [
          {
            name: "edit_file",
            args: {
              file_path: cause.path,
              old_string: `${signature}\n${indent}${body}`,
              new_string: `${signature.replace("lines=[]", "lines=()")}\n${indent}self.lines = list(lines)`,
            },
          },
        ],
      };
    },
    ([edit]) => {
      if (!edit.text.includes("1 occurrence")) mismatch("one edit", edit);
      return { say: "Now I run the tests again.", calls: [tests] };
    },
    ([run]) => {
      if (!/Ran 3 tests/.test(run.text) || !/\bOK$/m.test(run.text)) mismatch("three passing tests", run);
      return {
        say: "All tests pass. Finally I run the program.",
        calls: [{ name: "execute", args: { command: `cd ${folder} && python3 -m shop` } }],
      };
    },
    ([run]) => {
      const [, total] = /^total +(\S+ EUR)$/m.exec(run.text) ?? mismatch("a receipt with a total", run);
      return {
        say: `The project works: all three tests pass. The defect was the default \`lines=[]\` in ${cause.path.slice(folder.length + 1)}, line ${cause.line}: all baskets shared one list. The default is now \`lines=()\`, which is copied for each basket. The program's receipt has a total of ${total}.`,
      };
    },
  ];
}

/** Returns the first line in grep's output that has a list as a default argument, and its file. */
function defaultArgument(hits) {
  let path;
  for (const row of hits.text.split("\n")) {
    if (/^\/.*:$/.test(row)) path = row.slice(0, -1);
    const [, line, text] = /^\s*(\d+): ?(.*=\[\].*)$/.exec(row) ?? [];
    if (path !== undefined && line !== undefined) return { path, line: Number(line), text };
  }
  return mismatch("a line with a list as a default argument", hits);
}
