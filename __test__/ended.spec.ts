import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Daytona, type Sandbox } from "daytona-native/sdk";
import { afterAll, describe, expect, inject, it } from "vitest";
import { runProgram } from "./support/run-program.js";
import { sandboxObject, startScriptedServer } from "./support/scripted-server.js";
import { root } from "./support/server.js";

// What a call has started in a sandbox is cleared away when nobody can receive its result any more: the worker has been
// terminated, or the process exits.

const auth = inject("daytona");
const daytona = new Daytona(auth);
const env = { DAYTONA_API_URL: auth.apiUrl, DAYTONA_API_KEY: auth.apiKey };
const created: Sandbox[] = [];
afterAll(() => Promise.all(created.map((sandbox) => sandbox.delete())));

/** Starts a service that creates sandboxes and never responds, so that whoever creates one ends while it waits. */
async function startHangingService() {
  const idsByLease = new Map<string, string>();
  const service = await startScriptedServer(({ method, path, body }, base) => {
    if (path === "/api/arrived") return { status: 200, json: { count: idsByLease.size } };
    if (method === "POST") {
      idsByLease.set(leaseOf(JSON.parse(body) as { labels: Labels }), crypto.randomUUID());
      return "hang";
    }
    if (method === "DELETE") return { status: 200, json: {} };
    const labels = JSON.parse(new URL(path, base).searchParams.get("labels") ?? "{}") as Labels;
    const id = idsByLease.get(leaseOf({ labels }));
    return { status: 200, json: { items: id === undefined ? [] : [sandboxObject(base, id)], nextCursor: null } };
  });
  const isDelete = (id: string) => (asked: { method: string; path: string }) =>
    asked.method === "DELETE" && asked.path === `/api/sandbox/${id}`;
  const untilDeleted = async (count: number) => {
    expect(idsByLease.size).toBe(count);
    await Promise.all([...idsByLease.values()].map((id) => service.waitForRequest(isDelete(id))));
  };
  return { ...service, untilDeleted };
}

type Labels = Record<string, string>;
const leaseOf = ({ labels }: { labels: Labels }) => labels["daytona-native/lease"] ?? "";

/** Creates a sandbox, and returns it with a check whether a command that has this text in its arguments runs in it. */
async function sandboxWithCheck(text: string) {
  const sandbox = await daytona.create();
  created.push(sandbox);
  // The brackets keep the check from finding itself.
  const pattern = `[${text.charAt(0)}]${text.slice(1)}`;
  const runs = async () =>
    (await sandbox.process.executeCommand(`pgrep -f '${pattern}' >/dev/null && echo runs || echo gone`)).result.trim();
  return { sandbox, runs };
}

describe("a worker that is terminated", () => {
  it("leaves no sandbox behind that it was creating", async () => {
    await using service = await startHangingService();
    const source = `
      const { workerData } = require("node:worker_threads");
      const { Daytona } = require("daytona-native/sdk");
      void new Daytona(workerData).create();`;
    const workers = Array.from(
      { length: 20 },
      () => new Worker(source, { eval: true, workerData: { apiUrl: service.apiUrl, apiKey: "key" } }),
    );
    await service.waitForRequests(20);
    await Promise.all(workers.map((worker) => worker.terminate()));
    await service.untilDeleted(20);
  });

  it("leaves no command running", async () => {
    const { sandbox, runs } = await sandboxWithCheck("sleep 4711");
    const worker = new Worker(
      `const { workerData } = require("node:worker_threads");
       const { Daytona } = require("daytona-native/sdk");
       void new Daytona(workerData.auth).get(workerData.id).then((sandbox) => sandbox.process.executeCommand("sleep 4711"));`,
      { eval: true, workerData: { auth, id: sandbox.id } },
    );
    await expect.poll(runs, { timeout: 20_000 }).toBe("runs");
    await worker.terminate();
    await expect.poll(runs, { timeout: 20_000 }).toBe("gone");
  });

  it("does not end the calls of others", async () => {
    const { sandbox } = await sandboxWithCheck("unused");
    const worker = new Worker(
      `const { workerData, parentPort } = require("node:worker_threads");
       const { Daytona } = require("daytona-native/sdk");
       void new Daytona(workerData.auth).get(workerData.id).then(() => parentPort.postMessage("used"));`,
      { eval: true, workerData: { auth, id: sandbox.id } },
    );
    const started = `${sandbox.id} started`;
    const running = sandbox.process.executeCommand(`touch started; until [ -e go ]; do sleep 0.05; done; echo '${started}'`);
    await once(worker, "message");
    await worker.terminate();
    await sandbox.process.executeCommand("touch go");
    expect((await running).result.trim()).toBe(started);
  });
});

describe("a process that exits", () => {
  it.each(["process.exit(3)", "throw new Error('uncaught')"])("leaves no sandbox behind that it was creating: %s", async (exit) => {
    await using service = await startHangingService();
    const program = `
      import { Daytona } from "daytona-native/sdk";
      for (let i = 0; i < 5; i++) void new Daytona({ apiUrl: "${service.apiUrl}", apiKey: "key" }).create();
      const arrived = async () => (await (await fetch("${service.apiUrl}/arrived")).json()).count;
      while (await arrived() < 5);
      ${exit}`;
    const run = await runProgram(root, program);
    expect(run.code).toBe(exit.startsWith("process") ? 3 : 1);
    await service.untilDeleted(5);
  });

  it("leaves no command running", async () => {
    const { sandbox, runs } = await sandboxWithCheck("sleep 4712");
    const program = `
      import { Daytona } from "daytona-native/sdk";
      const sandbox = await new Daytona().get("${sandbox.id}");
      void sandbox.process.executeCommand("touch started; sleep 4712");
      while ((await sandbox.process.executeCommand("test -e started")).exitCode !== 0);
      process.exit(0);`;
    const run = await runProgram(root, program, env);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    await expect.poll(runs, { timeout: 20_000 }).toBe("gone");
  });

  it("kills a command of the SDK that timed out just before", async () => {
    const { sandbox, runs } = await sandboxWithCheck("sleep 4713");
    const program = `
      import { Daytona } from "daytona-native/sdk";
      const sandbox = await new Daytona().get("${sandbox.id}");
      await sandbox.process.executeCommand("setsid sleep 4713", undefined, undefined, 1).catch((error) => console.log(error.name));`;
    const run = await runProgram(root, program, env);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/Timeout/) as string });
    await expect.poll(runs, { timeout: 20_000 }).toBe("gone");
  });
});
