import { setTimeout as wait } from "node:timers/promises";
import { DaytonaSandbox, DaytonaSandboxError } from "daytona-native";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { until } from "./support/processes.js";

// Commands whose output is read while they run, through the public package, at the local server.

const auth = inject("daytona");
let sandbox: DaytonaSandbox;

beforeAll(async () => {
  sandbox = await DaytonaSandbox.create({ auth });
});
afterAll(() => sandbox.close());

/** Runs a command and collects what its listeners receive. */
async function stream(command: string, options: Parameters<DaytonaSandbox["execute"]>[1] = {}) {
  const received = { stdout: "", stderr: "" };
  const result = await sandbox.execute(command, {
    ...options,
    onStdout: (chunk) => {
      received.stdout += chunk;
    },
    onStderr: (chunk) => {
      received.stderr += chunk;
    },
  });
  return { ...received, result };
}

/** The number of sessions that commands of `execute` have left. */
async function sessions(): Promise<number> {
  const all = await sandbox.sandbox.process.listSessions();
  return all.filter(({ sessionId }) => sessionId.startsWith("execute-")).length;
}

describe("execute with listeners", () => {
  it("returns what it returns without them", async () => {
    const commands = [
      "echo out",
      "printf 'no newline'",
      "printf 'no newline' >&2",
      "true",
      "exit 7",
      "echo a; exit 3; echo never",
      "no-such-command",
      "printf 'a\\n\\n b\\r\\n\\tc'",
      "printf 'é世🦀\\n'",
      "printf 'x\\377\\342\\202y'",
      "set -e; echo before; false; echo after",
      "cat; echo after",
      'echo "it\'s" \'a "b"\' `echo c` $((1+2))',
      "(sleep 0.2; echo late) & echo first",
      "kill -9 0",
      "if",
      "",
      "echo $0; echo $PWD",
      "seq 20000",
    ];
    for (const command of commands) {
      const { result, stdout, stderr } = await stream(command);
      const plain = await sandbox.execute(command);
      // A shell that is killed has no exit code of its own; around it, another one says which signal it was.
      const exitCode = command.startsWith("kill") ? 137 : plain.exitCode;
      expect({ command, ...result }).toEqual({ command, ...plain, exitCode });
      // Of bytes that are not UTF-8, those that begin a character are one character for a listener.
      if (!command.includes("\\377")) expect({ command, output: stdout + stderr }).toEqual({ command, output: result.output });
    }
    await until(async () => (await sessions()) === 0);
  });

  it("keeps the two outputs apart", async () => {
    const { stdout, stderr, result } = await stream("echo out; echo err >&2; exit 4");
    expect({ stdout, stderr }).toEqual({ stdout: "out\n", stderr: "err\n" });
    expect(result.exitCode).toBe(4);
    expect(result.output.split("\n").sort()).toEqual(["", "err", "out"]);
  });

  it("passes the output on while the command runs", async () => {
    let sawFirst: () => void = () => {};
    const first = new Promise<void>((resolve) => {
      sawFirst = resolve;
    });
    const running = sandbox.execute("echo first; while [ ! -e go ]; do sleep 0.01; done; echo second; rm go", {
      onStdout: (chunk) => {
        if (chunk.includes("first")) sawFirst();
      },
    });
    await first;
    await sandbox.execute("touch go");
    expect(await running).toEqual({ output: "first\nsecond\n", exitCode: 0, truncated: false });
  });

  it("takes one listener", async () => {
    let err = "";
    const onStderr = (chunk: string) => {
      err += chunk;
    };
    const result = await sandbox.execute("echo out; echo err >&2", { onStderr, onStdout: undefined });
    expect(err).toBe("err\n");
    expect(result.output).toHaveLength(8);
  });

  it("takes folder, variables and the limit of the output", async () => {
    const options = { cwd: "/tmp", env: { QUOTED: 'it\'s "q" $HOME\nline 2', EMPTY: "" }, maxOutputBytes: 30 };
    const command = 'pwd; echo "$QUOTED"; echo "[$EMPTY]"; seq 1000';
    const { result, stdout } = await stream(command, options);
    expect(result).toEqual(await sandbox.execute(command, options));
    expect(result).toMatchObject({ truncated: true });
    expect(stdout).toContain("\n1000\n");
    const relative = await stream("pwd", { cwd: "." });
    expect(relative.result).toEqual(await sandbox.execute("pwd", { cwd: "." }));
  });

  it("says why a folder cannot be used, as without listeners", async () => {
    for (const cwd of ["/nothing", "/etc/passwd"]) {
      expect((await stream("echo never", { cwd })).result).toEqual(await sandbox.execute("echo never", { cwd }));
    }
  });

  it("does not change what a factory or an agent gets", async () => {
    expect(await sandbox.execute("echo plain", { onStdout: undefined, onStderr: undefined })).toEqual({
      output: "plain\n",
      exitCode: 0,
      truncated: false,
    });
    expect(await sessions()).toBe(0);
  });

  it("refuses listeners that are not functions", async () => {
    for (const wrong of [1, "x", {}, true]) {
      const failed = sandbox.execute("touch refused", { onStdout: wrong as never });
      await expect(failed).rejects.toThrow(/onStdout must be a function/);
      await expect(failed).rejects.toBeInstanceOf(DaytonaSandboxError);
    }
    expect((await sandbox.execute("ls refused")).exitCode).not.toBe(0);
  });

  it("lets the command and its listeners go on when one of them throws", async () => {
    const received: string[] = [];
    const running = sandbox.execute("for i in 1 2 3; do echo $i; sleep 0.05; done; touch ended", {
      onStdout: (chunk) => {
        received.push(chunk);
        throw new RangeError(`mine ${received.length}`);
      },
    });
    await expect(running).rejects.toThrow(new RangeError("mine 1"));
    expect(received.join("")).toBe("1\n2\n3\n");
    expect((await sandbox.execute("ls ended")).exitCode).toBe(0);
    const rejecting = sandbox.execute("echo x", { onStdout: () => Promise.reject(new RangeError("later")) });
    await expect(rejecting).rejects.toThrow(new RangeError("later"));
  });

  it("waits for a listener that returns a promise, with a command that prints more than memory should hold", async () => {
    const lines = 1_000_000;
    let [bytes, busy, overlaps] = [0, false, 0];
    const before = process.memoryUsage().rss;
    const result = await sandbox.execute(`seq ${lines}`, {
      maxOutputBytes: 10,
      onStdout: async (chunk) => {
        if (busy) overlaps += 1;
        busy = true;
        await wait(1);
        bytes += chunk.length;
        busy = false;
      },
    });
    expect({ bytes, overlaps }).toEqual({ bytes: 6_888_896, overlaps: 0 });
    expect(result).toEqual({ output: "1\n2\n3\n4\n5\n", exitCode: 0, truncated: true });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
  });

  it("kills the command at its timeout, and keeps what it has printed", async () => {
    const command = "echo started; echo warning >&2; sleep 61.7";
    const error: DaytonaSandboxError = await stream(command, { timeout: 0.5 }).then(
      () => expect.fail("no error"),
      (error) => error,
    );
    expect(error).toMatchObject({ code: "COMMAND_TIMEOUT", command, timeout: 0.5 });
    expect((error as unknown as { output: string }).output).toContain("started\n");
    expect((error as unknown as { output: string }).output).toContain("warning\n");
    await gone("sleep 61.7");
    const { result, stdout } = await stream("echo started; sleep 61.8", { timeout: 0.5, onTimeout: "result" });
    expect(result).toMatchObject({ exitCode: 124, truncated: false });
    expect(result.output).toBe("started\n[The command timed out after 0.5 s and was killed]\n");
    expect(stdout).toBe("started\n");
    await gone("sleep 61.8");
    await until(async () => (await sessions()) === 0);
  });

  it("kills the command at its timeout while a listener does not settle", async () => {
    const running = sandbox.execute("echo started; sleep 61.9", { timeout: 0.5, onStdout: () => new Promise(() => {}) });
    await expect(running).rejects.toMatchObject({ code: "COMMAND_TIMEOUT" });
    await gone("sleep 61.9");
  });

  it("kills the command when the signal is aborted", async () => {
    const controller = new AbortController();
    const running = sandbox.execute("echo started; setsid sleep 62.1", {
      signal: controller.signal,
      onStdout: () => controller.abort("enough"),
    });
    await expect(running).rejects.toBe("enough");
    await gone("sleep 62.1");
    await until(async () => (await sessions()) === 0);
    const before = sandbox.execute("touch aborted", { signal: AbortSignal.abort("before"), onStdout: () => {} });
    await expect(before).rejects.toBe("before");
    expect((await sandbox.execute("ls aborted")).exitCode).not.toBe(0);
  });

  it("fails when its session is deleted, and says how far it got", async () => {
    const { process } = sandbox.sandbox;
    const running = sandbox.execute("echo started; sleep 62.2", {
      onStdout: async () => {
        const [session] = (await process.listSessions()).filter(({ sessionId }) => sessionId.startsWith("execute-"));
        await process.deleteSession(session?.sessionId ?? "");
      },
    });
    await expect(running).rejects.toThrow(/session was deleted.*11 bytes/s);
    await gone("sleep 62.2");
  });

  it("runs many at once", async () => {
    const runs = Array.from({ length: 20 }, (_, index) => stream(`echo ${index}; echo e${index} >&2`));
    for (const [index, { stdout, stderr }] of (await Promise.all(runs)).entries()) {
      expect({ stdout, stderr }).toEqual({ stdout: `${index}\n`, stderr: `e${index}\n` });
    }
    await until(async () => (await sessions()) === 0);
  });
});

/** Waits until no process of the sandbox has this command line. */
async function gone(commandLine: string): Promise<void> {
  const pattern = commandLine.replace(/^(.)/, "[$1]");
  await until(async () => (await sandbox.execute(`pgrep -f '${pattern}'`)).output === "");
}
