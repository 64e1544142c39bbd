import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { DaytonaSandbox } from "daytona-native";
import {
  CodeRunParams,
  DaytonaConnectionError,
  DaytonaGoneError,
  DaytonaNotFoundError,
  DaytonaTimeoutError,
  type Process,
} from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { cuttingProxy } from "./support/cutting-proxy.js";
import { until } from "./support/processes.js";
import { root } from "./support/server.js";

// Code and sessions through the public package, at the local server.

const auth = inject("daytona");
let sandbox: DaytonaSandbox;
let process: Process;

beforeAll(async () => {
  sandbox = await DaytonaSandbox.create({ auth, language: "python" });
  process = sandbox.sandbox.process;
});
afterAll(() => sandbox.close());

/** The error of a call; the test fails when it succeeds. */
async function errorOf(call: Promise<unknown>): Promise<Error> {
  return await call.then(
    (value) => {
      throw new Error(`expected an error, got ${JSON.stringify(value)}`);
    },
    (error: Error) => error,
  );
}

/** A session of its own for a test. */
async function session(): Promise<string> {
  const id = `session-${crypto.randomUUID()}`;
  await process.createSession(id);
  return id;
}

/** Starts a command and returns its id. */
async function start(sessionId: string, command: string): Promise<string> {
  const { cmdId } = await process.executeSessionCommand(sessionId, { command, runAsync: true });
  return cmdId;
}

describe("codeRun", () => {
  it("runs the sandbox's language with arguments and variables", async () => {
    const params = Object.assign(new CodeRunParams(), { argv: ["a b", "c"], env: { GREETING: "hello" } });
    const result = await process.codeRun("import os, sys\nprint(os.environ['GREETING'], sys.argv[1:])", params);
    expect(result).toMatchObject({ exitCode: 0, result: "hello ['a b', 'c']\n" });
  });

  it("says Hello World as the service's own example does", async () => {
    expect((await process.codeRun('print("Hello World!")')).result).toBe("Hello World!\n");
  });

  it("returns the exit code of code that fails", async () => {
    const result = await process.codeRun("import sys\nprint('before')\nsys.exit(3)");
    expect(result).toMatchObject({ exitCode: 3, result: "before\n" });
  });

  it("kills code at its timeout", async () => {
    const error = await errorOf(process.codeRun("import time\ntime.sleep(60)", undefined, 1));
    expect(error).toBeInstanceOf(DaytonaTimeoutError);
  });
});

describe("a session", () => {
  it("keeps folder, variables and functions from command to command", async () => {
    const id = await session();
    await process.executeSessionCommand(id, { command: "cd /tmp; export A=1; f() { echo f $A; }" });
    const { stdout, exitCode } = await process.executeSessionCommand(id, { command: "pwd; f" });
    expect({ stdout, exitCode }).toEqual({ stdout: "/tmp\nf 1\n", exitCode: 0 });
    await process.deleteSession(id);
  });

  it("keeps standard output and standard error apart", async () => {
    const id = await session();
    const result = await process.executeSessionCommand(id, { command: "echo out; echo err >&2; (exit 7)" });
    expect(result).toMatchObject({ stdout: "out\n", stderr: "err\n", exitCode: 7 });
    expect(await process.getSessionCommandLogs(id, result.cmdId)).toMatchObject({ stdout: "out\n", stderr: "err\n" });
    await process.deleteSession(id);
  });

  it("shows the output of a program that replaces its shell, while it runs and after its end", async () => {
    const id = await session();
    const command = await start(id, "exec sh -c 'echo first; read -r line; echo got $line; exit 3'");
    await until(async () => (await process.getSessionCommandLogs(id, command)).stdout === "first\n");
    await process.sendSessionCommandInput(id, command, "go");
    await until(async () => (await process.getSessionCommand(id, command)).exitCode === 3);
    expect((await process.getSessionCommandLogs(id, command)).stdout).toContain("got go\n");
    await process.deleteSession(id);
  });

  it("is listed with its commands until it is deleted", async () => {
    const id = await session();
    const { cmdId } = await process.executeSessionCommand(id, { command: "true" });
    expect(await process.getSession(id)).toEqual({ sessionId: id, commands: [{ id: cmdId, command: "true", exitCode: 0 }] });
    expect((await process.listSessions()).map(({ sessionId }) => sessionId)).toContain(id);
    await process.deleteSession(id);
    expect(await errorOf(process.getSession(id))).toBeInstanceOf(DaytonaNotFoundError);
    expect((await process.listSessions()).map(({ sessionId }) => sessionId)).not.toContain(id);
  });

  it("runs an asynchronous command that reads input", async () => {
    const id = await session();
    const cmdId = await start(id, "read answer; echo got $answer");
    expect((await process.getSessionCommand(id, cmdId)).exitCode).toBeUndefined();
    await process.sendSessionCommandInput(id, cmdId, "yes");
    await until(async () => (await process.getSessionCommand(id, cmdId)).exitCode === 0);
    expect((await process.getSessionCommandLogs(id, cmdId)).stdout).toContain("got yes\n");
    expect(await errorOf(process.sendSessionCommandInput(id, cmdId, "late"))).toBeInstanceOf(DaytonaGoneError);
    await process.deleteSession(id);
  });

  it("has no entrypoint here", async () => {
    expect(await errorOf(process.getEntrypointSession())).toBeInstanceOf(DaytonaNotFoundError);
    expect(await errorOf(process.getEntrypointLogs())).toBeInstanceOf(DaytonaNotFoundError);
    expect(
      await errorOf(
        process.getEntrypointLogs(
          () => {},
          () => {},
        ),
      ),
    ).toBeInstanceOf(DaytonaNotFoundError);
  });

  it("that does not exist is an error of every call", async () => {
    const calls = [
      () => process.getSession("none"),
      () => process.deleteSession("none"),
      () => process.executeSessionCommand("none", { command: "true" }),
      () => process.getSessionCommand("none", "c"),
      () => process.getSessionCommandLogs("none", "c"),
      () =>
        process.getSessionCommandLogs(
          "none",
          "c",
          () => {},
          () => {},
        ),
      () => process.sendSessionCommandInput("none", "c", "x"),
    ];
    for (const call of calls) expect(await errorOf(call())).toBeInstanceOf(DaytonaNotFoundError);
  });

  it("lets go of a synchronous command at the timeout of the call, and the command runs on", async () => {
    const id = await session();
    const error = await errorOf(process.executeSessionCommand(id, { command: "sleep 0.6; echo done" }, 0.2));
    expect(error).toBeInstanceOf(DaytonaTimeoutError);
    const [command] = (await process.getSession(id)).commands;
    await until(async () => (await process.getSessionCommand(id, command?.id ?? "")).exitCode === 0);
    await process.deleteSession(id);
  });

  it("takes a signal with every call", async () => {
    const id = await session();
    const controller = new AbortController();
    const running = process.executeSessionCommand(id, { command: "sleep 60" }, undefined, { signal: controller.signal });
    controller.abort("enough");
    await expect(running).rejects.toBe("enough");
    await expect(process.listSessions({ signal: AbortSignal.abort("before") })).rejects.toBe("before");
    await process.deleteSession(id);
  });
});

describe("following a log", () => {
  it("delivers all lines of both outputs in order, to callbacks", async () => {
    const id = await session();
    const cmdId = await start(id, "for i in 1 2 3; do echo out $i; echo err $i >&2; sleep 0.02; done");
    const [out, err]: [string[], string[]] = [[], []];
    await process.getSessionCommandLogs(
      id,
      cmdId,
      (chunk) => void out.push(chunk),
      (chunk) => void err.push(chunk),
    );
    expect(out.join("")).toBe("out 1\nout 2\nout 3\n");
    expect(err.join("")).toBe("err 1\nerr 2\nerr 3\n");
    await process.deleteSession(id);
  });

  it("delivers a command that has ended from its beginning", async () => {
    const id = await session();
    const { cmdId } = await process.executeSessionCommand(id, { command: "seq 1000; printf 'é世🦀'" });
    let out = "";
    await process.getSessionCommandLogs(
      id,
      cmdId,
      (chunk) => {
        out += chunk;
      },
      () => {},
    );
    expect(out.trimEnd()).toBe(`${Array.from({ length: 1000 }, (_, i) => i + 1).join("\n")}\né世🦀`);
    await process.deleteSession(id);
  });

  it("loses none of 10,000 lines a second, with flat memory", async () => {
    const id = await session();
    const lines = 30_000;
    const command = `python3 -c '
import time
for i in range(${lines}):
    print(i)
    if i % 100 == 99: time.sleep(0.01)
'`;
    const cmdId = await start(id, command);
    let [rest, next, broken] = ["", 0, 0];
    let before = 0;
    await process.getSessionCommandLogs(
      id,
      cmdId,
      (chunk) => {
        const parts = (rest + chunk).split("\n");
        rest = parts.pop() ?? "";
        for (const part of parts) if (part !== String(next++)) broken += 1;
        if (before === 0 && next > lines / 3) before = globalThis.process.memoryUsage().rss;
      },
      () => {},
    );
    expect({ next, broken, rest }).toEqual({ next: lines, broken: 0, rest: "" });
    expect(globalThis.process.memoryUsage().rss - before).toBeLessThan(32 << 20);
    await process.deleteSession(id);
  });

  it("waits for a callback that returns a promise before it reads on", async () => {
    const id = await session();
    const { cmdId } = await process.executeSessionCommand(id, { command: "seq 200000" });
    let [out, busy, overlaps] = ["", false, 0];
    await process.getSessionCommandLogs(
      id,
      cmdId,
      async (chunk) => {
        if (busy) overlaps += 1;
        busy = true;
        await wait(1);
        out += chunk;
        busy = false;
      },
      () => {},
    );
    expect(overlaps).toBe(0);
    expect(out.length).toBe(Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join("").length);
    await process.deleteSession(id);
  });

  it("ends with what a callback throws", async () => {
    const id = await session();
    const cmdId = await start(id, "while true; do echo x; sleep 0.01; done");
    const follow = process.getSessionCommandLogs(
      id,
      cmdId,
      () => {
        throw new RangeError("mine");
      },
      () => {},
    );
    await expect(follow).rejects.toThrow(new RangeError("mine"));
    await process.deleteSession(id);
  });

  it("ends with the signal's reason", async () => {
    const id = await session();
    const cmdId = await start(id, "echo first; sleep 60");
    const controller = new AbortController();
    const follow = process.getSessionCommandLogs(
      id,
      cmdId,
      () => controller.abort("enough"),
      () => {},
      { signal: controller.signal },
    );
    await expect(follow).rejects.toBe("enough");
    await process.deleteSession(id);
  });

  it("ends when the session is deleted", async () => {
    const id = await session();
    const cmdId = await start(id, "echo first; sleep 60");
    let out = "";
    await process.getSessionCommandLogs(
      id,
      cmdId,
      async (chunk) => {
        out += chunk;
        await process.deleteSession(id);
      },
      () => {},
    );
    expect(out).toBe("first\n");
  });

  it("fails when the connection breaks, saying how much came, and never ends in silence", async () => {
    await using proxy = await cuttingProxy(auth);
    const mine = await DaytonaSandbox.create({ auth });
    const { process } = (await connectThrough(mine, proxy.port)).sandbox;
    await process.createSession("s");
    const { cmdId } = await process.executeSessionCommand("s", { command: "echo 1234567; sleep 60", runAsync: true });
    const follow = process.getSessionCommandLogs(
      "s",
      cmdId,
      () => proxy.cut(),
      () => {},
    );
    const error = await errorOf(follow);
    expect(error).toBeInstanceOf(DaytonaConnectionError);
    expect(error.message).toContain("11 bytes of the log were received");
    await mine.close();
  });

  it("closes its connection when its worker ends", async () => {
    await using proxy = await cuttingProxy(auth);
    const mine = await DaytonaSandbox.create({ auth });
    const handle = await connectThrough(mine, proxy.port);
    await handle.sandbox.process.createSession("s");
    const { cmdId } = await handle.sandbox.process.executeSessionCommand("s", { command: "echo first; sleep 60", runAsync: true });
    const worker = new Worker(
      `const { Daytona } = require("daytona-native/sdk");
       const { parentPort, workerData } = require("node:worker_threads");
       void (async () => {
         const sandbox = await new Daytona(workerData.auth).get(workerData.id);
         await sandbox.process.getSessionCommandLogs("s", workerData.cmdId, () => parentPort.postMessage("first"), () => {});
       })();`,
      {
        eval: true,
        workerData: { auth: { apiUrl: proxy.apiUrl, apiKey: auth.apiKey }, id: mine.id, cmdId },
        execArgv: [],
        env: { ...globalThis.process.env, NODE_PATH: root },
      },
    );
    await once(worker, "message");
    const upgraded = proxy.upgraded();
    expect(upgraded).toBe(1);
    await worker.terminate();
    await until(() => proxy.upgraded() === 0);
    await mine.close();
  });
});

/** Another handle of a sandbox, which reaches it through a proxy. */
function connectThrough(mine: DaytonaSandbox, port: number): Promise<DaytonaSandbox> {
  return DaytonaSandbox.connect(mine.id, { auth: { apiUrl: `http://127.0.0.1:${port}/api`, apiKey: auth.apiKey } });
}
