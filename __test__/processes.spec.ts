import { once } from "node:events";
import { text } from "node:stream/consumers";
import { DaytonaSandbox } from "daytona-native";
import {
  DaytonaGoneError,
  DaytonaInvalidArgumentError,
  DaytonaProcessNotFoundError,
  DaytonaSessionEndedError,
  DaytonaTimeoutError,
  DaytonaValidationError,
  type Process,
} from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { until } from "./support/processes.js";

// Programs in the background, through the public package, at the local server.

const auth = inject("daytona");
let sandbox: DaytonaSandbox;
let programs: Process;

beforeAll(async () => {
  sandbox = await DaytonaSandbox.create({ auth });
  programs = sandbox.sandbox.process;
});
afterAll(() => sandbox.close());

/** The ids of the processes whose sessions exist. */
async function ids(): Promise<string[]> {
  return (await programs.listSessions()).map(({ sessionId }) => sessionId).filter((id) => id.startsWith("process-"));
}

/** Reads a stream until it has given this text, and discards the rest. */
async function readUntil(stream: AsyncIterable<Buffer>, wanted: string): Promise<string> {
  let all = "";
  for await (const chunk of stream) {
    all += String(chunk);
    if (all.includes(wanted)) break;
  }
  return all;
}

describe("process.start", () => {
  it("gives both outputs, apart and to the byte, and the exit code", async () => {
    await using handle = await programs.start("printf 'out é'; printf 'a\\nerr' >&2; exit 5");
    const [stdout, stderr, result] = await Promise.all([text(handle.stdout), text(handle.stderr), handle.wait()]);
    expect({ stdout, stderr, result }).toEqual({ stdout: "out é", stderr: "a\nerr", result: { exitCode: 5 } });
    await until(async () => !(await ids()).includes(handle.id));
  });

  it("knows the process id of the program", async () => {
    await using handle = await programs.start("exec sleep 71.1");
    expect((await sandbox.execute("pgrep -xf 'sleep 71.1'")).output).toBe(`${handle.pid}\n`);
    expect(JSON.parse(JSON.stringify(handle))).toEqual({ id: handle.id, pid: handle.pid });
    await using shell = await programs.start('echo "$$ $A"; pwd', { cwd: "/tmp", env: { A: "it's a 'b'" } });
    expect(await text(shell.stdout)).toBe(`${shell.pid} it's a 'b'\n/tmp\n`);
  });

  it("takes input to the byte, and its end", async () => {
    await using handle = await programs.start("od -An -c; echo done >&2");
    await handle.write("no newline ");
    await handle.write(Buffer.from([0, 255, 10, 39]));
    await handle.closeStdin();
    await handle.closeStdin();
    expect((await text(handle.stdout)).replace(/\s+/g, " ")).toBe(" n o n e w l i n e \\0 377 \\n ' ");
    expect(await text(handle.stderr)).toBe("done\n");
    await expect(handle.write("late")).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
  });

  it("takes input in the order of the calls, of any size", async () => {
    await using handle = await programs.start("sha256sum");
    const pieces = Array.from({ length: 20 }, (_, index) => `${index}\n`);
    const large = "0123456789abcdef".repeat(10_000);
    await Promise.all([...pieces.map((piece) => handle.write(piece)), handle.write(large), handle.closeStdin()]);
    const hash = await crypto.subtle.digest("SHA-256", Buffer.from(pieces.join("") + large));
    expect(await text(handle.stdout)).toBe(`${Buffer.from(hash).toString("hex")}  -\n`);
  });

  it("converses with a program", async () => {
    await using handle = await programs.start('while read -r line; do echo "got $line"; done; echo end');
    const lines = handle.stdout.setEncoding("utf8")[Symbol.asyncIterator]();
    for (const word of ["one", "two"]) {
      await handle.write(`${word}\n`);
      expect((await lines.next()).value).toBe(`got ${word}\n`);
    }
    await handle.closeStdin();
    expect((await lines.next()).value).toBe("end\n");
    expect(await handle.wait()).toEqual({ exitCode: 0 });
  });

  it("says that input came too late", async () => {
    await using handle = await programs.start("true");
    await handle.wait();
    await expect(handle.write("x")).rejects.toBeInstanceOf(DaytonaGoneError);
    await handle.closeStdin();
  });

  it("sends signals to the program and what it runs", async () => {
    await using handle = await programs.start("trap 'echo caught; exit 9' USR1; echo ready; while true; do sleep 0.02; done");
    await readUntil(handle.stdout, "ready");
    expect(await handle.kill("SIGUSR1")).toBe(true);
    expect(await handle.wait()).toEqual({ exitCode: 9 });
    expect(await handle.kill()).toBe(false);

    await using plain = await programs.start("exec sleep 71.2");
    expect(await plain.kill()).toBe(true);
    expect(await plain.wait()).toEqual({ exitCode: 143 });

    await using stubborn = await programs.start("trap '' TERM; setsid sleep 71.3 & echo ready; wait");
    await readUntil(stubborn.stdout, "ready");
    expect(await stubborn.kill("SIGKILL")).toBe(true);
    expect(await stubborn.wait()).toEqual({ exitCode: 137 });
    await until(async () => (await sandbox.execute("pgrep -f '[s]leep 71.3'")).output === "");

    for (const wrong of ["TERM", "SIGNOTHING", "9; true", ""]) {
      await expect(plain.kill(wrong as NodeJS.Signals)).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
    }
  });

  it("kills the program when the handle is disposed of, and not when it was detached", async () => {
    {
      await using handle = await programs.start("exec sleep 71.4");
      expect(await ids()).toContain(handle.id);
    }
    expect((await sandbox.execute("pgrep -f '[s]leep 71.4'")).output).toBe("");
    let id = "";
    {
      await using handle = await programs.start("exec sleep 71.5");
      id = handle.id;
      await handle.detach();
    }
    expect((await sandbox.execute("pgrep -f '[s]leep 71.5'")).output).not.toBe("");
    await using again = await programs.attach(id);
    expect(await again.kill("SIGINT")).toBe(true);
    expect(await again.wait()).toEqual({ exitCode: 130 });
  });

  it("says why a program does not start", async () => {
    for (const [cwd, reason] of [
      ["/nothing", "no such file or directory"],
      ["/etc/passwd", "not a directory"],
    ]) {
      const failed = programs.start("true", { cwd });
      await expect(failed).rejects.toBeInstanceOf(DaytonaValidationError);
      await expect(failed).rejects.toThrow(`in ${cwd}: ${reason}`);
    }
    await expect(programs.start("true", { env: { "A-B": "1" } })).rejects.toBeInstanceOf(DaytonaValidationError);
    await expect(programs.start(`true ${"x".repeat(200_000)}`)).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
    await until(async () => (await ids()).length === 0);
  });

  it("ends a wait at its timeout, and the program runs on", async () => {
    await using handle = await programs.start("sleep 0.6; echo end");
    await expect(handle.wait({ timeout: 0.1 })).rejects.toBeInstanceOf(DaytonaTimeoutError);
    await expect(handle.wait({ signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
    expect(await handle.wait()).toEqual({ exitCode: 0 });
    expect(await text(handle.stdout)).toBe("end\n");
  });

  it("kills a program whose start is aborted", async () => {
    const controller = new AbortController();
    const starting = programs.start("exec sleep 71.6", { signal: controller.signal });
    setImmediate(() => controller.abort("enough"));
    await expect(starting).rejects.toBe("enough");
    await until(async () => (await sandbox.execute("pgrep -f '[s]leep 71.6'")).output === "" && (await ids()).length === 0);
  });
});

describe("the streams of a handle", () => {
  // More than a handle keeps.
  const LINES = 200_000;

  it("lose nothing when one is read after the other", async () => {
    await using handle = await programs.start(`seq ${LINES}; seq ${LINES} >&2`);
    const err = await text(handle.stderr);
    const out = await text(handle.stdout);
    expect(err.length).toBe(1_288_895);
    expect(out).toBe(err);
    await until(async () => !(await ids()).includes(handle.id));
  });

  it("lose nothing when the program is waited for first, with bounded memory", async () => {
    await using handle = await programs.start("seq 1000000; echo end >&2");
    const before = process.memoryUsage().rss;
    expect(await handle.wait()).toEqual({ exitCode: 0 });
    expect(process.memoryUsage().rss - before).toBeLessThan(16 << 20);
    let [next, rest] = [1, ""];
    for await (const chunk of handle.stdout) {
      const lines = (rest + String(chunk)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== String(next++)) expect.fail(`${line} instead of ${next - 1}`);
    }
    expect(next).toBe(1_000_001);
    expect(await text(handle.stderr)).toBe("end\n");
  });

  it("do not grow while nobody reads", async () => {
    await using handle = await programs.start("head -c 40000000 /dev/zero | tr '\\0' x | fold -w 999; echo end >&2");
    const before = process.memoryUsage().rss;
    expect(await readUntil(handle.stderr, "end")).toBe("end\n");
    expect(process.memoryUsage().rss - before).toBeLessThan(24 << 20);
    handle.stdout.destroy();
    expect(await handle.wait()).toEqual({ exitCode: 0 });
  });

  it("are Node.js streams", async () => {
    await using handle = await programs.start("echo a; echo b >&2");
    const seen: string[] = [];
    handle.stdout.on("data", (chunk) => seen.push(`out ${chunk}`));
    handle.stderr.on("data", (chunk) => seen.push(`err ${chunk}`));
    await Promise.all([once(handle.stdout, "end"), once(handle.stderr, "end")]);
    expect(seen.sort()).toEqual(["err b\n", "out a\n"]);
  });

  it("fail when the session is deleted, and say how far they got", async () => {
    await using handle = await programs.start("echo 1234567; sleep 71.7");
    const chunks = handle.stdout[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe("1234567\n");
    await programs.deleteSession(handle.id);
    const failed = chunks.next();
    await expect(failed).rejects.toBeInstanceOf(DaytonaSessionEndedError);
    await expect(failed).rejects.toThrow(/bytes of the log were received/);
    await expect(handle.wait()).rejects.toBeInstanceOf(DaytonaSessionEndedError);
  });
});

describe("process.attach", () => {
  it("reads a program's output from its beginning, in another handle at the same time", async () => {
    await using first = await programs.start("for i in 1 2 3; do echo $i; sleep 0.05; done; read -r line; echo $line; exit 3");
    await readUntil(first.stdout, "2");
    await using second = await programs.attach(first.id);
    expect({ id: second.id, pid: second.pid }).toEqual({ id: first.id, pid: first.pid });
    await second.write("bye\n");
    expect(await text(second.stdout)).toBe("1\n2\n3\nbye\n");
    expect(await second.wait()).toEqual({ exitCode: 3 });
  });

  it("says that there is no such program", async () => {
    for (const id of ["process-0123456789abcdef0123456789abcdef", "process-x", "other", ""]) {
      const failed = programs.attach(id);
      await expect(failed).rejects.toBeInstanceOf(DaytonaProcessNotFoundError);
    }
    await using handle = await programs.start("true");
    await handle.wait();
    await until(async () => !(await ids()).includes(handle.id));
    await expect(programs.attach(handle.id)).rejects.toThrow(/deleted once a handle has read its end/);
  });
});
