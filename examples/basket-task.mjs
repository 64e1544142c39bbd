// The work that the quickstart's agent does: a small Python project whose draft holds a real defect.
import { mismatch } from "./scripted-model.mjs";

export const systemPrompt =
  "You are a careful programmer with a sandbox. Use absolute paths. Say in a sentence what you do and why before each step.";

const drafts = {
  "shop/__init__.py": `"""A shop's till: baskets, discounts and receipts."""
`,
  "shop/money.py": `"""Amounts are whole cents, so that no price is ever a rounding error."""


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
    def test_adds_up_what_is_in_it(self):
        basket = Basket()
        basket.add("tea", 450, 2)
        basket.add("honey", 795)
        self.assertEqual(basket.total(), 1695)

    def test_takes_the_discount_off_the_sum(self):
        basket = Basket([("honey", 795, 1)], discount=10)
        self.assertEqual(basket.total(), 716)

    def test_starts_empty(self):
        self.assertEqual(Basket().total(), 0)
`,
};

/** What a person would ask for; a real model works from this alone. */
export function request(folder) {
  const files = Object.entries(drafts).map(([name, text]) => `--- ${name}\n${text}`);
  return `Create this Python project in ${folder}, the files exactly as they are here, and run its tests with \
"python3 -m unittest". Some test fails, because a draft has a defect. Find the cause with grep and read_file, repair it \
with the smallest edit that is right, and run the tests again until they pass. Then run the program with \
"python3 -m shop" and tell me in a few sentences what was wrong, what you changed, and the total that it printed.

${files.join("\n")}`;
}

/** The turns of the model that works without a key. Each goes on from what the sandbox really answered. */
export function script(folder) {
  const tests = { name: "execute", args: { command: `cd ${folder} && python3 -m unittest` } };
  let cause;
  return [
    {
      say: "I write the six files of the project first.",
      calls: Object.entries(drafts).map(([name, content]) => ({
        name: "write_file",
        args: { file_path: `${folder}/${name}`, content },
      })),
    },
    (written) => {
      const refused = written.find((result) => !result.text.startsWith("Successfully wrote"));
      if (refused) mismatch("every file to be written", refused);
      return { say: "All files are there. Now the tests, to see what fails.", calls: [tests] };
    },
    ([run]) => {
      const [, found] = /AssertionError: (\d+) != 0/.exec(run.text) ?? mismatch("a test that fails", run);
      if (!run.text.includes("FAILED (failures=1)")) mismatch("one failure of three tests", run);
      return {
        say: `A new basket is not empty: its total is ${found}, which is what another test put into its own. Baskets seem to share their lines, so I look for every place that touches them.`,
        calls: [{ name: "grep", args: { pattern: "lines", path: folder, glob: "*.py" } }],
      };
    },
    ([hits]) => {
      cause = defaultArgument(hits);
      return {
        say: `Line ${cause.line} of ${cause.path.slice(folder.length + 1)} looks wrong: Python makes a default value once, not once a call. I read it in its surroundings.`,
        calls: [{ name: "read_file", args: { file_path: cause.path, offset: cause.line - 2, limit: 5 } }],
      };
    },
    ([page]) => {
      const signature = cause.text.trim();
      const body = "self.lines = lines";
      if (!page.text.includes(signature) || !page.text.includes(body)) mismatch(`"${signature}" and its body`, page);
      const indent = " ".repeat(8);
      return {
        say: "That is the cause: all baskets made without lines keep them in the same list. Each gets a list of its own.",
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
      return { say: "Now the tests again.", calls: [tests] };
    },
    ([run]) => {
      if (!/Ran 3 tests/.test(run.text) || !/\bOK$/m.test(run.text)) mismatch("three tests that pass", run);
      return {
        say: "Green. Last, the program itself.",
        calls: [{ name: "execute", args: { command: `cd ${folder} && python3 -m shop` } }],
      };
    },
    ([run]) => {
      const [, total] = /^total +(\S+ EUR)$/m.exec(run.text) ?? mismatch("a receipt with a total", run);
      return {
        say: `The project works: three tests pass. The defect was the default \`lines=[]\` in ${cause.path.slice(folder.length + 1)}, line ${cause.line}: one list for all baskets. It is \`lines=()\` now, copied for each basket. The program's receipt comes to ${total}.`,
      };
    },
  ];
}

/** The first line with a list as a default argument among grep's hits, and the file that it stands in. */
function defaultArgument(hits) {
  let path;
  for (const row of hits.text.split("\n")) {
    if (/^\/.*:$/.test(row)) path = row.slice(0, -1);
    const [, line, text] = /^\s*(\d+): ?(.*=\[\].*)$/.exec(row) ?? [];
    if (path !== undefined && line !== undefined) return { path, line: Number(line), text };
  }
  return mismatch("a line with a list as a default argument", hits);
}
