import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import vm from "node:vm";
import { DaytonaSandbox as Original } from "@langchain/daytona";
import { DaytonaSandbox } from "daytona-native";
import { type ByteSource, Daytona, type FileSystem } from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { failureOf } from "./support/failure.js";
import { cleanEnv, runProgram } from "./support/run-program.js";
import { sandboxObject, startScriptedServer, startServiceWith } from "./support/scripted-server.js";
import { root, startServer } from "./support/server.js";

// Values at the edge: what the replaced packages take is taken, or refused with the reason.

const { apiUrl, apiKey } = inject("daytona");
const auth = { apiUrl, apiKey };

let sandbox: DaytonaSandbox;
let files: FileSystem;
let folder: string;
beforeAll(async () => {
  sandbox = await DaytonaSandbox.create({ auth });
  files = sandbox.sandbox.fs;
  folder = await mkdtemp(path.join(tmpdir(), "daytona-values-"));
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true });
});

const text = async (file: string) => Buffer.from((await sandbox.downloadFiles([file]))[0]?.content ?? "").toString();

describe("a command", () => {
  it.each([[""], [" \n"]])("may be blank: %j", async (command) => {
    const original = await Original.fromId(sandbox.id, { auth });
    expect(await sandbox.execute(command)).toEqual(await original.execute(command));
  });

  it("may be blank in a stopped sandbox, which is an error", async () => {
    await using stopped = await DaytonaSandbox.create({ auth });
    await stopped.stop();
    expect((await failureOf(stopped.execute(""))).code).toBe("SANDBOX_NOT_STARTED");
  });
});

describe("null", () => {
  it("means no options", async () => {
    const id = sandbox.id;
    expect((await sandbox.execute("echo 1", null)).output).toBe("1\n");
    expect(await sandbox.uploadFiles([["null", Buffer.from("x")]], null)).toEqual([{ path: "null", error: null }]);
    expect((await sandbox.downloadFiles(["null"], null))[0]?.error).toBeNull();
    expect((await DaytonaSandbox.connect(id, { auth, signal: null })).id).toBe(id);
    await expect(new DaytonaSandbox(null).execute("true")).rejects.toMatchObject({ code: "NOT_INITIALIZED" });
    await expect(DaytonaSandbox.connect(id, null)).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
  });

  it("means no signal", async () => {
    const none = { signal: null };
    expect((await sandbox.execute("echo 1", none)).output).toBe("1\n");
    await sandbox.uploadFiles([["null", Buffer.from("x")]], none);
    await sandbox.downloadFiles(["null"], none);
    await sandbox.getWorkDir(none);
    const sdk = none as object;
    await files.uploadFile(Buffer.from("y"), "null", null, sdk);
    await files.uploadFileStream(Buffer.from("z"), "null", sdk);
    expect((await files.downloadFile("null", null, sdk)).toString()).toBe("z");
    for await (const chunk of await files.downloadFileStream("null", sdk)) expect(String(chunk)).toBe("z");
    expect((await sandbox.sandbox.process.executeCommand("echo 1", null, null, null, sdk)).result).toBe("1\n");
  });
});

describe("a content", () => {
  const bytes = [0, 104, 105, 255];
  const foreign = vm.runInNewContext("({ array: new Uint8Array([0, 104, 105, 255]), buffer: new Uint8Array([0, 104, 105, 255]).buffer })");
  const contents: [what: string, content: unknown][] = [
    ["a list of bytes", bytes],
    ["a Uint8Array of another realm", foreign.array],
    ["an ArrayBuffer of another realm", foreign.buffer],
    ["a DataView", new DataView(Uint8Array.of(9, ...bytes, 9).buffer, 1, 4)],
    ["a Uint8ClampedArray", Uint8ClampedArray.from(bytes)],
    ["an Int8Array", Int8Array.from(bytes)],
    ["a part of a Buffer", Buffer.from([9, ...bytes, 9]).subarray(1, 5)],
    ["a Buffer from JSON", JSON.parse(JSON.stringify(Buffer.from(bytes)))],
  ];

  it.each(contents)("may be %s", async (_, content) => {
    expect(await sandbox.uploadFiles([["edge", content as Uint8Array]])).toEqual([{ path: "edge", error: null }]);
    expect([...(await files.downloadFile("edge"))]).toEqual(bytes);
    await files.uploadFile(content as ByteSource, "edge-sdk");
    await files.uploadFiles([{ source: content as ByteSource, destination: "edge-sdk-2" }]);
    await files.uploadFileStream(content as ByteSource, "edge-sdk-3");
    for (const name of ["edge-sdk", "edge-sdk-2", "edge-sdk-3"]) expect([...(await files.downloadFile(name))]).toEqual(bytes);
  });

  it.each([
    ["a number", 5],
    ["null", null],
    ["an object", {}],
    ["an array of larger numbers", Uint16Array.of(1)],
  ])("that is %s is refused with its path", async (_, content) => {
    expect((await failureOf(sandbox.uploadFiles([["edge", content as unknown as Uint8Array]]))).message).toMatch(
      /content of "edge" must be a Uint8Array/,
    );
    await expect(files.uploadFile(content as unknown as ByteSource, "edge")).rejects.toThrow(/"edge": the content must be a Uint8Array/);
  });
});

describe("local files", () => {
  it("are uploaded by their paths, alone and beside contents", async () => {
    const local = path.join(folder, "local");
    await writeFile(local, "from a file");
    await files.uploadFile(local, "r");
    expect(await text("r")).toBe("from a file");
    await files.uploadFiles([
      { source: local, destination: "s/r1" },
      { source: Buffer.from("bytes"), destination: "s/r2" },
    ]);
    expect([await text("s/r1"), await text("s/r2")]).toEqual(["from a file", "bytes"]);
  });

  it("that do not exist fail the upload before anything is written", async () => {
    const upload = files.uploadFiles([
      { source: Buffer.from("bytes"), destination: "not-written" },
      { source: path.join(folder, "none"), destination: "r" },
    ]);
    await expect(upload).rejects.toMatchObject({ code: "ENOENT" });
    expect((await sandbox.execute("cat not-written")).exitCode).toBe(1);
  });

  it("are written by downloads, and not touched by those that fail", async () => {
    const local = path.join(folder, "down");
    await sandbox.execute("head -c 3M /dev/urandom > big");
    expect(await files.downloadFile("big", local)).toBeUndefined();
    expect(Buffer.compare(await readFile(local), await files.downloadFile("big"))).toBe(0);
    await expect(files.downloadFile("none", local, 60)).rejects.toMatchObject({ name: "DaytonaFileNotFoundError" });
    expect((await readFile(local)).length).toBe(3 << 20);
    await expect(files.downloadFile("big", path.join(local, "f"))).rejects.toMatchObject({ code: "ENOTDIR" });
  });
});

describe("credentials", () => {
  it("may have white space around them", async () => {
    const padded = { apiKey: `${apiKey}\n`, apiUrl: `  ${apiUrl}/ \n` };
    const connected = await DaytonaSandbox.connect(sandbox.id, { auth: padded });
    expect((await connected.execute("echo 1")).output).toBe("1\n");
    expect((await new Daytona(padded).get(sandbox.id)).id).toBe(sandbox.id);
  });

  it("that are blank are refused", async () => {
    const error = await failureOf(DaytonaSandbox.connect("x", { auth: { apiUrl, apiKey: " \n" } }));
    expect(error.code).toBe("AUTHENTICATION_FAILED");
  });
});

describe("an id", () => {
  it.each([["."], [".."], [""]])("that is %j is refused, as another address would be asked", async (id) => {
    await using server = await startScriptedServer((_, base) => ({ status: 200, json: sandboxObject(base) }));
    const error = await failureOf(DaytonaSandbox.connect(id, { auth: { apiUrl: server.apiUrl, apiKey } }));
    expect(error.cause?.name).toBe("DaytonaInvalidArgumentError");
    expect(error.message).toMatch(/not a valid|must not be empty/);
    await expect(new Daytona({ apiUrl: server.apiUrl, apiKey }).get(id)).rejects.toMatchObject({ name: "DaytonaInvalidArgumentError" });
    expect(server.requests).toEqual([]);
  });

  it.each([["."], [".."], [""]])("of a session that is %j is refused", async (id) => {
    const session = sandbox.sandbox.process.getSession(id);
    await expect(session).rejects.toMatchObject({ name: "DaytonaInvalidArgumentError" });
  });
});

describe("a response", () => {
  it("may contain escaped lone surrogates and invalid UTF-8", async () => {
    const answers = ['{"exitCode":0,"result":"a\\ud800b \\ud83e\\udd80"}', '{"exitCode":0,"result":"\\udc00\\\\ud800"}'];
    await using server = await startServiceWith(() => ({ status: 200, type: "application/json", body: answers.shift() ?? "" }));
    const edge = await DaytonaSandbox.create({ auth: { apiUrl: server.apiUrl, apiKey } });
    expect((await edge.execute("one")).output).toBe("a\ufffdb 🦀");
    expect((await edge.execute("two")).output).toBe("\ufffd\\ud800");
    const name = (base: string) => JSON.stringify(sandboxObject(base)).replace(/"name":"/, '"name":"\\udabc');
    await using names = await startScriptedServer((_, base) => ({ status: 200, type: "application/json", body: name(base) }));
    expect((await new Daytona({ apiUrl: names.apiUrl, apiKey }).get("x")).name).toMatch(/^\ufffd/);
  });

  it("of an error may contain them too", async () => {
    await using server = await startServiceWith(() => ({ status: 400, type: "application/json", body: '{"message":"no \\udfff"}' }));
    const edge = await DaytonaSandbox.create({ auth: { apiUrl: server.apiUrl, apiKey } });
    expect((await failureOf(edge.execute("one"))).message).toContain("no \ufffd");
  });
});

describe("an empty TMPDIR", () => {
  it("counts as unset", async () => {
    const server = await startServer([], cleanEnv({ TMPDIR: "" }));
    try {
      await using edge = await DaytonaSandbox.create({ auth: server, envVars: { TMPDIR: "" } });
      expect((await edge.execute("echo 1")).output).toBe("1\n");
    } finally {
      await server.close();
    }
  });
});

describe("results", () => {
  it("are strictly equal to plain objects", async () => {
    expect(await sandbox.execute("echo 1")).toStrictEqual({ output: "1\n", exitCode: 0, truncated: false });
    expect(await sandbox.uploadFiles([["strict", Buffer.from("x")]])).toStrictEqual([{ path: "strict", error: null }]);
    expect(await sandbox.downloadFiles(["strict", "none"])).toStrictEqual([
      { path: "strict", content: Uint8Array.of(120), error: null },
      { path: "none", content: null, error: "file_not_found", reason: "file not found: none" },
    ]);
    expect(await files.downloadFile("strict")).toStrictEqual(Buffer.from("x"));
  });

  it("belong to the realm that the package is loaded in, as Jest does", async () => {
    const context = vm.createContext({ console, process, Buffer, URL, AbortController, AbortSignal, TextDecoder, TextEncoder, Uint8Array });
    const load = loaderIn(context);
    const { DaytonaSandbox: There } = load(path.join(root, "index.cjs")) as { DaytonaSandbox: typeof DaytonaSandbox };
    const there = await There.connect(sandbox.id, { auth });
    const plain = vm.runInContext("Object.prototype", context);
    const array = vm.runInContext("Array.prototype", context);
    const isOfRealm = (value: unknown) => [plain, array].includes(Object.getPrototypeOf(value));
    const up = await there.uploadFiles([["realm", Buffer.from("x")]]);
    const { process: commands, fs } = there.sandbox;
    const values = [
      await there.execute("echo 1"),
      up,
      up[0],
      (await there.downloadFiles(["realm"]))[0],
      await commands.executeCommand("echo 1"),
      await fs.listFiles("."),
      (await fs.listFiles("."))[0],
      await fs.searchFiles(".", "realm"),
      (await fs.searchFiles(".", "realm")).files,
      there.sandbox.labels,
      there.sandbox.data,
    ];
    expect(values.map(isOfRealm)).toEqual(values.map(() => true));
  });
});

describe("one signal", () => {
  it("is enough for many calls and streams at once", async () => {
    const program = `
      import { Writable } from "node:stream";
      import { pipeline } from "node:stream/promises";
      import { DaytonaSandbox } from "daytona-native";
      const sandbox = await DaytonaSandbox.connect(${JSON.stringify(sandbox.id)}, { auth: ${JSON.stringify(auth)} });
      const { fs } = sandbox.sandbox;
      const { signal } = new AbortController();
      const thirty = (act) => Promise.all(Array.from({ length: 30 }, (_, index) => act(index)));
      await thirty(() => sandbox.execute("true", { signal }));
      await thirty((index) => fs.uploadFileStream(Buffer.from("x"), "one/" + index, { signal }));
      await thirty(async (index) => {
        const stream = await fs.downloadFileStream("one/" + index, { signal });
        await pipeline(stream, new Writable({ write: (chunk, _, done) => done() }));
      });
      await thirty((index) => fs.uploadFile(Buffer.from("x"), "one/" + index, 60, { signal }));
      console.log("done");`;
    expect(await runProgram(root, program)).toMatchObject({ code: 0, stdout: "done\n", stderr: "" });
  });

  it("ends every stream that has it", async () => {
    await sandbox.execute("truncate -s 100M sparse");
    const controller = new AbortController();
    const { signal } = controller;
    const streams = await Promise.all(Array.from({ length: 3 }, () => files.downloadFileStream("sparse", { signal })));
    const ended = streams.map((stream) =>
      pipeline(stream, new Writable({ write: () => controller.abort("enough") })).catch((error) => error),
    );
    for (const error of await Promise.all(ended)) expect(error).toMatchObject({ name: "AbortError", code: "ABORT_ERR", cause: "enough" });
    await expect(
      pipeline(await files.downloadFileStream("sparse"), new Writable({ write: (_, __, done) => done() })),
    ).resolves.toBeUndefined();
  });
});

/** Loads the package's CommonJS files in another realm; everything else, the addon too, is of this one. */
function loaderIn(context: vm.Context): (file: string) => unknown {
  const require = createRequire(path.join(root, "package.json"));
  const own = new Map([
    ["#internal", path.join(root, "internal.cjs")],
    ["#sdk", path.join(root, "sdk.cjs")],
  ]);
  const loaded = new Map<string, { exports: unknown }>();
  const { readFileSync } = require("node:fs") as typeof import("node:fs");
  const load = (file: string): unknown => {
    const known = loaded.get(file);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    loaded.set(file, module);
    const requireThere = (name: string) => {
      const there = name.startsWith("./") ? path.join(path.dirname(file), name) : own.get(name);
      return there === undefined ? require(name) : load(there);
    };
    const parameters = ["module", "exports", "require", "__filename", "__dirname"];
    const run = vm.compileFunction(readFileSync(file, "utf8"), parameters, { filename: file, parsingContext: context });
    run(module, module.exports, requireThere, file, path.dirname(file));
    return module.exports;
  };
  return load;
}
