import { getEventListeners } from "node:events";
import { DaytonaSandbox } from "daytona-native";
import { Daytona, DaytonaTimeoutError } from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { sandboxObject, startScriptedServer, startServiceWith } from "./support/scripted-server.js";

const auth = inject("daytona");
let sandbox: DaytonaSandbox;
beforeAll(async () => {
  sandbox = await DaytonaSandbox.create({ auth });
});
afterAll(() => sandbox.close());

/** Resolves when a file exists, which a command creates: then the command is running. */
async function waitForFile(path: string): Promise<void> {
  for (;;) {
    const [result] = await sandbox.downloadFiles([path]);
    if (result?.error === null) return;
  }
}

describe("a signal", () => {
  it("that is already aborted sends no request", async () => {
    await using server = await startServiceWith(() => "hang");
    const idle = await DaytonaSandbox.create({ auth: { apiKey: "k", apiUrl: server.apiUrl } });
    const reason = new Error("not at all");
    await expect(idle.execute("true", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it("that aborts during a call rejects with its reason and aborts the request", async () => {
    await using server = await startServiceWith(() => "hang");
    const busy = await DaytonaSandbox.create({ auth: { apiKey: "k", apiUrl: server.apiUrl } });
    const controller = new AbortController();
    const call = busy.execute("sleep 60", { signal: controller.signal });
    await server.waitForRequests(2);
    const reason = { not: "an error" };
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await server.aborted;
  });

  it.each<[description: string, reason: object]>([
    ["an error of the package", new DaytonaTimeoutError("an earlier call")],
    ["an object that looks like an error of an argument", { code: "StringExpected", message: "a reason" }],
    ["an object that looks like an error of Node-API", Object.assign(new Error("a reason"), { code: "InvalidArg" })],
  ])("rejects with %s as it is, before and during a call", async (_, reason) => {
    await using server = await startServiceWith(() => "hang");
    const config = { apiKey: "k", apiUrl: server.apiUrl };
    const busy = await DaytonaSandbox.create({ auth: config });
    const client = new Daytona(config);
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [busy.execute("sleep 60", { signal }), client.get("box", { signal })];
    const settled = Promise.all(calls.map((call) => expect(call).rejects.toBe(reason)));
    await server.waitForRequests(3);
    controller.abort(reason);
    await settled;
    for (const call of [() => busy.execute("true", { signal }), () => client.get("box", { signal })]) {
      await expect(call()).rejects.toBe(reason);
    }
  });

  it("kills the command and its children in the sandbox", async () => {
    const controller = new AbortController();
    const mark = `/tmp/started-${crypto.randomUUID()}`;
    const call = sandbox.execute(`sleep 5811 & touch ${mark}; sleep 5812; touch ${mark}-after`, { signal: controller.signal });
    await waitForFile(mark);
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    // The kill may still be in progress when the call rejects: this command waits for it.
    const gone = await sandbox.execute(
      "for i in $(seq 100); do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q 'sleep 581[12]' || exit 0; sleep 0.05; done; exit 1",
    );
    expect(gone.exitCode).toBe(0);
    expect((await sandbox.execute(`test -e ${mark}-after`)).exitCode).toBe(1);
  });

  it("keeps the caller's listener and no listener of the package", async () => {
    const controller = new AbortController();
    let heard = 0;
    controller.signal.onabort = () => (heard += 1);
    const counts: number[] = [];
    const before = getEventListeners(controller.signal, "abort").length;
    for (let i = 0; i < 20; i++) {
      await sandbox.execute("true", { signal: controller.signal });
      counts.push(getEventListeners(controller.signal, "abort").length);
    }
    expect(new Set(counts)).toEqual(new Set([before]));
    controller.abort();
    expect(heard).toBe(1);
  });

  it("that never aborts does not change the result", async () => {
    const result = await sandbox.execute("echo $A; pwd", {
      signal: new AbortController().signal,
      env: { A: "b c" },
      cwd: "/tmp",
      timeout: 10,
    });
    expect(result).toEqual({ output: "b c\n/tmp\n", exitCode: 0, truncated: false });
  });
});

describe("a hundred sandboxes that take long to create", () => {
  it("hold no other call up", async () => {
    await using server = await startScriptedServer(({ method, path }, base) => {
      if (method === "POST" && path === "/api/sandbox") return "hang";
      if (method === "GET" && path.startsWith("/api/sandbox?")) return { status: 200, json: { items: [], nextCursor: null } };
      return { status: 200, json: sandboxObject(base, "11111111-1111-4111-8111-111111111111") };
    });
    const daytona = new Daytona({ apiUrl: server.apiUrl, apiKey: "key" });
    const controller = new AbortController();
    const creating = Array.from({ length: 100 }, () =>
      daytona.create({}, { signal: controller.signal }).catch((reason: unknown) => reason),
    );
    await server.waitForRequests(40);
    const sandbox = await daytona.get("x", { timeout: 5 });
    await Promise.all(Array.from({ length: 20 }, () => sandbox.refreshData({ timeout: 5 })));
    await sandbox.delete(5);
    controller.abort("enough");
    expect(await Promise.all(creating)).toEqual(Array.from({ length: 100 }, () => "enough"));
  });
});
