import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { DaytonaSandbox } from "daytona-native";
import { LocalDaytona } from "daytona-native/local";
import { Daytona, DaytonaInvalidArgumentError } from "daytona-native/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { alive, descendants, until } from "./support/processes.js";
import { cleanEnv, runProgram } from "./support/run-program.js";
import { root, startServer } from "./support/server.js";

// The local server as users start it, and clean-up when it exits for any reason.

const linux = process.platform === "linux";
let temp: string;
beforeEach(async () => {
  temp = await fs.mkdtemp(path.join(os.tmpdir(), "daytona-native-local-"));
});
afterEach(() => fs.rm(temp, { recursive: true, force: true }));

async function refusesConnections(apiUrl: string): Promise<boolean> {
  const { hostname, port } = new URL(apiUrl);
  const socket = net.connect(Number(port), hostname);
  try {
    await once(socket, "connect");
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}

describe("LocalDaytona", () => {
  it("starts and stops a server", async () => {
    const server = await LocalDaytona.start();
    const { apiUrl, apiKey, isolation } = server;
    expect(new URL(apiUrl).hostname).toBe("127.0.0.1");
    expect(apiKey.length).toBeGreaterThan(20);
    expect(["namespaces", "landlock", "none"]).toContain(isolation);

    const sandbox = await DaytonaSandbox.create({ auth: { apiUrl, apiKey } });
    expect((await sandbox.execute("echo in $HOME")).output).toBe("in /home/daytona\n");
    expect(sandbox.isolation).toBe(isolation);
    await server.close();
    await server.close();
    expect(await refusesConnections(apiUrl)).toBe(true);
  });

  it("closes at the end of its block", async () => {
    let apiUrl = "";
    {
      await using server = await LocalDaytona.start();
      apiUrl = server.apiUrl;
      expect(await refusesConnections(apiUrl)).toBe(false);
    }
    expect(await refusesConnections(apiUrl)).toBe(true);
  });

  it("is not started when the signal is aborted", async () => {
    const reason = new Error("the caller's reason");
    await expect(LocalDaytona.start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const starting = LocalDaytona.start({ signal: controller.signal });
    controller.abort(reason);
    await expect(starting).rejects.toBe(reason);
  });

  it("gives each server a unique key, which other servers reject", async () => {
    await using one = await LocalDaytona.start();
    await using two = await LocalDaytona.start();
    expect(one.apiKey).not.toBe(two.apiKey);
    const stranger = new Daytona({ apiUrl: one.apiUrl, apiKey: two.apiKey });
    await expect(stranger.create()).rejects.toMatchObject({ statusCode: 401 });
  });
});

describe("an invalid option of LocalDaytona", () => {
  it.each([
    ["port", 99_999, "port must be an integer between 0 and 65535 (0 for a free port), not 99999"],
    ["port", -1, "port must be"],
    ["port", 80.5, "port must be"],
    ["port", "8080", 'not "8080"'],
    ["isolation", "walls", 'isolation must be one of auto, namespaces, landlock, none, not "walls"'],
    ["apiKey", "", "apiKey must be a non-empty string"],
    ["apiKey", "secret\nkey", "apiKey must be"],
    ["apiKey", 5, "apiKey must be"],
    ["env", { SECRET: 5 }, "env must be an object whose values are strings"],
    ["env", ["secret=1"], "env must be"],
    ["binds", ["/a:/b"], "binds must be an array of paths"],
    ["binds", [{ target: "/b" }], "binds must be"],
    ["allowHost", "yes", 'allowHost must be a boolean, not "yes"'],
    ["data", "", 'data must be the path of a folder, not ""'],
    ["data", 5, "data must be"],
  ])("%s of %j is named", async (name, value, says) => {
    const error = await LocalDaytona.start({ [name]: value }).then(
      () => null,
      (reason: Error) => reason,
    );
    expect(error).toBeInstanceOf(DaytonaInvalidArgumentError);
    expect(error?.message).toContain(says);
    expect(error?.message).toMatch(/^Could not start the local server: /);
    expect(error?.message).not.toMatch(/--|secret/);
  });

  it("is not one that is undefined or null", async () => {
    const options = { port: undefined, apiKey: null, isolation: undefined } as unknown as { port?: number };
    await using server = await LocalDaytona.start(options);
    expect(new URL(server.apiUrl).port).not.toBe("0");
  });
});

describe.skipIf(!linux)("a folder to keep sandboxes in", () => {
  it("lets a later server continue with them", async () => {
    const data = path.join(temp, "kept");
    const first = await LocalDaytona.start({ data });
    const sandbox = await DaytonaSandbox.create({ auth: first });
    await sandbox.uploadFiles([["file.txt", new TextEncoder().encode("kept")]]);
    await expect(LocalDaytona.start({ data })).rejects.toThrow(/another local server uses it/);
    await first.close();

    await using second = await LocalDaytona.start({ data });
    const found = await DaytonaSandbox.fromId(sandbox.id, { auth: second });
    expect(await found.execute("cat file.txt")).toMatchObject({ output: "kept", exitCode: 0 });
    await found.close();
  });
});

describe.skipIf(!linux)("what LocalDaytona gives to all sandboxes", () => {
  it("are variables, whose values nobody sees in the list of processes, and files", async () => {
    const folder = await fs.mkdtemp(path.join(temp, "bound-"));
    // Sandboxes of a server that root started are another user.
    await fs.chmod(folder, 0o755);
    await fs.writeFile(path.join(folder, "file"), "of the host");
    await using server = await LocalDaytona.start({
      env: { GIVEN: "secret=value", OVERRIDDEN: "by the server" },
      binds: [{ source: folder, target: "/mnt/bound" }],
    });
    const sandbox = await DaytonaSandbox.create({ auth: server, envVars: { OVERRIDDEN: "by the sandbox" } });
    const { output } = await sandbox.execute(
      'echo "$GIVEN, $OVERRIDDEN"; cat /mnt/bound/file; touch /mnt/bound/new 2>&1 | grep -c -i read-only',
    );
    expect(output).toBe("secret=value, by the sandbox\nof the host1\n");
    const commands = (await fs.readdir("/proc"))
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => fs.readFile(`/proc/${pid}/cmdline`, "utf8"));
    const seen = (await Promise.allSettled(commands)).map((read) => (read.status === "fulfilled" ? read.value : ""));
    expect(seen.filter((command) => command.includes("secret=value"))).toEqual([]);
    await sandbox.close();
  });

  it("are no files in the place of their own, and none that do not exist", async () => {
    for (const [bind, says] of [
      [{ source: "/usr", target: "/home/daytona/usr" }, "/home/daytona is each sandbox's own"],
      ["/does/not/exist", "cannot mount /does/not/exist"],
    ] as const) {
      await expect(LocalDaytona.start({ binds: [bind] })).rejects.toThrow(says);
    }
  });
});

describe("npx daytona-local", () => {
  it("prints one line of JSON when it is ready, and exits on a signal", async () => {
    const server = await startServer([], cleanEnv({ TMPDIR: temp }));
    expect(server).toMatchObject({ apiUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/api$/), isolation: expect.any(String) });
    const { apiUrl, apiKey } = server;
    await DaytonaSandbox.create({ auth: { apiUrl, apiKey } });
    await server.close();
    expect(await refusesConnections(apiUrl)).toBe(true);
    expect(await fs.readdir(temp)).toEqual([]);
  });

  it.skipIf(!linux)("leaves no processes or files when it is killed", async () => {
    const { child, apiUrl, apiKey } = await startServer([], cleanEnv({ TMPDIR: temp }));
    const sandbox = await DaytonaSandbox.create({ auth: { apiUrl, apiKey } });
    await sandbox.execute("setsid sleep 1000 >/dev/null 2>&1 &");
    const processes = descendants(child.pid ?? 0);
    expect(processes.length).toBeGreaterThanOrEqual(4);
    child.kill("SIGKILL");
    await once(child, "exit");
    await until(() => alive(processes).length === 0);
    await until(async () => (await fs.readdir(temp)).length === 0);
  });

  it("prints the same as text by default", async () => {
    const child = spawn(process.execPath, ["bin/daytona-local.js"], { cwd: root, env: cleanEnv(), stdio: ["ignore", "pipe", "inherit"] });
    try {
      let text = "";
      for await (const line of createInterface({ input: child.stdout })) {
        text += `${line}\n`;
        if (/DAYTONA_API_URL/.test(text) && /DAYTONA_API_KEY/.test(text)) break;
      }
      expect(text).toMatch(/http:\/\/127\.0\.0\.1:\d+\/api/);
      expect(text).toMatch(/namespaces|landlock|none/);
    } finally {
      child.kill("SIGINT");
      await once(child, "exit");
    }
  });

  it("rejects an unknown option by name", async () => {
    const child = spawn(process.execPath, ["bin/daytona-local.js", "--no-such-option"], {
      cwd: root,
      env: cleanEnv(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
    const [code] = await once(child, "close");
    expect(code).not.toBe(0);
    expect(said).toContain("--no-such-option");
  });
});

describe('target "local"', () => {
  it("waits for its server no longer when the signal is aborted", async () => {
    const program = `
      import { DaytonaSandbox } from "daytona-native";
      const controller = new AbortController();
      const creating = DaytonaSandbox.create({ target: "local", signal: controller.signal });
      // The program of the server runs, and is not ready.
      setImmediate(() => controller.abort(new Error("the caller's reason")));
      const began = performance.now();
      await creating.catch((error) => console.log(error.message));
      const aborted = performance.now();
      // The second call starts the server. It would find it started if the first had waited for it.
      await DaytonaSandbox.connect("missing", { target: "local" }).catch(() => {});
      console.log(aborted - began < performance.now() - aborted ? "sooner" : "not sooner");
      const sandbox = await DaytonaSandbox.create({ target: "local" });
      console.log((await sandbox.execute("echo works")).output.trim());
      await sandbox.close();`;
    expect(await runProgram(root, program)).toMatchObject({ code: 0, stdout: "the caller's reason\nsooner\nworks\n", stderr: "" });
  });

  it("needs no key, and starts one server for a process and its threads", async () => {
    const run = await runProgram(
      root,
      `import { Worker } from "node:worker_threads";
       import { once } from "node:events";
       import { DaytonaSandbox } from "daytona-native";
       const work = \`
         const { parentPort } = require("node:worker_threads");
         const { DaytonaSandbox } = require("daytona-native");
         DaytonaSandbox.create({ target: "local" }).then(async (sandbox) => {
           const { output } = await sandbox.execute("echo thread");
           parentPort.postMessage({ address: sandbox.instance.toolboxProxyUrl, output });
           await sandbox.close();
         });\`;
       const threads = [1, 2].map(() => new Worker(work, { eval: true, execArgv: [] }));
       const answers = await Promise.all(threads.map(async (thread) => (await once(thread, "message"))[0]));
       const sandbox = await DaytonaSandbox.create();
       answers.push({ address: sandbox.instance.toolboxProxyUrl, output: (await sandbox.execute("echo thread")).output });
       await sandbox.close();
       console.log(JSON.stringify(answers));`,
      { DAYTONA_TARGET: "local", TMPDIR: temp },
    );
    expect([run.code, run.stderr]).toEqual([0, ""]);
    const answers = JSON.parse(run.stdout) as { address: string; output: string }[];
    expect(answers.map((answer) => answer.output)).toEqual(["thread\n", "thread\n", "thread\n"]);
    expect(new Set(answers.map((answer) => answer.address)).size).toBe(1);
  });

  it.each([
    ["with close()", "await sandbox.close();"],
    ["without close()", ""],
  ])("stops the server with the process %s", async (_, end) => {
    const run = await runProgram(
      root,
      `import { DaytonaSandbox } from "daytona-native";
       const sandbox = await DaytonaSandbox.create({ target: "local" });
       await sandbox.execute("sleep 1000 >/dev/null 2>&1 &");
       ${end}
       console.log("done");`,
      { TMPDIR: temp },
    );
    expect(run).toMatchObject({ code: 0, stdout: "done\n", stderr: "" });
    expect(run.exitMs).toBeLessThan(500);
    await until(async () => (await fs.readdir(temp)).length === 0);
  });

  it.skipIf(!linux).each(["SIGKILL", "SIGTERM", "SIGINT"] as const)("leaves no process, port or folder after %s", async (signal) => {
    const child = spawn(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        `import { DaytonaSandbox } from "daytona-native";
         const sandbox = await DaytonaSandbox.create({ target: "local", initialFiles: { "a/b": "c" } });
         await sandbox.execute("setsid sleep 1000 >/dev/null 2>&1 &");
         console.log(sandbox.instance.toolboxProxyUrl);
         await sandbox.execute("sleep 1000");`,
      ],
      { cwd: root, env: cleanEnv({ TMPDIR: temp }), stdio: ["ignore", "pipe", "inherit"] },
    );
    const [address] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    // Waits for the running command, which must be killed too.
    await until(() => descendants(child.pid ?? 0).filter(({ command }) => command.endsWith("sleep 1000")).length >= 2);
    const processes = descendants(child.pid ?? 0);
    expect(processes.length).toBeGreaterThanOrEqual(4);
    expect(await fs.readdir(temp)).not.toEqual([]);

    child.kill(signal);
    await once(child, "exit");
    await until(() => alive(processes).length === 0);
    await until(async () => (await fs.readdir(temp)).length === 0);
    expect(await refusesConnections(address)).toBe(true);
  });
});

describe("a sandbox", () => {
  it("cannot see the environment and home folders of the host", async () => {
    const run = await runProgram(
      root,
      `import { DaytonaSandbox } from "daytona-native";
       const sandbox = await DaytonaSandbox.create({ target: "local" });
       const { output } = await sandbox.execute("env; cat /proc/*/environ 2>/dev/null | tr '\\\\0' '\\\\n'; ls -A /home /root 2>&1");
       await sandbox.close();
       console.log(output);`,
      { MY_SECRET_TOKEN: "4711-secret", TMPDIR: temp },
    );
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("HOME=/home/daytona");
    expect(run.stdout).not.toContain("4711-secret");
    expect(run.stdout).not.toContain(os.homedir() === "/root" ? ".bashrc" : path.basename(os.homedir()));
  });
});
