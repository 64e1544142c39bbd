// Files: a project into the sandbox, changes in it, a result out of it, and a large file as a stream with progress.
//
//   node examples/files.mjs
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { DaytonaSandbox } from "daytona-native";

const sandbox = await DaytonaSandbox.create({ target: "local" });
try {
  // One request for all files; missing folders are created. A failed file does not affect the others.
  const files = {
    "site/index.html": "<h1>TITLE</h1>\n",
    "site/about.html": "<h1>About TITLE</h1>\n",
    "site/style.css": "h1 { color: teal }\n",
  };
  const uploads = await sandbox.uploadFiles(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  console.log(`uploaded ${uploads.filter(({ error }) => error === null).length} of ${uploads.length} files`);

  const { fs } = sandbox.sandbox;
  const { files: pages } = await fs.searchFiles("site", "*.html");
  await fs.replaceInFiles(pages, "TITLE", "Sandboxes");
  for (const { file, line, content } of (await fs.findFiles("site", "Sandboxes")).sort((a, b) => a.file.localeCompare(b.file))) {
    console.log(`${file}:${line}: ${content}`);
  }

  // A missing file is a result with a reason, not an exception.
  for (const { path, content, error } of await sandbox.downloadFiles(["site/style.css", "site/missing.css"])) {
    console.log(`${path}: ${error ?? `${content?.length} bytes`}`);
  }

  // Streams take files of any size without having them in memory: here 64 MiB, which exist nowhere as a whole.
  const chunk = Buffer.alloc(1024 * 1024, "daytona");
  const sent = createHash("sha256");
  async function* chunks() {
    for (let count = 0; count < 64; count++) {
      sent.update(chunk);
      yield chunk;
    }
  }
  let reports = 0;
  await fs.uploadFileStream(Readable.from(chunks()), "large.bin", { onProgress: () => reports++ });
  const { size } = await fs.getFileDetails("large.bin");
  const received = createHash("sha256");
  for await (const piece of await fs.downloadFileStream("large.bin")) received.update(piece);
  const equal = sent.digest("hex") === received.digest("hex");
  console.log(`streamed ${size / 1024 / 1024} MiB ${reports > 1 ? "with progress" : "at once"}, ${equal ? "unchanged" : "changed"}`);
} finally {
  await sandbox.close();
}
