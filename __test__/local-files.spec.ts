import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Daytona as OriginalDaytona } from "@daytona/sdk";
import { Daytona, DaytonaError, DaytonaFileNotFoundError, type Sandbox } from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { runProgram } from "./support/run-program.js";
import { sandboxObject, startScriptedServer } from "./support/scripted-server.js";
import { root } from "./support/server.js";

// Files between the machine of the program and a sandbox, and many files in one download.

const server = inject("daytona");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "local-files-"));
const at = (name: string) => path.join(folder, name);
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await new Daytona(server).create();
  await sandbox.fs.uploadFile(Buffer.from("hello"), "hello");
  await sandbox.fs.uploadFile(Buffer.alloc(0), "empty");
});
afterAll(async () => {
  await sandbox.delete();
  fs.rmSync(folder, { recursive: true });
});

const text = async (remote: string) => (await sandbox.fs.downloadFile(remote)).toString();
const digest = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

describe("a file from a local path", () => {
  it.each([0, 1, 300_000, 3_000_001])("of %i bytes arrives whole", async (size) => {
    const content = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31) % 251));
    fs.writeFileSync(at("up"), content);
    await sandbox.fs.uploadFile(at("up"), "deep/folder/up", 60);
    expect(digest(await sandbox.fs.downloadFile("deep/folder/up"))).toBe(digest(content));
  });

  it("that has no size, such as one of /proc, is sent to its end", async () => {
    await sandbox.fs.uploadFile("/proc/self/status", "status");
    expect(await text("status")).toMatch(/^Name:/);
  });

  it("streams without a copy in JavaScript unless progress is wanted", async () => {
    fs.writeFileSync(at("up"), "streamed");
    await sandbox.fs.uploadFileStream(at("up"), "streamed");
    expect(await text("streamed")).toBe("streamed");
    const sent: number[] = [];
    await sandbox.fs.uploadFileStream(at("up"), "streamed", { onProgress: ({ bytesSent }) => sent.push(bytesSent) });
    expect(sent).toEqual([8]);
  });

  it.each([
    ["that does not exist", "none", "ENOENT", "no such file or directory"],
    ["that is a folder", ".", "EISDIR", "is a directory"],
  ])("%s fails with its name and the reason", async (_, name, code, reason) => {
    const local = at(name);
    const error = await sandbox.fs.uploadFile(local, "never").catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DaytonaError);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toBe(
      `Could not write "never" (sandbox ${sandbox.id}): cannot read the local file ${local}: ${reason}`,
    );
    await expect(sandbox.fs.getFileDetails("never")).rejects.toBeInstanceOf(DaytonaError);
  });
});

describe("a file to a local path", () => {
  it("appears with its folder, and replaces an existing one", async () => {
    expect(await sandbox.fs.downloadFile("hello", at("new/folder/down"))).toBeUndefined();
    expect(fs.readFileSync(at("new/folder/down"), "utf8")).toBe("hello");
    await sandbox.fs.uploadFile(Buffer.from("other"), "other");
    await sandbox.fs.downloadFile("other", at("new/folder/down"), 60);
    expect(fs.readdirSync(at("new/folder"))).toEqual(["down"]);
    expect(fs.readFileSync(at("new/folder/down"), "utf8")).toBe("other");
  });

  it("keeps the old content when the download fails, is aborted or breaks off", async () => {
    fs.writeFileSync(at("kept"), "old");
    await expect(sandbox.fs.downloadFile("missing", at("kept"))).rejects.toBeInstanceOf(DaytonaFileNotFoundError);
    await sandbox.process.executeCommand("truncate -s 2G sparse");
    const controller = new AbortController();
    const aborted = sandbox.fs.downloadFile("sparse", at("kept"), 0, { signal: controller.signal });
    // The content comes first into a file of its own.
    await expect.poll(() => fs.readdirSync(folder).some((name) => name.startsWith(".daytona-"))).toBe(true);
    controller.abort("enough");
    await expect(aborted).rejects.toBe("enough");
    await expect.poll(() => fs.readdirSync(folder).filter((name) => name.startsWith(".daytona-"))).toEqual([]);
    const service = await startScriptedServer(({ path }, base) => {
      if (!path.includes("bulk-download")) return { status: 200, json: sandboxObject(base, "broken") };
      const head = '--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\nContent-Length: 10\r\n\r\n';
      return { status: 200, body: `${head}half`, type: "multipart/form-data; boundary=B" };
    });
    const broken = await new Daytona({ apiUrl: service.apiUrl, apiKey: "key" }).get("broken");
    await expect(broken.fs.downloadFile("f", at("kept"))).rejects.toThrow("the sandbox stopped reading the file after 4 bytes");
    await service[Symbol.asyncDispose]();
    expect(fs.readFileSync(at("kept"), "utf8")).toBe("old");
    expect(fs.readdirSync(folder).filter((name) => name.startsWith(".daytona-"))).toEqual([]);
  });

  it("that cannot be written says why", async () => {
    const error = await sandbox.fs.downloadFile("hello", folder).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DaytonaError);
    expect(error).toMatchObject({ code: "EISDIR" });
    expect((error as Error).message).toContain(`cannot write the local file ${folder}: is a directory`);
  });
});

describe("many files in one download", () => {
  it("have a response each, in order", async () => {
    const responses = await sandbox.fs.downloadFiles([
      { source: "hello" },
      { source: "missing" },
      { source: "hello", destination: at("many/one") },
      { source: "hello", destination: folder },
      { source: "/tmp", destination: at("many/none") },
      { source: "empty" },
      { source: "empty", destination: at("many/empty") },
    ]);
    expect(responses.map(({ source, result, error }) => [source, result?.toString(), error])).toEqual([
      ["hello", "hello", undefined],
      ["missing", undefined, "file not found: missing"],
      ["hello", at("many/one"), undefined],
      ["hello", undefined, `cannot write the local file ${folder}: is a directory`],
      ["/tmp", undefined, "invalid file path: path points to a directory: /tmp"],
      ["empty", "", undefined],
      ["empty", at("many/empty"), undefined],
    ]);
    expect(Buffer.isBuffer(responses[0]?.result)).toBe(true);
    expect(responses[1]?.errorDetails).toEqual({
      message: "file not found: missing",
      statusCode: 404,
      code: "FILE_NOT_FOUND",
      errorCode: "FILE_NOT_FOUND",
      source: "DAYTONA_DAEMON",
    });
    expect(fs.readdirSync(at("many")).sort()).toEqual(["empty", "one"]);
    expect(await sandbox.fs.downloadFiles([])).toEqual([]);
  });

  it("are those of the original", async () => {
    const original = await new OriginalDaytona({ ...server, target: "us" }).get(sandbox.id);
    const requests = [{ source: "hello" }, { source: "empty", destination: at("parity/empty") }, { source: "missing" }, { source: "/tmp" }];
    const defined = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
    expect(defined(await sandbox.fs.downloadFiles(requests, 60))).toEqual(defined(await original.fs.downloadFiles(requests, 60)));
    expect(fs.readFileSync(at("parity/empty"), "utf8")).toBe("");
  });
});

describe("lists of folders", () => {
  it("have the levels that are asked for", async () => {
    await sandbox.process.executeCommand("mkdir -p tree/a/b && touch tree/f tree/a/g tree/a/b/h");
    const names = async (options?: { depth: number }) => (await sandbox.fs.listFiles("tree", options)).map(({ name }) => name);
    expect(await names()).toEqual(["a", "f"]);
    expect(await names({ depth: 1 })).toEqual(["a", "f"]);
    expect(await names({ depth: 2 })).toEqual(["a", "b", "g", "f"]);
    expect(await names({ depth: 9 })).toEqual(["a", "b", "h", "g", "f"]);
    const [first] = await sandbox.fs.listFiles("tree", { depth: 2, timeout: 30 });
    expect(first?.path).toBe("/home/daytona/tree/a");
    for (const depth of [0, -1, 1.5, Number.NaN]) await expect(names({ depth })).rejects.toThrow(/depth|whole number/);
  });
});

describe("one gibibyte", () => {
  it("goes from a local file and back to one with flat memory", { timeout: 120_000 }, async () => {
    const run = await runProgram(root, program, { DAYTONA_API_URL: server.apiUrl, DAYTONA_API_KEY: server.apiKey, FOLDER: folder });
    expect(run.code, run.stderr).toBe(0);
    const { isSame, extraMib, seconds } = JSON.parse(run.stdout) as { isSame: boolean; extraMib: number; seconds: number };
    console.log(`one gibibyte by local paths: ${seconds} s both ways, extra memory ${extraMib} MiB`);
    expect(isSame).toBe(true);
    expect(extraMib).toBeLessThan(64);
  });
});

const program = `
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { Daytona } from "daytona-native/sdk";

const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
const { FOLDER } = process.env;
const file = fs.openSync(FOLDER + "/large", "w");
for (let i = 0; i < 1024; i++) fs.writeSync(file, Buffer.alloc(1 << 20, i % 251));
fs.closeSync(file);
const sandbox = await new Daytona().create();
await sandbox.fs.uploadFile(Buffer.from("warm"), "warm");
await sandbox.fs.downloadFile("warm", FOLDER + "/warm");
const before = peak();
const started = performance.now();
await sandbox.fs.uploadFile(FOLDER + "/large", "large");
await sandbox.fs.downloadFile("large", FOLDER + "/copy");
const seconds = Math.round((performance.now() - started) / 100) / 10;
const extraMib = Math.round(peak() - before);
await sandbox.delete();
const isSame = spawnSync("cmp", [FOLDER + "/large", FOLDER + "/copy"]).status === 0;
fs.rmSync(FOLDER + "/large");
fs.rmSync(FOLDER + "/copy");
console.log(JSON.stringify({ isSame, extraMib, seconds }));
`;
