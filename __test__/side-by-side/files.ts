import fs from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type Area, type Context, inOrder, sh } from "./case.js";

/** Files by name: lists have no order. */
const byName = <T extends { name: string }>(files: T[]) => files.sort((a, b) => a.name.localeCompare(b.name));

/** Writes a text. */
const write = ({ sandbox, folder }: Context, name: string, text: string) => sandbox.fs.uploadFile(Buffer.from(text), `${folder}/${name}`);

/** Reads a text. */
const read = async ({ sandbox, folder }: Context, name: string) => (await sandbox.fs.downloadFile(`${folder}/${name}`)).toString();

/** Files. */
export const files: Area = {
  name: "files",
  cases: {
    "a file goes up and down": async (context) => {
      const returned = await write(context, "a b.txt", "grüße 🚀\n");
      return [returned, await context.sandbox.fs.downloadFile(`${context.folder}/a b.txt`), await read(context, "a b.txt")];
    },
    "an empty file": async (context) => [
      await write(context, "empty", ""),
      await context.sandbox.fs.downloadFile(`${context.folder}/empty`),
    ],
    "a relative path": async ({ sandbox, folder }) => {
      const relative = `${folder.replace("/home/daytona/", "")}/x`;
      await sandbox.fs.uploadFile(Buffer.from("x"), relative);
      return (await sandbox.fs.downloadFile(relative)).toString();
    },
    "files that are not there": (context) => {
      const { fs } = context.sandbox;
      const none = `${context.folder}/none`;
      return inOrder(
        () => fs.downloadFile(none),
        () => fs.getFileDetails(none),
        () => fs.listFiles(none),
        () => fs.deleteFile(none),
        () => fs.moveFiles(none, `${none}2`),
        () => fs.setFilePermissions(none, { mode: "644" }),
        () => fs.findFiles(none, "x"),
        () => fs.searchFiles(none, "*"),
        () => fs.replaceInFiles([none], "a", "b"),
        () => fs.downloadFiles([{ source: none }]),
        () => fs.downloadFileStream(none),
      );
    },
    "paths that are not files": async (context) => {
      const { fs } = context.sandbox;
      await write(context, "file", "x");
      return await inOrder(
        () => fs.downloadFile(context.folder),
        () => fs.uploadFile(Buffer.from("x"), context.folder),
        () => fs.uploadFile(Buffer.from("x"), "/usr/bin/not-ours"),
        () => fs.uploadFile(Buffer.from("x"), `${context.folder}/file/below`),
        () => fs.downloadFile("/etc/shadow"),
        () => fs.listFiles(`${context.folder}/file`),
        () => fs.deleteFile(context.folder),
        () => fs.createFolder(`${context.folder}/file`, "755"),
        () => fs.downloadFile(""),
      );
    },
    "many files": async (context) => {
      const { fs } = context.sandbox;
      const [a, b] = [`${context.folder}/deep/er/a`, `${context.folder}/b`];
      return await inOrder(
        () =>
          fs.uploadFiles([
            { source: Buffer.from("a"), destination: a },
            { source: Buffer.from("bb"), destination: b },
          ]),
        () => fs.downloadFiles([{ source: a }, { source: `${context.folder}/none` }, { source: b }, { source: context.folder }]),
        () => fs.downloadFiles([]),
        () => fs.uploadFiles([]),
      );
    },
    "local files": async (context) => {
      const { sandbox, folder, localFolder } = context;
      const [from, to] = [path.join(localFolder, "from"), path.join(localFolder, "new/to")];
      await fs.writeFile(from, "local");
      const results = await inOrder(
        () => sandbox.fs.uploadFile(from, `${folder}/up`),
        () => sandbox.fs.downloadFile(`${folder}/up`, to),
        () => sandbox.fs.downloadFiles([{ source: `${folder}/up`, destination: `${to}2` }]),
        () => sandbox.fs.downloadFile(`${folder}/none`, `${to}3`),
        () => fs.access(`${to}3`),
        () => sandbox.fs.uploadFile(path.join(localFolder, "none"), `${folder}/none`),
        () => sandbox.fs.uploadFiles([{ source: from, destination: `${folder}/up2` }]),
      );
      return { results, content: [await fs.readFile(to, "utf8"), await fs.readFile(`${to}2`, "utf8")] };
    },
    streams: async (context) => {
      const { fs } = context.sandbox;
      const content = Buffer.alloc(300_000, "0123456789");
      const progress: number[] = [];
      await fs.uploadFileStream(Readable.from([content.subarray(0, 100_000), content.subarray(100_000)]), `${context.folder}/s`, {
        onProgress: ({ bytesSent }) => progress.push(bytesSent),
      });
      const received: { bytesReceived: number; totalBytes?: number }[] = [];
      const stream = await fs.downloadFileStream(`${context.folder}/s`, { onProgress: (now) => received.push(now) });
      const down = await buffer(stream);
      return {
        isReadable: stream instanceof Readable,
        same: down.equals(content),
        sent: [progress.at(-1), progress.every((bytes, i) => bytes >= (progress[i - 1] ?? 0))],
        received: [received.at(-1), received.every(({ bytesReceived }, i) => bytesReceived >= (received[i - 1]?.bytesReceived ?? 0))],
      };
    },
    "streams that are aborted": async (context) => {
      const { fs } = context.sandbox;
      await write(context, "s", "x".repeat(100_000));
      return await inOrder(
        () => fs.downloadFileStream(`${context.folder}/s`, { signal: AbortSignal.abort() }),
        () => fs.uploadFileStream(Readable.from(["x"]), `${context.folder}/t`, { signal: AbortSignal.abort() }),
      );
    },
    folders: async (context) => {
      const { fs } = context.sandbox;
      const { folder } = context;
      return await inOrder(
        () => fs.createFolder(`${folder}/a/b`, "750"),
        () => fs.createFolder(`${folder}/a/b`, "750"),
        () => fs.createFolder(`${folder}/c`, "what"),
        () => write(context, "a/x.txt", "12345"),
        () => fs.listFiles(`${folder}/a`).then(byName),
        () => fs.listFiles(folder, { depth: 2 } as never).then(byName),
        () => fs.getFileDetails(`${folder}/a/x.txt`),
        () => fs.getFileDetails(`${folder}/a`),
        () => fs.deleteFile(`${folder}/a`),
        () => fs.deleteFile(`${folder}/a`, true),
        () => fs.deleteFile(`${folder}/a`, true),
      );
    },
    "a file is moved": async (context) => {
      const { fs } = context.sandbox;
      await write(context, "from", "x");
      await write(context, "other", "y");
      return await inOrder(
        () => fs.moveFiles(`${context.folder}/from`, `${context.folder}/to`),
        () => read(context, "to"),
        () => fs.moveFiles(`${context.folder}/to`, `${context.folder}/other`),
        () => fs.moveFiles(`${context.folder}/other`, `${context.folder}/none/below`),
      );
    },
    permissions: async (context) => {
      const { fs } = context.sandbox;
      await write(context, "f", "x");
      return await inOrder(
        () => fs.setFilePermissions(`${context.folder}/f`, { mode: "600" }),
        () => fs.getFileDetails(`${context.folder}/f`),
        () => fs.setFilePermissions(`${context.folder}/f`, { mode: "what" }),
        () => fs.setFilePermissions(`${context.folder}/f`, { owner: "root" }),
        () => fs.setFilePermissions(`${context.folder}/f`, { owner: "no-such-user" }),
        () => fs.setFilePermissions(`${context.folder}/f`, {}),
      );
    },
    "files are searched": async (context) => {
      const { fs } = context.sandbox;
      await write(context, "a.txt", "one needle\ntwo\nneedle needle\n");
      await write(context, "sub/b.md", "needle\n");
      return await inOrder(
        () => fs.findFiles(context.folder, "needle").then((found) => found.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line)),
        () => fs.findFiles(`${context.folder}/a.txt`, "needle"),
        () => fs.findFiles(context.folder, "none of it"),
        () => fs.searchFiles(context.folder, "*.md"),
        () => fs.searchFiles(context.folder, "none"),
        () => fs.searchFiles(context.folder, "["),
        () => fs.findFiles(context.folder, ""),
        () => fs.searchFiles(context.folder, ""),
      );
    },
    "text is replaced": async (context) => {
      const { fs } = context.sandbox;
      await write(context, "a.txt", "one two one");
      const [a, none] = [`${context.folder}/a.txt`, `${context.folder}/none`];
      return await inOrder(
        () => fs.replaceInFiles([a, none], "one", "1"),
        () => read(context, "a.txt"),
        () => fs.replaceInFiles([a], "not in it", "x"),
        () => fs.replaceInFiles([], "a", "b"),
        () => fs.replaceInFiles([a], "", "b"),
        () => sh(context, `cat ${a}`),
      );
    },
  },
};
