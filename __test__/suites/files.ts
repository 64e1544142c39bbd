import { createHash } from "node:crypto";
import { type Case, type SandboxUnderTest, type Suite, decode, encode, writeFile, sh } from "./suite.js";

/** A case that uploads a file, downloads it again and compares the bytes. */
function roundTrip(name: string, file: string, content: Uint8Array): Case {
  return {
    name,
    async run({ sandbox, folder }) {
      const path = `${folder}/${file}`;
      const up = await sandbox.uploadFiles([[path, content]]);
      const [down] = await sandbox.downloadFiles([path]);
      return {
        up: up.map((result) => [result.path === path, result.error]),
        down: [down?.path === path, down?.error, down?.content?.constructor.name],
        same: down?.content != null && Buffer.compare(down.content, content) === 0,
        size: (await sh(sandbox, `stat -c %s ${quoted(path)}`)).trim(),
      };
    },
    expected: { up: [[true, null]], down: [true, null, "Uint8Array"], same: true, size: String(content.length) },
  };
}

const quoted = (path: string) => `'${path.replaceAll("'", "'\\''")}'`;

/** The results without the contents, which other cases compare. */
const errorsByPath = (results: { path: string; error: unknown }[]) => results.map(({ path, error }) => [path, error]);

async function upload(sandbox: SandboxUnderTest, path: string, text = "text") {
  return errorsByPath(await sandbox.uploadFiles([[path, encode(text)]]));
}

async function download(sandbox: SandboxUnderTest, path: string) {
  return (await sandbox.downloadFiles([path])).map((result) => [result.path, result.error, result.content && decode(result.content)]);
}

const everyByte = Uint8Array.from({ length: 1024 }, (_, i) => i & 255);
const delimiters = encode("\r\n--DAYTONA-FILE-BOUNDARY\r\nContent-Disposition: form-data\r\n\r\n--\r\n\r\n");

export const files: Suite = {
  name: "files",
  cases: [
    roundTrip("keeps text", "a.txt", encode("line one\nline two\n")),
    roundTrip("keeps every byte", "bytes.bin", everyByte),
    roundTrip("keeps an empty file", "empty", new Uint8Array()),
    roundTrip("keeps carriage returns and a missing last newline", "crlf.txt", encode("a\r\nb\rc")),
    roundTrip("keeps a byte order mark", "bom.txt", encode("\ufefftext")),
    roundTrip("keeps content that contains the multipart boundary", "tricky", delimiters),
    roundTrip("supports names with spaces", "a name with  spaces.txt", encode("x")),
    roundTrip("supports names in unicode", "grüße 世界 🦀.txt", encode("x")),
    roundTrip("supports names with quotes", `it's "quoted".txt`, encode("x")),
    roundTrip("supports names with shell characters", "$HOME `id` & ; * ? [a] {b} ~.txt", encode("x")),
    roundTrip("supports names with per cent and plus", "100%25 + 1.txt", encode("x")),
    roundTrip("supports a name that begins with a dash", "-rf", encode("x")),
    roundTrip("supports a hidden name", ".hidden", encode("x")),
    roundTrip("supports a name of 255 bytes", "n".repeat(255), encode("x")),
    roundTrip("creates the parent folders of a file", "one/two/three/four/five.txt", encode("deep")),
    roundTrip("creates folders with spaces and unicode", "a folder/世界/x.txt", encode("x")),
    roundTrip(
      "keeps eight megabytes",
      "big.bin",
      new Uint8Array(8 << 20).map((_, i) => (i * 31) & 255),
    ),
    {
      name: "sends only the bytes of a view",
      async run({ sandbox, folder }) {
        const whole = encode("left|middle|right");
        await writeFile(sandbox, `${folder}/view`, whole.subarray(5, 11));
        return sh(sandbox, `cat ${folder}/view`);
      },
      expected: "middle",
    },
    {
      name: "replaces a file",
      async run({ sandbox, folder }) {
        await writeFile(sandbox, `${folder}/f`, "a long first text");
        await writeFile(sandbox, `${folder}/f`, "short");
        return sh(sandbox, `cat ${folder}/f`);
      },
      expected: "short",
    },
    {
      name: "resolves a relative path in the working directory",
      async run({ sandbox, folder }) {
        const relative = `${folder.replace("/home/daytona/", "")}/relative.txt`;
        return [await upload(sandbox, relative), await download(sandbox, relative), await sh(sandbox, `cat ${relative}`)];
      },
      expected: [[["<folder>/relative.txt", null]], [["<folder>/relative.txt", null, "text"]], "text"],
    },
    {
      name: "resolves a bare name in the working directory",
      async run({ sandbox }) {
        const up = await upload(sandbox, "bare-name.txt");
        return [up, await sh(sandbox, "cat /home/daytona/bare-name.txt && rm /home/daytona/bare-name.txt")];
      },
      expected: [[["bare-name.txt", null]], "text"],
    },
    { name: "uploads nothing", run: ({ sandbox }) => sandbox.uploadFiles([]), expected: [] },
    { name: "downloads nothing", run: ({ sandbox }) => sandbox.downloadFiles([]), expected: [] },
    {
      name: "uploads and downloads two hundred files in order",
      async run({ sandbox, folder }) {
        const many = Array.from({ length: 200 }, (_, i): [string, Uint8Array] => [`${folder}/d${i % 7}/${i}.txt`, encode(`file ${i}`)]);
        const up = await sandbox.uploadFiles(many);
        const down = await sandbox.downloadFiles(many.map(([path]) => path));
        return {
          uploaded: up.filter((result, i) => result.path === many[i]?.[0] && result.error === null).length,
          downloaded: down.filter((result, i) => result.path === many[i]?.[0] && decode(result.content) === `file ${i}`).length,
          listed: (await sh(sandbox, `find ${folder} -type f | wc -l`)).trim(),
        };
      },
      expected: { uploaded: 200, downloaded: 200, listed: "200" },
    },
    {
      name: "reports a missing file when downloading",
      run: ({ sandbox, folder }) => download(sandbox, `${folder}/missing.txt`),
      expected: [["<folder>/missing.txt", "file_not_found", null]],
    },
    {
      name: "reports a missing folder when downloading",
      run: ({ sandbox, folder }) => download(sandbox, `${folder}/no/such/folder.txt`),
      expected: [["<folder>/no/such/folder.txt", "file_not_found", null]],
    },
    {
      name: "reports a folder when downloading",
      run: ({ sandbox, folder }) => download(sandbox, folder),
      expected: [["<folder>", "is_directory", null]],
    },
    {
      name: "reports a file without permission when downloading",
      async run({ sandbox, folder }) {
        await sh(sandbox, `echo secret > ${folder}/locked && chmod 000 ${folder}/locked`);
        return download(sandbox, `${folder}/locked`);
      },
      expected: [["<folder>/locked", "permission_denied", null]],
    },
    {
      name: "reports a path below a file when downloading",
      async run({ sandbox, folder }) {
        await writeFile(sandbox, `${folder}/file`, "x");
        return download(sandbox, `${folder}/file/below`);
      },
    },
    {
      name: "reports an empty path when downloading",
      run: ({ sandbox }) => download(sandbox, ""),
      expected: [["", "invalid_path", null]],
    },
    {
      name: "reports a folder when uploading",
      async run({ sandbox, folder }) {
        await sh(sandbox, `mkdir ${folder}/folder`);
        return upload(sandbox, `${folder}/folder`);
      },
      expected: [["<folder>/folder", "is_directory"]],
    },
    {
      name: "reports a folder without permission when uploading",
      run: ({ sandbox }) => upload(sandbox, "/usr/bin/not-ours"),
    },
    {
      name: "reports a file without permission when uploading",
      async run({ sandbox, folder }) {
        await sh(sandbox, `echo a > ${folder}/locked && chmod 400 ${folder}/locked`);
        return [await upload(sandbox, `${folder}/locked`), await sh(sandbox, `cat ${folder}/locked`)];
      },
      expected: [[["<folder>/locked", "permission_denied"]], "a\n"],
    },
    {
      name: "reports a path below a file when uploading",
      async run({ sandbox, folder }) {
        await writeFile(sandbox, `${folder}/file`, "x");
        return upload(sandbox, `${folder}/file/below`);
      },
    },
    {
      name: "downloads the valid files if others fail",
      async run({ sandbox, folder }) {
        await writeFile(sandbox, `${folder}/a`, "a");
        await writeFile(sandbox, `${folder}/c`, "c");
        const paths = [`${folder}/a`, `${folder}/missing`, folder, `${folder}/c`, `${folder}/a`];
        const results = await sandbox.downloadFiles(paths);
        return results.map((result, i) => [result.path === paths[i], result.error === null, decode(result.content)]);
      },
      expected: [
        [true, true, "a"],
        [true, false, null],
        [true, false, null],
        [true, true, "c"],
        [true, true, "a"],
      ],
    },
    {
      name: "uploads the valid files if others fail",
      async run({ sandbox, folder }) {
        const results = await sandbox.uploadFiles([
          [`${folder}/a`, encode("a")],
          ["/usr/lib/not-ours", encode("b")],
          [`${folder}/c`, encode("c")],
        ]);
        return [results.map(({ path, error }) => [path, error === null]), await sh(sandbox, `cat ${folder}/a ${folder}/c`)];
      },
      expected: [
        [
          ["<folder>/a", true],
          ["/usr/lib/not-ours", false],
          ["<folder>/c", true],
        ],
        "ac",
      ],
    },
    {
      name: "keeps the last of two files with the same name",
      async run({ sandbox, folder }) {
        const results = await sandbox.uploadFiles([
          [`${folder}/same`, encode("first")],
          [`${folder}/same`, encode("second")],
        ]);
        return [errorsByPath(results), await sh(sandbox, `cat ${folder}/same`)];
      },
      expected: [
        [
          ["<folder>/same", null],
          ["<folder>/same", null],
        ],
        "second",
      ],
    },
    {
      name: "creates files that the sandbox's user owns",
      async run({ sandbox, folder }) {
        await writeFile(sandbox, `${folder}/deep/owned`, "x");
        return sh(sandbox, `stat -c '%U %G %a' ${folder}/deep ${folder}/deep/owned`);
      },
      expected: "daytona daytona 755\ndaytona daytona 644\n",
    },
    {
      name: "follows a link inside the sandbox",
      async run({ sandbox, folder }) {
        await sh(sandbox, `mkdir ${folder}/real && ln -s real ${folder}/link && echo linked > ${folder}/real/f`);
        return [
          await download(sandbox, `${folder}/link/f`),
          await upload(sandbox, `${folder}/link/g`),
          await sh(sandbox, `cat ${folder}/real/g`),
        ];
      },
      expected: [[["<folder>/link/f", null, "linked\n"]], [["<folder>/link/g", null]], "text"],
    },
    {
      name: "downloads files that commands wrote",
      async run({ sandbox, folder }) {
        await sh(sandbox, `head -c 300000 /dev/zero | tr '\\0' z > ${folder}/z`);
        const [result] = await sandbox.downloadFiles([`${folder}/z`]);
        return createHash("sha256")
          .update(result?.content ?? "")
          .digest("hex");
      },
      expected: createHash("sha256").update("z".repeat(300_000)).digest("hex"),
    },
  ],
};
