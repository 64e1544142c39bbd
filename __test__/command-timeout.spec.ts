import { DaytonaSandbox } from "daytona-native";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { agentWith, results, running, task } from "./support/agent.js";
import { failureOf } from "./support/failure.js";
import { startRecordingProxy } from "./support/recording-proxy.js";
import { startServiceWith } from "./support/scripted-server.js";

// What a program and a model learn of a command that exceeded its timeout.

const { apiUrl, apiKey } = inject("daytona");
const auth = { apiUrl, apiKey };
let sandbox: DaytonaSandbox;
beforeAll(async () => {
  sandbox = await DaytonaSandbox.create({ auth });
});
afterAll(() => sandbox.close());

const note = (seconds: number) => `[The command timed out after ${seconds} s and was killed]`;

describe("a command that exceeds its timeout", () => {
  it("fails with the command, the limit and the output so far", async () => {
    const command = "echo one; echo two >&2\nsleep 60; echo three";
    const error = await failureOf(sandbox.execute(command, { timeout: 0.6 }));
    expect(error).toMatchObject({ code: "COMMAND_TIMEOUT", command, timeout: 0.6, output: "one\ntwo\n" });
    expect(error.message).toContain("echo one; echo two >&2 sleep 60");
    expect(error.message).toContain("0.6 s");
    expect(error.message).toContain("one\ntwo\n");
    expect(error.cause).toMatchObject({ name: "DaytonaProcessExecutionTimeoutError" });
  });

  it("has a message of bounded length", async () => {
    const command = `: ${"x".repeat(100_000)}; yes 12345 | head -c 1000000; echo last; sleep 60`;
    const error = await failureOf(sandbox.execute(command, { timeout: 0.6 }));
    expect(error.output).toHaveLength(1_000_005);
    expect(error.message).toContain("last\n");
    expect(error.message.length).toBeLessThan(5000);
  });

  it("has no output when the sandbox does not answer", async () => {
    await using server = await startServiceWith(() => "hang");
    const silent = await DaytonaSandbox.create({ auth: { apiKey: "key-of-a-test", apiUrl: server.apiUrl } });
    const error = await failureOf(silent.execute("make", { timeout: 0.2 }));
    expect(error).toMatchObject({ code: "COMMAND_TIMEOUT", command: "make", timeout: 0.2 });
    expect(error.output).toBeUndefined();
    expect(error.message).toMatch(/output .*lost/);
    await server.aborted;
  });

  it("runs nothing after the line that it was killed in", async () => {
    // The line waits for the process that is found first, and many are found between it and the shell.
    const crowd = "for i in $(seq 60); do sleep 60 & done";
    const command = `until (exit) & [ $! -ge 99 ]; do :; done; sleep 60 & first=$!; ${crowd}; wait $first; echo ran > after`;
    const fresh = await DaytonaSandbox.create({ auth });
    try {
      for (let attempt = 0; attempt < 3; attempt++) {
        await failureOf(fresh.execute(command, { timeout: 0.6 }));
        expect((await fresh.execute("cat after 2>/dev/null")).output).toBe("");
      }
    } finally {
      await fresh.close();
    }
  });

  it("in time costs one request, and one more is sent to kill one that is late", async () => {
    await using proxy = await startRecordingProxy(apiUrl);
    const behind = await DaytonaSandbox.connect(sandbox.id, { auth: { apiUrl: proxy.apiUrl, apiKey } });
    const commands = () => proxy.requests.filter((line) => line.endsWith("/process/execute")).length;
    await behind.execute("echo in time", { timeout: 20 });
    expect(commands()).toBe(1);
    expect((await failureOf(behind.execute("echo so far; sleep 60", { timeout: 0.4 }))).output).toBe("so far\n");
    expect(commands()).toBe(3);
  });
});

describe('onTimeout: "result"', () => {
  it("of a command returns the output so far, exit code 124 and a last line that says why", async () => {
    const result = await sandbox.execute("printf 'so far'; sleep 60", { timeout: 0.5, onTimeout: "result" });
    expect(result).toEqual({ output: `so far\n${note(0.5)}\n`, exitCode: 124, truncated: false });
  });

  it("of a sandbox applies to its commands, unless they say otherwise", async () => {
    const lenient = await DaytonaSandbox.connect(sandbox.id, { auth, timeout: 0.3, onTimeout: "result" });
    expect(await lenient.execute("sleep 60")).toEqual({ output: `${note(0.3)}\n`, exitCode: 124, truncated: false });
    expect((await failureOf(lenient.execute("sleep 60", { onTimeout: "throw" }))).code).toBe("COMMAND_TIMEOUT");
    expect(await lenient.execute("echo in time; exit 3", { timeout: 20 })).toEqual({ output: "in time\n", exitCode: 3, truncated: false });
  });

  it("keeps the last line when the output is truncated", async () => {
    const result = await sandbox.execute("echo 1234567890; sleep 60", { timeout: 0.5, maxOutputBytes: 4, onTimeout: "result" });
    expect(result).toEqual({ output: `1234\n${note(0.5)}\n`, exitCode: 124, truncated: true });
  });

  it("says so when the output is lost", async () => {
    await using server = await startServiceWith(() => "hang");
    const silent = await DaytonaSandbox.create({ auth: { apiKey: "key-of-a-test", apiUrl: server.apiUrl } });
    const result = await silent.execute("make", { timeout: 0.2, onTimeout: "result" });
    expect(result.exitCode).toBe(124);
    expect(result.output).toMatch(/^\[The command timed out after 0\.2 s .*output .*lost.*\]\n$/);
  });

  it("does not apply to other failures", async () => {
    expect((await failureOf(sandbox.execute("true", { onTimeout: "result", env: { "A=B": "" } }))).code).toBe("COMMAND_FAILED");
  });

  it("lets a run of an agent go on", async () => {
    const lenient = await DaytonaSandbox.connect(sandbox.id, { auth, timeout: 0.5, onTimeout: "result" });
    const agent = agentWith(lenient, [running("echo started; sleep 60"), running("echo shorter")]);
    const [late, next] = results(await agent.invoke(task));
    expect(late).toContain(`started\n${note(0.5)}`);
    expect(late).toContain("exit code 124");
    expect(next).toContain("shorter\n");
  });

  it.each(["ignore", 1, true])("cannot be %j", async (onTimeout) => {
    const options = { onTimeout } as unknown as { onTimeout: "result" };
    const error = await failureOf(sandbox.execute("true", options));
    expect(error.code).toBe("COMMAND_FAILED");
    expect(error.message).toContain("onTimeout");
    expect((await failureOf(DaytonaSandbox.create({ auth, ...options }))).message).toContain("onTimeout");
  });
});
