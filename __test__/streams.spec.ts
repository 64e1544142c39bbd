import { createHash } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { DaytonaSandbox } from "daytona-native";
import { DaytonaError, DaytonaFileNotFoundError, DaytonaInvalidFilePathError, type FileSystem } from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { runProgram } from "./support/run-program.js";
import { root } from "./support/server.js";

// Files as streams, both ways.

const auth = inject("daytona");
let sandbox: DaytonaSandbox;
let files: FileSystem;

beforeAll(async () => {
  sandbox = await DaytonaSandbox.create({ auth });
  files = sandbox.sandbox.fs;
});
afterAll(() => sandbox.close());

const digest = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

describe("streams of files", () => {
  it.each([0, 1, 65_536, 3_000_001])("carry %i bytes there and back", async (size) => {
    const content = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7919) % 251));
    await files.uploadFileStream(Readable.from([content]), `sized/${size}`);
    const read = await buffer(await files.downloadFileStream(`sized/${size}`));
    expect(digest(read)).toBe(digest(content));
  });

  it("take bytes, web streams, iterators and local files", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "streams-"));
    const local = path.join(folder, "file");
    fs.writeFileSync(local, "content");
    const sources = [
      Buffer.from("content"),
      local,
      new Blob(["content"]).stream() as ReadableStream<Uint8Array>,
      (async function* () {
        yield "con";
        yield Buffer.from("tent");
      })(),
    ];
    for (const [index, source] of sources.entries()) {
      await files.uploadFileStream(source, `source-${index}`);
      expect((await files.downloadFile(`source-${index}`)).toString()).toBe("content");
    }
    fs.rmSync(folder, { recursive: true });
  });

  it("tell of their progress", async () => {
    const content = Buffer.alloc(1 << 20, 1);
    const sent: number[] = [];
    await files.uploadFileStream(content, "progress", { onProgress: ({ bytesSent }) => sent.push(bytesSent) });
    expect(sent.at(-1)).toBe(content.length);
    expect(sent.length).toBeGreaterThan(1);
    const received: { bytesReceived: number; totalBytes?: number }[] = [];
    await buffer(await files.downloadFileStream("progress", { onProgress: (progress) => received.push(progress) }));
    expect(received.at(-1)).toEqual({ bytesReceived: content.length, totalBytes: content.length });
  });

  it("fail as whole files do", async () => {
    await expect(files.downloadFileStream("missing")).rejects.toBeInstanceOf(DaytonaFileNotFoundError);
    await expect(files.downloadFileStream("/tmp")).rejects.toBeInstanceOf(DaytonaInvalidFilePathError);
    await expect(files.uploadFileStream(Buffer.from("x"), "/tmp")).rejects.toBeInstanceOf(DaytonaInvalidFilePathError);
  });

  it("end a download at its signal", async () => {
    await sandbox.execute("truncate -s 300M sparse");
    const controller = new AbortController();
    const stream = await files.downloadFileStream("sparse", { signal: controller.signal });
    stream.once("data", () => controller.abort(new RangeError("mine")));
    const [error] = (await once(stream, "error")) as [Error];
    expect(error).toMatchObject({ name: "AbortError", cause: new RangeError("mine") });
    expect(stream.destroyed).toBe(true);
  });

  it("are cancelled with an error of the SDK when the signal has no reason", async () => {
    await files.uploadFile(Buffer.from("content"), "cancelled");
    const controller = new AbortController();
    const stream = await files.downloadFileStream("cancelled", { signal: controller.signal });
    controller.abort();
    const [error] = (await once(stream, "error")) as [Error];
    const { signal } = controller;
    const others = [files.downloadFileStream("cancelled", { signal }), files.uploadFileStream(Buffer.from("x"), "new", { signal })];
    for (const failure of [error, ...(await Promise.all(others.map((other) => other.then(String, (error: unknown) => error))))]) {
      expect(failure).toBeInstanceOf(DaytonaError);
      expect((failure as Error).message).toMatch(/^Could not (read|write) "\w+": it was cancelled by its signal$/);
      expect((failure as Error).cause).toBe(signal.reason);
    }
  });

  it("end an upload at its signal, while the source has nothing to give", async () => {
    const controller = new AbortController();
    const endless = async function* () {
      yield Buffer.from("first");
      await new Promise(() => {});
    };
    const upload = files.uploadFileStream(endless(), "aborted", {
      signal: controller.signal,
      onProgress: () => controller.abort("enough"),
    });
    await expect(upload).rejects.toBe("enough");
  });

  it("end an upload with the source's own error", async () => {
    const failing = async function* () {
      yield Buffer.from("first");
      throw new RangeError("mine");
    };
    await expect(files.uploadFileStream(failing(), "failed")).rejects.toThrow(new RangeError("mine"));
  });

  it("do not read on for a reader that does not", async () => {
    await sandbox.execute("truncate -s 300M sparse");
    const before = process.memoryUsage().rss;
    const stream = await files.downloadFileStream("sparse");
    await once(stream, "readable");
    // A burst of other calls is time enough for the rest to arrive, if it were asked for.
    for (let i = 0; i < 50; i++) await sandbox.execute("true");
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
    stream.destroy();
    await once(stream, "close");
  });

  it("write a local file through a pipeline", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "streams-"));
    await files.uploadFile(Buffer.alloc(1 << 20, 7), "to-pipe");
    await pipeline(await files.downloadFileStream("to-pipe"), fs.createWriteStream(path.join(folder, "out")));
    expect(fs.statSync(path.join(folder, "out")).size).toBe(1 << 20);
    fs.rmSync(folder, { recursive: true });
  });
});

describe("one gibibyte", () => {
  it("goes there and back with flat memory and the same digest", { timeout: 120_000 }, async () => {
    const run = await runProgram(root, program, { DAYTONA_API_URL: auth.apiUrl, DAYTONA_API_KEY: auth.apiKey });
    expect(run.code, run.stderr).toBe(0);
    const { sent, received, upMib, downMib, seconds } = JSON.parse(run.stdout) as Record<string, never>;
    console.log(`one gibibyte: ${seconds} s both ways, extra memory ${upMib} MiB up, ${downMib} MiB down`);
    expect(received).toBe(sent);
    expect(upMib).toBeLessThan(64);
    expect(downMib).toBeLessThan(64);
  });
});

const program = `
import { createHash } from "node:crypto";
import fs from "node:fs";
import { DaytonaSandbox } from "daytona-native";

const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
const piece = 1 << 20;
const sandbox = await DaytonaSandbox.create();
const { fs: files } = sandbox.sandbox;
await files.uploadFileStream(Buffer.alloc(8 << 20, 1), "warm");
for await (const _ of await files.downloadFileStream("warm"));

const sent = createHash("sha256");
async function* source() {
  for (let i = 0; i < 1024; i++) {
    const buffer = Buffer.alloc(piece, i % 251);
    sent.update(buffer);
    yield buffer;
  }
}
const started = performance.now();
let before = peak();
await files.uploadFileStream(source(), "large");
const upMib = Math.round(peak() - before);
before = peak();
const received = createHash("sha256");
for await (const chunk of await files.downloadFileStream("large")) received.update(chunk);
const downMib = Math.round(peak() - before);
const seconds = Math.round((performance.now() - started) / 100) / 10;
await sandbox.close();
console.log(JSON.stringify({ sent: sent.digest("hex"), received: received.digest("hex"), upMib, downMib, seconds }));
`;
