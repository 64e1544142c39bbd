import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { DaytonaSandbox } from "daytona-native";
import type { FileSystem } from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { failureOf } from "./support/failure.js";
import { runProgram } from "./support/run-program.js";
import { sandboxObject } from "./support/scripted-server.js";
import { root } from "./support/server.js";

// Memory of the program: uploads of contents that are taken away meanwhile, and downloads that are given away.

const { apiUrl, apiKey } = inject("daytona");
const MIB = 1 << 20;
/** More than a call copies. */
const LARGE = 24 * MIB;

let sandbox: DaytonaSandbox;
let files: FileSystem;
beforeAll(async () => {
  sandbox = await DaytonaSandbox.create({ auth: { apiUrl, apiKey } });
  files = sandbox.sandbox.fs;
});
afterAll(() => sandbox.close());

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes other than zero, which differ from those at other places. */
function pattern(buffer: ArrayBufferLike, offset = 0): Uint8Array {
  const bytes = new Uint8Array(buffer, offset);
  for (let at = 0; at < bytes.length; at++) bytes[at] = 1 + (((at >> 12) + at) % 255);
  return bytes;
}

async function download(path: string): Promise<Uint8Array> {
  const [file] = await sandbox.downloadFiles([path]);
  expect(file?.error).toBeNull();
  return file?.content as Uint8Array;
}

const same = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0;

/** The resizable buffers of newer Node.js than the types know. */
type Resizable = ArrayBuffer & { resize(length: number): void };
const resizable = (length: number) =>
  new (ArrayBuffer as unknown as new (length: number, options: object) => Resizable)(length, { maxByteLength: 2 * length });

/** The types of Node.js have no WebAssembly. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { Memory: new (limits: { initial: number; maximum: number }) => { buffer: ArrayBuffer; grow(pages: number): void } };
};

/** What takes the memory of a content away, and the beginning of the content. */
const thefts: [what: string, make: (length: number) => { content: Uint8Array; steal(): void }][] = [
  [
    "transferred by structuredClone",
    (length) => {
      const buffer = new ArrayBuffer(length);
      return { content: pattern(buffer), steal: () => void structuredClone(buffer, { transfer: [buffer] }) };
    },
  ],
  [
    "transferred by postMessage",
    (length) => {
      const buffer = new ArrayBuffer(length);
      const { port1, port2 } = new MessageChannel();
      const steal = () => {
        port1.postMessage(buffer, [buffer]);
        new Uint8Array((receiveMessageOnPort(port2) as { message: ArrayBuffer }).message).fill(0);
        port1.close();
      };
      return { content: pattern(buffer), steal };
    },
  ],
  [
    "emptied by resize",
    (length) => {
      const buffer = resizable(length);
      return { content: pattern(buffer), steal: () => buffer.resize(0) };
    },
  ],
  [
    "shortened by resize",
    (length) => {
      const buffer = resizable(length);
      return { content: pattern(buffer), steal: () => buffer.resize(length - 1) };
    },
  ],
  [
    "detached by the growth of a WebAssembly memory",
    (length) => {
      const memory = new WebAssembly.Memory({ initial: length / 65_536, maximum: length / 65_536 + 1 });
      return { content: pattern(memory.buffer), steal: () => void memory.grow(1) };
    },
  ],
];

describe("a small content", () => {
  it.each(thefts)("is uploaded as it was at the call when it is %s", async (what, make) => {
    const { content, steal } = make(MIB);
    const wanted = content.slice();
    const upload = sandbox.uploadFiles([[what, content]]);
    steal();
    collect();
    expect(await upload).toEqual([{ path: what, error: null }]);
    expect(same(await download(what), wanted)).toBe(true);
  });

  it("is uploaded as it was at the call when it is overwritten, in a buffer of the pool or of its own", async () => {
    const pooled = Buffer.from("from the pool");
    const own = pattern(new ArrayBuffer(2 * MIB));
    expect(pooled.buffer.byteLength).toBeGreaterThan(pooled.length);
    const wanted = own.slice();
    const upload = sandbox.uploadFiles([
      ["pooled", pooled],
      ["own", own],
    ]);
    pooled.fill("x");
    own.fill(0);
    await upload;
    expect(Buffer.from(await download("pooled")).toString()).toBe("from the pool");
    expect(same(await download("own"), wanted)).toBe(true);
  });

  it("is copied at the call when it is shared, whatever a worker writes to it", async () => {
    const content = new Uint8Array(new SharedArrayBuffer(MIB)).fill(1);
    const code = `
      const { parentPort, workerData } = require("node:worker_threads");
      parentPort.postMessage("started");
      for (;;) workerData.fill(2).fill(3);`;
    const worker = new Worker(code, { eval: true, workerData: content, execArgv: [] });
    await once(worker, "message");
    const upload = sandbox.uploadFiles([["written", content]]);
    await upload;
    await worker.terminate();
    expect((await download("written")).filter((byte) => byte < 1 || byte > 3)).toEqual(new Uint8Array());
  });

  it("is uploaded as it was at the call when it is shared and overwritten", async () => {
    const content = pattern(new SharedArrayBuffer(MIB));
    const wanted = content.slice();
    const upload = sandbox.uploadFiles([["shared", content]]);
    content.fill(0);
    await upload;
    expect(same(await download("shared"), wanted)).toBe(true);
  });
});

describe("a large content", () => {
  it.each(thefts)("fails its upload when it is %s", async (what, make) => {
    const { content, steal } = make(LARGE);
    const upload = sandbox.uploadFiles([
      ["beside", Buffer.from("small")],
      [what, content],
    ]);
    steal();
    const error = await failureOf(upload);
    expect(error.code).toBe("FILE_OPERATION_FAILED");
    expect(error.cause?.name).toBe("DaytonaInvalidArgumentError");
    expect(error.message).toContain(JSON.stringify(what));
    expect(error.message).toMatch(/was (detached|resized|detached or resized) while it was sent. Pass a copy/);
  });

  it.each(thefts)("fails its upload when it is %s while it is sent", async (what, make) => {
    const { content, steal } = make(LARGE);
    await using service = await startStallingService();
    const stalled = await DaytonaSandbox.create({ auth: { apiUrl: service.apiUrl, apiKey } });
    const upload = failureOf(stalled.uploadFiles([[what, content]]));
    await service.stalled;
    steal();
    service.goOn();
    const error = await upload;
    expect(error.message).toContain(JSON.stringify(what));
    expect(error.message).toContain("while it was sent");
    // It is not worth a repetition.
    expect(service.uploads).toBe(1);
  });

  it("is uploaded whole when its buffer grows, and when nothing but the upload refers to it", async () => {
    const buffer = resizable(LARGE);
    const wanted = pattern(buffer).slice();
    const upload = sandbox.uploadFiles([
      ["grown", new Uint8Array(buffer, 0, LARGE)],
      ["unreferenced", pattern(new ArrayBuffer(LARGE))],
    ]);
    buffer.resize(LARGE + MIB);
    for (let round = 0; round < 10; round++) {
      collect();
      await new Promise(setImmediate);
    }
    expect((await upload).map(({ error }) => error)).toEqual([null, null]);
    expect(same(await download("grown"), wanted)).toBe(true);
    expect(same(await download("unreferenced"), wanted)).toBe(true);
  });

  it("is read again from its beginning when the request is repeated", async () => {
    await using service = await startStallingService("cut the first upload");
    const cut = await DaytonaSandbox.create({ auth: { apiUrl: service.apiUrl, apiKey } });
    const content = pattern(new ArrayBuffer(LARGE), 5);
    const upload = cut.uploadFiles([["again", content]]);
    await service.stalled;
    service.goOn();
    expect(await upload).toEqual([{ path: "again", error: null }]);
    expect(service.uploads).toBe(2);
    expect(service.received().includes(Buffer.from(content.buffer, 5))).toBe(true);
  });

  it("in many files is uploaded in order", async () => {
    const contents = Array.from({ length: 600 }, (_, index): [string, Uint8Array] => [
      `many/${index}`,
      pattern(new ArrayBuffer(40_000)).subarray(index),
    ]);
    expect(new Set((await sandbox.uploadFiles(contents)).map(({ error }) => error))).toEqual(new Set([null]));
    const back = await sandbox.downloadFiles(contents.map(([path]) => path));
    expect(back.filter(({ content }, index) => !same(content as Uint8Array, contents[index]?.[1] as Uint8Array))).toEqual([]);
  });

  it("is refused before anything is sent when it is shared or detached already", async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(LARGE));
    const error = await failureOf(sandbox.uploadFiles([["refused", shared]]));
    expect(error.message).toMatch(/^Could not write "refused".*SharedArrayBuffer of 25165824 bytes.*new Uint8Array\(content\)/);
    await expect(files.uploadFile(shared, "refused")).rejects.toMatchObject({ name: "DaytonaInvalidArgumentError" });
    const gone = new Uint8Array(8);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expect((await failureOf(sandbox.uploadFiles([["gone", gone]]))).message).toContain("was detached");
    expect((await sandbox.execute("ls refused gone 2>&1 | wc -l")).output.trim()).toBe("2");
  });

  it("fails the upload of a stream when it is detached", async () => {
    const content = pattern(new ArrayBuffer(LARGE));
    const upload = files.uploadFileStream(content, "streamed", {
      onProgress: ({ bytesSent }) => {
        if (bytesSent === 4 * MIB) structuredClone(content.buffer, { transfer: [content.buffer as ArrayBuffer] });
      },
    });
    await expect(upload).rejects.toMatchObject({ name: "DaytonaInvalidArgumentError", message: expect.stringContaining("detached") });
  });
});

describe("a downloaded content", () => {
  it("can be transferred, whatever its size", async () => {
    await sandbox.execute("head -c 12 /dev/zero > tiny; head -c 12M /dev/zero > large; : > empty");
    const downloaded = await sandbox.downloadFiles(["tiny", "large", "empty", "tiny"]);
    const contents = downloaded.map(({ content }) => content as Uint8Array<ArrayBuffer>);
    contents.push(await files.downloadFile("tiny"), await files.downloadFile("large"));
    for await (const chunk of await files.downloadFileStream("large")) contents.push(chunk as Buffer<ArrayBuffer>);
    for (const content of contents) {
      const { byteLength } = content;
      expect(content.byteOffset).toBe(0);
      const moved = structuredClone(content.buffer, { transfer: [content.buffer] });
      expect([moved.byteLength, content.byteLength]).toEqual([byteLength, 0]);
    }
  });

  it("may be longer than announced", async () => {
    // The files of /proc announce no bytes.
    expect(Buffer.from(await download("/proc/version")).toString()).toMatch(/^Linux version/);
  });
});

describe("a worker that exits", () => {
  // Eight workers, each of which loads deepagents.
  it("ends its uploads and downloads, and nothing else", { timeout: 120_000 }, async () => {
    const program = `
      import { once } from "node:events";
      import { Worker } from "node:worker_threads";
      import { DaytonaSandbox } from "daytona-native";
      const auth = ${JSON.stringify({ apiUrl, apiKey })};
      const sandbox = await DaytonaSandbox.create({ auth });
      await sandbox.execute("head -c 64M /dev/zero > zero");
      const code = \`
        import { parentPort, workerData } from "node:worker_threads";
        import { DaytonaSandbox } from "daytona-native";
        const sandbox = await DaytonaSandbox.connect(workerData.id, { auth: workerData.auth });
        sandbox.uploadFiles([["up", new Uint8Array(64 << 20).fill(1)]]);
        sandbox.downloadFiles(["zero"]);
        parentPort.postMessage("started");\`;
      for (let round = 0; round < 8; round++) {
        const worker = new Worker(code, { eval: true, workerData: { id: sandbox.id, auth } });
        await once(worker, "message");
        // A little later each time, without a wait of its own: as long as some calls take.
        for (let call = 0; call < round; call++) await sandbox.execute("true");
        await worker.terminate();
      }
      console.log((await sandbox.execute("echo alive")).output.trim());
      await sandbox.close();`;
    expect(await runProgram(root, program)).toMatchObject({ code: 0, signal: null, stdout: "alive\n", stderr: "" });
  });
});

interface StallingService extends AsyncDisposable {
  apiUrl: string;
  /** Resolves once the first upload has begun to arrive. */
  stalled: Promise<void>;
  /** Reads the rest of it, or cuts its connection. */
  goOn(): void;
  uploads: number;
  /** The body of the last upload. */
  received(): Buffer;
}

/** Starts a service that does not go on with its first upload until it is told to. */
async function startStallingService(then: "read it" | "cut the first upload" = "read it"): Promise<StallingService> {
  let stall = (): void => {};
  const stalled = new Promise<void>((resolve) => (stall = resolve));
  let goOn = (): void => {};
  const goingOn = new Promise<void>((resolve) => (goOn = resolve));
  let body: Buffer[] = [];
  const server = http.createServer(async (request, response) => {
    if (request.url?.startsWith("/api/sandbox")) {
      response.setHeader("content-type", "application/json");
      return void response.end(JSON.stringify(sandboxObject(base)));
    }
    service.uploads += 1;
    body = [];
    try {
      for await (const chunk of request) {
        body.push(chunk as Buffer);
        stall();
        await goingOn;
        if (then !== "read it" && service.uploads === 1) return void request.socket.destroy();
      }
      response.setHeader("content-type", "application/json");
      response.end('{"files":[]}');
    } catch {
      // The client has given up.
      response.destroy();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const service: StallingService = {
    apiUrl: `${base}/api`,
    stalled,
    goOn: () => goOn(),
    uploads: 0,
    received: () => Buffer.concat(body),
    async [Symbol.asyncDispose]() {
      goOn();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return service;
}
