import { type Case, type SandboxUnderTest, type Suite, byPath, writeFile, sh } from "./suite.js";

// The methods that DaytonaSandbox inherits from deepagents and that an agent's tools call.

const TREE = {
  "readme.md": "# Title\n\nneedle in markdown\n",
  "src/main.py": "import util\n\nprint(util.needle())\n",
  "src/util.py": "def needle():\n    return 'Needle: a.b*c [x]'\n",
  "src/deep/er/notes.txt": "nothing here\nneedle twice needle\n",
  ".hidden/config.json": '{"needle": 1}\n',
  "with space/ü.txt": "needle grüße\n",
};

async function writeTree(sandbox: SandboxUnderTest, folder: string): Promise<void> {
  for (const [name, text] of Object.entries(TREE)) await writeFile(sandbox, `${folder}/${name}`, text);
}

/** Replaces times, and the sizes of folders, which depend on the file system. */
function entries(items: { path: string; is_dir?: boolean; size?: number; modified_at?: string }[] | undefined) {
  return byPath(items)?.map(({ path, is_dir, size, modified_at }) => ({
    path,
    is_dir,
    size: is_dir ? "any" : size,
    dated: !Number.isNaN(Date.parse(modified_at ?? "")),
  }));
}

/** A case that reads one file with `read`. */
function read(name: string, file: string, content: string, ...page: [offset?: number, limit?: number]): Case {
  return {
    name,
    async run({ sandbox, folder }) {
      await writeFile(sandbox, `${folder}/${file}`, content);
      return sandbox.read(`${folder}/${file}`, ...page);
    },
  };
}

/** A case that edits one file and checks its content. */
function edit(name: string, before: string, from: string, to: string, all: boolean | undefined, after: string): Case {
  return {
    name,
    async run({ sandbox, folder }) {
      const path = `${folder}/file.txt`;
      await writeFile(sandbox, path, before);
      const { error, path: edited, occurrences } = await sandbox.edit(path, from, to, all);
      return { error, edited, occurrences, after: await sh(sandbox, `cat ${path}`) };
    },
    // The messages of the providers are compared; the content of the file is known.
    expected: { after },
  };
}

export const tools: Suite = {
  name: "tools",
  cases: [
    {
      name: "ls lists files and folders",
      async run({ sandbox, folder }) {
        await writeTree(sandbox, folder);
        return entries((await sandbox.ls(folder)).files);
      },
      expected: [
        { path: "<folder>/.hidden/", is_dir: true },
        { path: "<folder>/readme.md", is_dir: false, size: TREE["readme.md"].length },
        { path: "<folder>/src/", is_dir: true },
        { path: "<folder>/with space/", is_dir: true },
      ],
    },
    {
      name: "ls of an empty folder, a file and a missing folder",
      async run({ sandbox, folder }) {
        await writeFile(sandbox, `${folder}/a/file`, "x");
        await sh(sandbox, `mkdir ${folder}/empty`);
        const paths = [`${folder}/empty`, `${folder}/a/file`, `${folder}/missing`];
        return Promise.all(paths.map(async (path) => entries((await sandbox.ls(path)).files)));
      },
      expected: [[], [], []],
    },
    {
      name: "ls of names with spaces, tabs and quotes",
      async run({ sandbox, folder }) {
        await sh(sandbox, `cd ${folder} && touch 'a b' "it's" "$(printf 'tab\\there')" '"q"'`);
        return entries((await sandbox.ls(folder)).files)?.map((entry) => entry.path);
      },
      expected: ['<folder>/"q"', "<folder>/a b", "<folder>/it's", "<folder>/tab\there"],
    },
    read("read returns a file", "f.txt", "one\ntwo\nthree\n"),
    read("read begins at an offset", "f.txt", "1\n2\n3\n4\n5\n", 2),
    read("read ends at a limit", "f.txt", "1\n2\n3\n4\n5\n", 1, 2),
    read("read beyond the end", "f.txt", "1\n2\n", 10, 5),
    read("read nothing", "f.txt", "1\n2\n", 0, 0),
    read("read accepts unusual numbers", "f.txt", "1\n2\n3\n", -1, 1.9),
    read("read of an empty file", "f.txt", ""),
    read("read of a file without a last newline", "f.txt", "one\ntwo"),
    read("read keeps unicode and white space", "ü.py", "\tgrüße 世界 🦀  \n\n  end\n"),
    read("read of a long line", "f.txt", `${"x".repeat(20_000)}\nshort\n`),
    read("read of a name with spaces and quotes", 'it\'s a "name".txt', "text\n"),
    {
      name: "read of a missing file and of a folder",
      run: ({ sandbox, folder }) => Promise.all([sandbox.read(`${folder}/missing.txt`), sandbox.read(folder)]),
    },
    {
      name: "read and readRaw of a picture",
      async run({ sandbox, folder }) {
        const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 255]);
        await writeFile(sandbox, `${folder}/a.png`, png);
        const { content, mimeType, error } = await sandbox.read(`${folder}/a.png`);
        const raw = await sandbox.readRaw(`${folder}/a.png`);
        const same = (found: unknown) => found instanceof Uint8Array && Buffer.compare(found, png) === 0;
        return { same: same(content), mimeType, error, rawSame: same(raw.data?.content) };
      },
      expected: { same: true, mimeType: "image/png", error: undefined, rawSame: true },
    },
    {
      name: "readRaw of text, and of a missing file",
      async run({ sandbox, folder }) {
        await writeFile(sandbox, `${folder}/f.txt`, "one\r\ntwo");
        const { data } = await sandbox.readRaw(`${folder}/f.txt`);
        const text = data !== undefined && "mimeType" in data ? [data.content, data.mimeType] : data;
        return [text, await sandbox.readRaw(`${folder}/missing.txt`)];
      },
      expected: [["one\r\ntwo", "text/plain"], { error: "File '<folder>/missing.txt' not found" }],
    },
    {
      name: "write creates a file and its folders",
      async run({ sandbox, folder }) {
        const result = await sandbox.write(`${folder}/new/deep/f.txt`, "grüße\n$HOME `id` 'x'\n");
        return [result, await sh(sandbox, `cat ${folder}/new/deep/f.txt`)];
      },
      expected: [{ path: "<folder>/new/deep/f.txt", filesUpdate: null }, "grüße\n$HOME `id` 'x'\n"],
    },
    {
      name: "write replaces a file",
      async run({ sandbox, folder }) {
        await sandbox.write(`${folder}/f.txt`, "first, and longer");
        return [await sandbox.write(`${folder}/f.txt`, "second"), await sh(sandbox, `cat ${folder}/f.txt`)];
      },
      expected: [{ path: "<folder>/f.txt", filesUpdate: null }, "second"],
    },
    {
      name: "write of an empty file, and of a picture in base64",
      async run({ sandbox, folder }) {
        const results = [await sandbox.write(`${folder}/empty.txt`, ""), await sandbox.write(`${folder}/p.png`, "iVBORw==")];
        return [results.map((result) => result.error), await sh(sandbox, `wc -c < ${folder}/empty.txt; od -An -tx1 ${folder}/p.png`)];
      },
      expected: [[undefined, undefined], "0\n 89 50 4e 47\n"],
    },
    {
      name: "write without permission and to a folder",
      async run({ sandbox, folder }) {
        await sh(sandbox, `mkdir ${folder}/dir.txt`);
        return [await sandbox.write("/usr/not-ours.txt", "x"), await sandbox.write(`${folder}/dir.txt`, "x")];
      },
    },
    edit("edit replaces one occurrence", "one two three\n", "two", "2", undefined, "one 2 three\n"),
    edit("edit replaces several lines", "a\nb\nc\nd\n", "b\nc\n", "B\n", false, "a\nB\nd\n"),
    edit("edit removes a string", "keep remove keep\n", " remove", "", false, "keep keep\n"),
    edit("edit replaces all occurrences", "x y x y x\n", "x", "longer", true, "longer y longer y longer\n"),
    edit("edit keeps unicode and special characters", "grüße $a `b` \\n\n", "$a `b`", "🦀 $& $1", false, "grüße 🦀 $& $1 \\n\n"),
    edit("edit rejects a string that occurs twice", "x x\n", "x", "y", false, "x x\n"),
    edit("edit rejects a string that does not occur", "abc\n", "nope", "y", false, "abc\n"),
    edit("edit fills an empty file", "", "", "new\n", false, "new\n"),
    edit("edit rejects an empty string", "abc\n", "", "new", false, "abc\n"),
    edit("edit of a string by itself", "abc\n", "abc", "abc", false, "abc\n"),
    {
      name: "edit of a missing file",
      run: ({ sandbox, folder }) => sandbox.edit(`${folder}/missing.txt`, "a", "b"),
      expected: { error: "Error: File '<folder>/missing.txt' not found" },
    },
    {
      name: "edit of a file of two megabytes",
      async run({ sandbox, folder }) {
        await writeFile(sandbox, `${folder}/big.txt`, `${"x".repeat(1 << 20)}needle${"y".repeat(1 << 20)}`);
        const { occurrences } = await sandbox.edit(`${folder}/big.txt`, "needle", "found");
        return [occurrences, (await sh(sandbox, `wc -c < ${folder}/big.txt; grep -c found ${folder}/big.txt`)).split("\n")];
      },
      expected: [1, [String((2 << 20) + 5), "1", ""]],
    },
    ...(
      [
        ["grep finds a string in all files", ["needle"]],
        ["grep treats the pattern as a literal string", ["a.b*c [x]"]],
        ["grep finds unicode", ["grüße"]],
        ["grep is case-sensitive", ["NEEDLE"]],
        ["grep supports a glob", ["needle", "*.py"]],
        ["grep finds a string that starts with a dash", ["-not there"]],
        ["grep stops at a maximum number of matches", ["needle", null, 2]],
      ] as [string, [string, (string | null)?, number?]][]
    ).map(
      ([name, [pattern, glob, limit]]): Case => ({
        name,
        async run({ sandbox, folder }) {
          await writeTree(sandbox, folder);
          const { matches, error, truncated } = await sandbox.grep(pattern, folder, glob ?? null, limit ?? null);
          // The order depends on the file system, so only the length of a truncated list is compared.
          const found = limit === undefined ? byPath(matches) : matches?.length;
          return { found, error, truncated };
        },
      }),
    ),
    {
      name: "grep in one file, and in a missing file",
      async run({ sandbox, folder }) {
        await writeTree(sandbox, folder);
        return Promise.all([sandbox.grep("needle", `${folder}/src/util.py`), sandbox.grep("needle", `${folder}/missing`)]);
      },
      expected: [{ matches: [{ path: "<folder>/src/util.py", line: 1, text: "def needle():" }] }, { matches: [] }],
    },
    ...["*", "*.md", "**/*.py", "src/*.py", "**/*.txt", "**/.hidden/*", "src/**", "*.none", "src/ut?l.py", "src/[mu]*.py"].map(
      (pattern): Case => ({
        name: `glob ${pattern}`,
        async run({ sandbox, folder }) {
          await writeTree(sandbox, folder);
          const { files, error, truncated } = await sandbox.glob(pattern, folder);
          return { files: entries(files), error, truncated };
        },
      }),
    ),
    {
      name: "delete removes files, folders and links",
      async run({ sandbox, folder }) {
        await writeTree(sandbox, folder);
        await sh(sandbox, `cd ${folder} && ln -s nowhere dangling && touch -- "it's"`);
        const paths = ["readme.md", "src", "dangling", "it's"].map((name) => `${folder}/${name}`);
        const results = [];
        for (const path of paths) results.push(await sandbox.delete(path));
        return [results, await sh(sandbox, `ls -A ${folder}`)];
      },
      expected: [
        ["readme.md", "src", "dangling", "it's"].map((name) => ({ path: `<folder>/${name}`, filesUpdate: null })),
        ".hidden\nwith space\n",
      ],
    },
    {
      name: "delete of a missing file, and without permission",
      async run({ sandbox, folder }) {
        const kept = await sandbox.delete("/usr/bin/env");
        return [await sandbox.delete(`${folder}/missing`), kept.path, /usr\/bin\/env/.test(kept.error ?? "")];
      },
      expected: [{ error: "Error: '<folder>/missing' not found" }, undefined, true],
    },
  ],
};
