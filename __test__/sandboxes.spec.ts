import {
  Daytona,
  DaytonaInvalidArgumentError,
  DaytonaTimeoutError,
  DaytonaValidationError,
  type ListSandboxesQuery,
  type Sandbox,
  SandboxListSortDirection,
  SandboxListSortField,
  SandboxState,
} from "daytona-native/sdk";
import { Daytona as OriginalDaytona } from "@daytona/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startRecordingProxy } from "./support/recording-proxy.js";
import { sandboxObject, startScriptedServer } from "./support/scripted-server.js";

// Lists of sandboxes, their states and their environment.

const server = inject("daytona");
const daytona = new Daytona(server);
const original = new OriginalDaytona({ ...server, target: "us" });
const group = `list-${process.pid}`;
const labels = { group };
let sandboxes: Sandbox[];
beforeAll(async () => {
  const names = ["c", "a", "b"].map((name) => `${group}-${name}`);
  sandboxes = await Promise.all(names.map((name) => daytona.create({ name, labels, public: name.endsWith("a") })));
  await sandboxes[2]?.stop();
});
afterAll(() => Promise.all(sandboxes.map((sandbox) => sandbox.delete())));

async function namesOf(query: ListSandboxesQuery): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of daytona.list({ labels, sort: "name", order: "asc", ...query })) names.push(name.replace(`${group}-`, ""));
  return names;
}

describe("a list", () => {
  const [early, late] = [new Date(0), new Date("2100-01-01")];
  it.each<[string, () => ListSandboxesQuery, string[]]>([
    ["labels", () => ({}), ["a", "b", "c"]],
    ["a start of the id", () => ({ id: sandboxes[0]?.id.slice(0, 12).toUpperCase() }), ["c"]],
    ["a start of the name", () => ({ name: `${group.toUpperCase()}-A` }), ["a"]],
    ["states", () => ({ states: [SandboxState.STOPPED] }), ["b"]],
    ["several states", () => ({ states: ["stopped", "started"] }), ["a", "b", "c"]],
    ["snapshots", () => ({ snapshots: ["local"] }), ["a", "b", "c"]],
    ["another snapshot", () => ({ snapshots: ["none"] }), []],
    ["regions", () => ({ targets: ["local", "none"] }), ["a", "b", "c"]],
    ["cores", () => ({ minCpu: 1, maxCpu: 1, minMemoryGib: 1, maxMemoryGib: 1, minDiskGib: 3, maxDiskGib: 3 }), ["a", "b", "c"]],
    ["more memory", () => ({ minMemoryGib: 2 }), []],
    ["previews", () => ({ isPublic: true }), ["a"]],
    ["recovery", () => ({ isRecoverable: true }), []],
    [
      "times",
      () => ({ createdAtAfter: early, createdAtBefore: late, lastActivityAfter: early, lastActivityBefore: late }),
      ["a", "b", "c"],
    ],
    ["late times", () => ({ createdAtAfter: late }), []],
    ["times of deletion, which none has", () => ({ autoDestroyAtAfter: early, autoDestroyAtBefore: late }), []],
    ["order", () => ({ order: SandboxListSortDirection.DESC }), ["c", "b", "a"]],
    ["pages", () => ({ limit: 1 }), ["a", "b", "c"]],
  ])("is filtered by %s, as by the original", async (_, query, names) => {
    expect(await namesOf(query())).toEqual(names);
    const theirs: string[] = [];
    const same = { labels, sort: "name", order: "asc", ...query() };
    for await (const { name } of original.list(same as never)) theirs.push(name.replace(`${group}-`, ""));
    expect(theirs).toEqual(names);
  });

  it("requests a page when the iteration arrives at it", async () => {
    const proxy = await startRecordingProxy(server.apiUrl);
    const recorded = new Daytona({ apiUrl: proxy.apiUrl, apiKey: server.apiKey });
    for await (const { state } of recorded.list({ labels, limit: 2, sort: SandboxListSortField.CREATED_AT })) {
      expect(state).toMatch(/^(started|stopped)$/);
      break;
    }
    expect(proxy.requests.length).toBe(1);
    await proxy[Symbol.asyncDispose]();
  });

  it("refuses what is no filter, and what the service refuses", async () => {
    const first = (query: object) => daytona.list(query).next();
    await expect(first({ owner: "me" })).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
    await expect(first({ createdAtAfter: new Date(Number.NaN) })).rejects.toThrow("createdAtAfter must be a valid Date");
    await expect(first({ createdAtAfter: "2020-01-01" })).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
    await expect(first({ minCpu: 1.5 })).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
    await expect(first({ limit: 500 })).rejects.toBeInstanceOf(DaytonaValidationError);
    await expect(first({ states: ["melting"] })).rejects.toBeInstanceOf(DaytonaValidationError);
  });

  it("does not ignore filters on a service that is too old for them", async () => {
    const service = await startScriptedServer((_, base) => ({ status: 200, json: [sandboxObject(base, "old")] }));
    const old = new Daytona({ apiUrl: service.apiUrl, apiKey: "key" });
    expect((await old.list({ labels }).next()).value?.id).toBe("old");
    await expect(old.list({ states: ["stopped"] }).next()).rejects.toThrow("too old to filter and sort by states");
    await service[Symbol.asyncDispose]();
  });
});

describe("waiting for a state", () => {
  it("ends when another client has changed it", async () => {
    const sandbox = await daytona.create();
    await sandbox.waitUntilStarted();
    const same = await daytona.get(sandbox.id);
    const stopped = same.waitUntilStopped(30);
    await sandbox.stop();
    await stopped;
    expect(same.state).toBe("stopped");
    const started = same.waitUntilStarted();
    await sandbox.start();
    await started;
    expect(same.state).toBe("started");
    await sandbox.delete();
    await same.waitUntilStopped();
    expect(same.state).toBe("destroyed");
  });

  it("ends at its timeout, and refuses one that is none", async () => {
    const [sandbox] = sandboxes as [Sandbox];
    await expect(sandbox.waitUntilStopped(0.2)).rejects.toBeInstanceOf(DaytonaTimeoutError);
    await expect(sandbox.waitUntilStopped(-1)).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
    await expect(sandbox.waitUntilStopped(0, { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
  });
});

describe("a sandbox", () => {
  it("is archived, restored and kept awake", async () => {
    const sandbox = await daytona.create();
    await sandbox.fs.uploadFile(Buffer.from("kept"), "file");
    await expect(sandbox.archive()).rejects.toBeInstanceOf(DaytonaValidationError);
    await expect(sandbox.recover()).rejects.toBeInstanceOf(DaytonaValidationError);
    await sandbox.stop();
    await sandbox.archive();
    expect(sandbox.state).toBe("archived");
    await sandbox.start();
    expect((await sandbox.fs.downloadFile("file")).toString()).toBe("kept");
    const before = sandbox.lastActivityAt;
    await sandbox.refreshActivity();
    await sandbox.refreshData();
    expect(Date.parse(sandbox.lastActivityAt ?? "")).toBeGreaterThanOrEqual(Date.parse(before ?? ""));
    await sandbox.delete();
  });

  it("has another environment for what is started from now on", async () => {
    const sandbox = await daytona.create({ envVars: { GONE: "1", KEPT: "2" } });
    await sandbox.process.createSession("before");
    await sandbox.updateEnv({ NEW: "a 'b'" }, { unset: ["GONE"] });
    const command = 'echo "$GONE,$KEPT,$NEW"';
    expect((await sandbox.process.executeCommand(command)).result).toBe(",2,a 'b'\n");
    expect((await sandbox.process.executeCommand(command, undefined, { NEW: "own" })).result).toBe(",2,own\n");
    expect((await sandbox.process.codeRun("import os; print(os.environ.get('GONE'), os.environ['NEW'])")).result).toBe("None a 'b'\n");
    await sandbox.process.createSession("after");
    const output = async (session: string) => (await sandbox.process.executeSessionCommand(session, { command })).stdout;
    expect([await output("before"), await output("after")]).toEqual(["1,2,\n", ",2,a 'b'\n"]);
    await expect(sandbox.updateEnv({ "not a name": "1" })).rejects.toBeInstanceOf(DaytonaValidationError);
    await sandbox.delete();
  });
});
