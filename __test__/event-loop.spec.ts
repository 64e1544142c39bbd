import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { DaytonaSandbox } from "daytona-native";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { runProgram } from "./support/run-program.js";
import { sandboxObject } from "./support/scripted-server.js";

const auth = inject("daytona");
const root = fileURLToPath(new URL("..", import.meta.url));

/** A service on a thread of its own, which goes on while the thread of the test is kept busy. */
async function startService(): Promise<{ apiUrl: string; closeConnections(): void }> {
  const closed = new Int32Array(new SharedArrayBuffer(4));
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    let connections = 0;
    let commands = 0;
    const server = require("node:http").createServer((request, response) => {
      const parts = [];
      request.on("data", (data) => parts.push(data)).on("end", () => {
        const sent = Buffer.concat(parts);
        // "count N" prints numbers, maybe in chunks of a length that is not announced, and other commands the length of the request.
        const count = () => Number(/"count (\\d+)/.exec(sent.subarray(0, 1000).toString())?.[1]);
        const print = () => (count() ? [...Array(count()).keys()].join("\\n") : String(sent.length));
        const created = { ...workerData.sandbox, toolboxProxyUrl: "http://" + request.headers.host + "/toolbox" };
        const body = request.url.includes("/process/execute") ? { exitCode: 0, result: print() } : created;
        if (request.url === "/connections") return void response.end(String(connections));
        if (request.url === "/commands") return void response.end(String(commands));
        if (request.url.includes("/process/execute")) commands++;
        response.setHeader("content-type", "application/json");
        if (sent.includes("in chunks")) response.write(" ");
        response.end(JSON.stringify(body));
      });
    });
    server.on("connection", () => connections++).listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
    parentPort.on("message", () => {
      server.closeIdleConnections();
      // Longer than the event loop may be busy until its sockets are looked at again.
      setTimeout(() => {
        Atomics.store(workerData.closed, 0, 1);
        Atomics.notify(workerData.closed, 0);
      }, 50);
    });
  `;
  const worker = new Worker(code, { eval: true, workerData: { closed, sandbox: sandboxObject("") } });
  onTestFinished(() => void worker.terminate());
  const port = await new Promise((resolve) => worker.once("message", resolve));
  const closeConnections = () => {
    worker.postMessage("close");
    Atomics.wait(closed, 0, 0);
  };
  return { apiUrl: `http://127.0.0.1:${port}/api`, closeConnections };
}

describe("the event loop", () => {
  it("finds out that connections were closed while the program kept it busy", async () => {
    const service = await startService();
    const sandbox = await DaytonaSandbox.create({ auth: { apiKey: "k", apiUrl: service.apiUrl } });
    const before = await sandbox.execute("true");
    service.closeConnections();
    expect(await sandbox.execute("true")).toEqual(before);
  });

  it("sends what is more than a connection takes at once", async () => {
    const service = await startService();
    const sandbox = await DaytonaSandbox.create({ auth: { apiKey: "k", apiUrl: service.apiUrl } });
    const lengths = await Promise.all(
      [1, 33_554_432, 16_777_216].map(async (length) => Number((await sandbox.execute("x".repeat(length))).output)),
    );
    const overhead = (lengths[0] ?? 0) - 1;
    expect(lengths).toEqual([1 + overhead, 33_554_432 + overhead, 16_777_216 + overhead]);
  });

  it("receives what is more than a connection brings at once", async () => {
    const service = await startService();
    const sandbox = await DaytonaSandbox.create({ auth: { apiKey: "k", apiUrl: service.apiUrl } });
    await Promise.all(
      ["1", "100000", "3000000", "2000000 in chunks"].map(async (numbers) => {
        const { output } = await sandbox.execute(`count ${numbers}`);
        const count = Number.parseInt(numbers, 10);
        expect(output === [...Array(count).keys()].join("\n")).toBe(true);
      }),
    );
  });

  it("shares a connection among the calls of a sandbox's life", async () => {
    const service = await startService();
    for (let sandboxes = 0; sandboxes < 3; sandboxes++) {
      const sandbox = await DaytonaSandbox.create({ auth: { apiKey: "k", apiUrl: service.apiUrl } });
      await sandbox.execute("true");
      await sandbox.close();
    }
    const connections = await fetch(new URL("/connections", service.apiUrl)).then((response) => response.text());
    // That of this request is the second one.
    expect(connections).toBe("2");
  });

  it("runs timers and other events between calls that never pause", async () => {
    const sandbox = await DaytonaSandbox.create({ auth });
    onTestFinished(() => sandbox.close());
    let isDone = false;
    const busy = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (!isDone) await sandbox.execute("true");
      }),
    );
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await fetch(auth.apiUrl);
    isDone = true;
    await busy;
  });

  it("is left alone where the host runs it only now and then, as Electron does", async () => {
    const service = await startService();
    const program = `
      import { execFileSync } from "node:child_process";
      const versions = { ...process.versions, electron: "1.0.0" };
      globalThis.process = Object.create(process, { versions: { value: versions } });
      const { DaytonaSandbox } = await import("daytona-native");
      const sandbox = await DaytonaSandbox.create({ auth: { apiKey: "k", apiUrl: "${service.apiUrl}" } });
      const running = sandbox.execute("true");
      // The event loop does not run meanwhile.
      const wait = "(async () => { while ((await (await fetch(process.argv[1])).text()) === '0'); })()";
      execFileSync(process.execPath, ["--eval", wait, new URL("/commands", "${service.apiUrl}").href], { timeout: 20_000 });
      console.log((await running).exitCode);
    `;
    expect(await runProgram(root, program)).toMatchObject({ code: 0, stdout: "0\n", stderr: "" });
  });

  it("reports what is thrown after a call as the program's", async () => {
    const program = `
      import { DaytonaSandbox } from "daytona-native";
      const sandbox = await DaytonaSandbox.create({ auth: ${JSON.stringify(auth)} });
      const thrown = [];
      process.on("uncaughtException", (error) => thrown.push(error.message));
      await sandbox.execute("true");
      process.nextTick(() => { throw new Error("in a tick"); });
      await sandbox.execute("true");
      queueMicrotask(() => { throw new Error("in a microtask"); });
      await sandbox.execute("true");
      await sandbox.close();
      console.log(thrown.join(", "));
    `;
    expect(await runProgram(root, program)).toMatchObject({ code: 0, stdout: "in a tick, in a microtask\n", stderr: "" });
  });
});
