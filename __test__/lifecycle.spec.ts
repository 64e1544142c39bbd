import { DaytonaSandbox } from "daytona-native";
import { Daytona } from "daytona-native/sdk";
import { describe, expect, inject, it } from "vitest";
import { failureOf } from "./support/failure.js";
import { type ReceivedRequest, sandboxObject, startScriptedServer, startServiceWith } from "./support/scripted-server.js";

// States of a sandbox: the last known state is returned, and a closed sandbox stays closed.

const { apiUrl, apiKey } = inject("daytona");
const auth = { apiUrl, apiKey };
const isDelete = ({ method }: ReceivedRequest) => method === "DELETE";

async function withSandbox(use: (sandbox: DaytonaSandbox) => Promise<void>): Promise<void> {
  const sandbox = await DaytonaSandbox.create({ auth });
  try {
    await use(sandbox);
  } finally {
    await sandbox.close();
  }
}

describe("listAll", () => {
  it("returns sandboxes with their properties and parts, as list does", () =>
    withSandbox(async ({ id }) => {
      const daytona = new Daytona(auth);
      const found = (await daytona.listAll()).find((sandbox) => sandbox.id === id);
      expect(found).toMatchObject({ id, state: "started" });
      // The parts are those of the SDK: their streams are streams of Node.js.
      await found?.fs.uploadFileStream(Buffer.from("listed"), "listed.txt");
      expect((await found?.process.executeCommand("cat listed.txt"))?.result).toBe("listed");
    }));
});

describe("isRunning", () => {
  it("returns the last known state", () =>
    withSandbox(async (sandbox) => {
      expect(sandbox.isRunning).toBe(true);
      await sandbox.stop();
      expect(sandbox.isRunning).toBe(false);
      await sandbox.start();
      expect(sandbox.isRunning).toBe(true);

      const other = await DaytonaSandbox.connect(sandbox.id, { auth });
      await other.stop();
      // This object notices with the next call.
      expect([sandbox.isRunning, other.isRunning]).toEqual([true, false]);
      await failureOf(sandbox.execute("true"));
      expect(sandbox.isRunning).toBe(false);
      await other.start();
      await sandbox.instance.refreshData();
      expect(sandbox.isRunning).toBe(true);
    }));

  it("is false after connecting to a stopped sandbox, until it is started", () =>
    withSandbox(async (sandbox) => {
      await sandbox.uploadFiles([["kept", new TextEncoder().encode("kept")]]);
      await sandbox.stop();
      const found = await DaytonaSandbox.connect(sandbox.id, { auth });
      expect(found.isRunning).toBe(false);
      expect((await failureOf(found.execute("true"))).code).toBe("SANDBOX_NOT_STARTED");
      await found.start();
      expect([found.isRunning, (await found.execute("cat kept")).output]).toEqual([true, "kept"]);
    }));
});

describe("start", () => {
  it("waits for the state", async () => {
    let looks = 0;
    await using server = await startServiceWith(({ method, path }, base) => {
      if (method === "GET") looks += 1;
      const state = looks < 3 ? "starting" : "started";
      return { status: 200, json: { ...sandboxObject(base, path.split("/")[3]), state } };
    });
    const sandbox = await DaytonaSandbox.create({ auth: { apiKey: "key-of-a-test", apiUrl: server.apiUrl } });
    await sandbox.start(30);
    expect([looks, sandbox.isRunning]).toEqual([3, true]);
  });

  it("times out", async () => {
    await using server = await startServiceWith(({ path }, base) => ({
      status: 200,
      json: { ...sandboxObject(base, path.split("/")[3]), state: "starting" },
    }));
    const sandbox = await DaytonaSandbox.create({ auth: { apiKey: "key-of-a-test", apiUrl: server.apiUrl } });
    const error = await failureOf(sandbox.start(0.3));
    expect(error.code).toBe("SANDBOX_NOT_STARTED");
    expect(error.message).toContain("0.3 s");
    expect(error.cause?.sandboxId).toBe(sandbox.id);
    expect(sandbox.isRunning).toBe(false);
  });

  it("and stop may run concurrently", () =>
    withSandbox(async (sandbox) => {
      await Promise.allSettled([sandbox.stop(), sandbox.start(), sandbox.stop()]);
      await sandbox.start();
      expect((await sandbox.execute("echo on")).output).toBe("on\n");
    }));
});

describe("close", () => {
  it("deletes at the end of a block", async () => {
    let id: string;
    {
      await using sandbox = await DaytonaSandbox.create({ auth });
      id = sandbox.id;
      expect((await sandbox.execute("echo inside")).output).toBe("inside\n");
    }
    expect((await failureOf(DaytonaSandbox.connect(id, { auth }))).code).toBe("SANDBOX_NOT_FOUND");
  });

  it("deletes at the end of a block that throws, and keeps the error", async () => {
    let id = "";
    const block = async () => {
      await using sandbox = await DaytonaSandbox.create({ auth });
      id = sandbox.id;
      throw new Error("of the block");
    };
    await expect(block()).rejects.toThrow("of the block");
    expect((await failureOf(DaytonaSandbox.connect(id, { auth }))).code).toBe("SANDBOX_NOT_FOUND");
  });

  it("sends one request for concurrent calls", async () => {
    await using server = await startServiceWith((_, base) => ({ status: 200, json: sandboxObject(base) }));
    const sandbox = await DaytonaSandbox.create({ auth: { apiKey: "key-of-a-test", apiUrl: server.apiUrl } });
    await Promise.all([sandbox.close(), sandbox.close(), sandbox.kill(), sandbox[Symbol.asyncDispose]()]);
    await sandbox.close();
    expect(server.requests.filter(isDelete)).toHaveLength(1);
  });

  it("can be called again after a failure", async () => {
    let failures = 1;
    await using server = await startServiceWith((request, base) =>
      isDelete(request) && failures-- > 0
        ? { status: 500, json: { statusCode: 500, message: "not now" } }
        : { status: 200, json: sandboxObject(base) },
    );
    const sandbox = await DaytonaSandbox.create({ auth: { apiKey: "key-of-a-test", apiUrl: server.apiUrl } });
    const error = await failureOf(sandbox.close());
    expect([error.code, error.cause?.sandboxId, error.cause?.statusCode]).toEqual(["COMMAND_FAILED", sandbox.id, 500]);
    await sandbox.close();
    await sandbox.close();
    expect(server.requests.filter(isDelete)).toHaveLength(2);
  });

  it("succeeds if another client deleted the sandbox", async () => {
    const sandbox = await DaytonaSandbox.create({ auth });
    await (await DaytonaSandbox.connect(sandbox.id, { auth })).kill();
    await sandbox.close();
    expect(sandbox.isRunning).toBe(false);
  });

  it("ends a running command", async () => {
    const sandbox = await DaytonaSandbox.create({ auth });
    const started = sandbox.execute("touch runs; sleep 3600");
    const ended = failureOf(started);
    while ((await sandbox.downloadFiles(["runs"]))[0]?.error !== null);
    await sandbox.close();
    expect(["SANDBOX_NOT_FOUND", "COMMAND_FAILED"]).toContain((await ended).code);
  });
});

describe("a closed sandbox", () => {
  const calls: [name: string, call: (sandbox: DaytonaSandbox) => unknown][] = [
    ["execute", (sandbox) => sandbox.execute("true")],
    ["uploadFiles", (sandbox) => sandbox.uploadFiles([["a", new Uint8Array(1)]])],
    ["uploadFiles of nothing", (sandbox) => sandbox.uploadFiles([])],
    ["downloadFiles", (sandbox) => sandbox.downloadFiles(["a"])],
    ["start", (sandbox) => sandbox.start()],
    ["stop", (sandbox) => sandbox.stop()],
    ["getWorkDir", (sandbox) => sandbox.getWorkDir()],
    ["getUserHomeDir", (sandbox) => sandbox.getUserHomeDir()],
    ["sandbox", (sandbox) => sandbox.sandbox],
    ["instance", (sandbox) => sandbox.instance],
    ["client", (sandbox) => sandbox.client],
    ["ls", (sandbox) => sandbox.ls("/home/daytona")],
    ["read", (sandbox) => sandbox.read("/home/daytona/a")],
    ["write", (sandbox) => sandbox.write("/home/daytona/a", "b")],
    ["edit", (sandbox) => sandbox.edit("/home/daytona/a", "b", "c")],
    ["grep", (sandbox) => sandbox.grep("b")],
    ["glob", (sandbox) => sandbox.glob("*")],
  ];

  it.each(calls)("fails with NOT_INITIALIZED: %s", async (_, call) => {
    await using server = await startServiceWith((_, base) => ({ status: 200, json: sandboxObject(base) }));
    const sandbox = await DaytonaSandbox.create({ auth: { apiKey: "key-of-a-test", apiUrl: server.apiUrl } });
    const { id } = sandbox;
    await sandbox.close();
    const before = server.requests.length;
    const error = await failureOf(async () => call(sandbox));
    expect(error.code).toBe("NOT_INITIALIZED");
    expect(error.message).toContain("close()");
    expect([sandbox.id, sandbox.isRunning, sandbox.isolation, server.requests.length]).toEqual([id, false, undefined, before]);
  });

  it("is deleted when it is closed while it is being created", async () => {
    const labels = { closed: crypto.randomUUID() };
    const sandbox = new DaytonaSandbox({ auth, labels });
    const initializing = sandbox.initialize();
    await sandbox.close();
    await initializing;
    expect(await new Daytona(auth).listAll(labels)).toEqual([]);
    expect(() => sandbox.sandbox).toThrow(/not initialized/);
  });

  it("can be initialized again with a new sandbox", async () => {
    const sandbox = await DaytonaSandbox.create({ auth });
    const { id } = sandbox;
    await sandbox.close();
    await sandbox.initialize();
    try {
      expect(sandbox.id).not.toBe(id);
      expect((await sandbox.execute("echo anew")).output).toBe("anew\n");
    } finally {
      await sandbox.close();
    }
  });
});

describe("the SDK's side of a sandbox", () => {
  it("is the same sandbox, and the client uses its key", () =>
    withSandbox(async (sandbox) => {
      expect(sandbox.sandbox).toBe(sandbox.instance);
      expect(sandbox.client).toBeInstanceOf(Daytona);
      expect((await sandbox.client.get(sandbox.id)).id).toBe(sandbox.id);
      await sandbox.instance.setLabels({ by: "sdk" });
      const found = await DaytonaSandbox.connect(sandbox.id, { auth });
      expect(found.instance.labels).toEqual({ by: "sdk" });
    }));

  it("does not use the key of the environment if one was passed", async () => {
    await using server = await startScriptedServer((_, base) => ({ status: 200, json: sandboxObject(base, "the-id") }));
    const sandbox = await DaytonaSandbox.create({ auth: { apiKey: "given", apiUrl: server.apiUrl } });
    await sandbox.client.get("the-id");
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer given", "Bearer given"]);
  });
});
