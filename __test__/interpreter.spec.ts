import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Daytona as Original } from "@daytona/sdk";
import {
  type Chart,
  ChartType,
  type CodeInterpreter,
  Daytona,
  DaytonaConnectionError,
  DaytonaInternalServerError,
  DaytonaInvalidArgumentError,
  DaytonaNotFoundError,
  DaytonaTimeoutError,
  DaytonaValidationError,
  type ExecutionError,
  type LineChart,
  type Sandbox,
} from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { cuttingProxy } from "./support/cutting-proxy.js";
import { until } from "./support/processes.js";
import { root } from "./support/server.js";

// The code interpreter and the charts of codeRun through the public package, at the local server.

const auth = inject("daytona");
let sandbox: Sandbox;
let interpreter: CodeInterpreter;

beforeAll(async () => {
  sandbox = await new Daytona(auth).create({ language: "python" });
  interpreter = sandbox.codeInterpreter;
});
afterAll(() => sandbox.delete());

/** The error of a call; the test fails when it succeeds. */
async function errorOf(call: Promise<unknown>): Promise<Error> {
  return await call.then(
    (value) => {
      throw new Error(`expected an error, got ${JSON.stringify(value)}`);
    },
    (error: Error) => error,
  );
}

describe("runCode", () => {
  it("keeps variables, functions and modules from run to run", async () => {
    await interpreter.runCode("import math\nradius = 2\ndef area(r): return math.pi * r * r");
    expect(await interpreter.runCode("print(round(area(radius), 2))")).toEqual({ stdout: "12.57\n", stderr: "" });
  });

  it("returns an exception as a result", async () => {
    const result = await interpreter.runCode("print('before')\nraise ValueError('bad')");
    expect(result).toEqual({
      stdout: "before\n",
      stderr: "",
      error: {
        name: "ValueError",
        value: "bad",
        traceback: 'Traceback (most recent call last):\n  File "<stdin>", line 2\nValueError: bad\n',
      },
    });
  });

  it("passes output to callbacks while the code runs, each output apart, the exception last", async () => {
    const seen: unknown[] = [];
    const result = await interpreter.runCode(
      "import os, sys\nprint('1')\nwhile not os.path.exists('go'): pass\nprint('2', file=sys.stderr)\nprint('3é')\n1/0",
      {
        onStdout: async (message) => {
          seen.push(message);
          if (message.output === "1\n") await sandbox.fs.uploadFile(Buffer.from(""), "go");
        },
        onStderr: (message) => void seen.push([message]),
        onError: (error) => void seen.push(error.name),
      },
    );
    expect(seen).toEqual([{ output: "1\n" }, [{ output: "2\n" }], { output: "3é\n" }, "ZeroDivisionError"]);
    expect(result).toMatchObject({ stdout: "1\n3é\n", stderr: "2\n", error: { name: "ZeroDivisionError" } });
  });

  it("gives callbacks of every kind alone", async () => {
    const errors: ExecutionError[] = [];
    await interpreter.runCode("print('ignored')\nraise KeyError('k')", { onError: (error) => errors.push(error) });
    expect(errors.map(({ name, value }) => [name, value])).toEqual([["KeyError", "'k'"]]);
    let err = "";
    await interpreter.runCode("import sys\nprint('out')\nprint('err', file=sys.stderr)", { onStderr: ({ output }) => (err += output) });
    expect(err).toBe("err\n");
  });

  it("loses nothing when a callback throws or rejects, and warns once", async () => {
    const warnings: Error[] = [];
    const listener = (warning: Error) => warnings.push(warning);
    process.on("warning", listener);
    const err: string[] = [];
    const result = await interpreter.runCode("import sys\nfor i in range(3):\n  print(i)\n  print(-i, file=sys.stderr)", {
      onStdout: () => {
        throw new RangeError("mine");
      },
      onStderr: async ({ output }) => {
        err.push(output);
        throw new Error("rejected");
      },
    });
    expect(result).toEqual({ stdout: "0\n1\n2\n", stderr: "0\n-1\n-2\n" });
    expect(err).toEqual(["0\n", "-1\n", "-2\n"]);
    await until(async () => warnings.length > 0);
    process.off("warning", listener);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ name: "DaytonaCallbackWarning", detail: expect.stringContaining("RangeError: mine") });
  });

  it("delivers 20,000 lines in order", async () => {
    let [next, broken] = [0, 0];
    const { stdout } = await interpreter.runCode("for i in range(20_000): print(i)", {
      onStdout: ({ output }) => {
        if (output !== `${next++}\n`) broken += 1;
      },
    });
    expect({ next, broken }).toEqual({ next: 20_000, broken: 0 });
    expect(stdout).toBe(Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join(""));
  });

  it("sets variables of the environment for one run", async () => {
    const code = "import os\nprint(os.environ.get('GREETING'))";
    expect((await interpreter.runCode(code, { envs: { GREETING: "hello world" } })).stdout).toBe("hello world\n");
    expect((await interpreter.runCode(code)).stdout).toBe("None\n");
  });

  it("runs what is sent at once one after the other", async () => {
    await interpreter.runCode("order = []");
    const runs = Array.from({ length: 10 }, (_, i) => interpreter.runCode(`order.append(${i}); busy = ${i}; assert busy == ${i}`));
    expect((await Promise.all(runs)).every(({ error }) => error === undefined)).toBe(true);
    expect((await interpreter.runCode("print(sorted(order) == list(range(10)))")).stdout).toBe("True\n");
  });

  it("refuses blank code and arguments of other types", async () => {
    for (const code of ["", " \n"]) expect(await errorOf(interpreter.runCode(code))).toBeInstanceOf(DaytonaInvalidArgumentError);
    for (const options of [{ context: {} }, { context: "id" }, { envs: { A: 1 } }, { timeout: -1 }, { timeout: "1" }]) {
      expect(await errorOf(interpreter.runCode("1", options as object))).toBeInstanceOf(DaytonaInvalidArgumentError);
    }
    expect((await interpreter.runCode("print(1)", { context: null, envs: null, timeout: undefined, onStdout: null })).stdout).toBe("1\n");
  });

  it("says which context does not exist", async () => {
    const error = await errorOf(interpreter.runCode("1", { context: { id: "nope" } }));
    expect(error).toBeInstanceOf(DaytonaConnectionError);
    expect(error.message).toContain("context not found: nope (close code 1008)");
  });
});

describe("the end of code", () => {
  it("comes at its timeout, and its state stays", async () => {
    const out: string[] = [];
    const run = interpreter.runCode("n = 7\nprint('start')\nwhile True: pass", { timeout: 1, onStdout: ({ output }) => out.push(output) });
    const error = await errorOf(run);
    expect(error).toBeInstanceOf(DaytonaTimeoutError);
    expect(error.message).toContain("timed out after 1 s");
    expect(out).toEqual(["start\n"]);
    expect((await interpreter.runCode("print(n)", { timeout: 0 })).stdout).toBe("7\n");
  });

  it("comes by force when the code ignores the interruption, and its state is lost", async () => {
    const context = await interpreter.createContext();
    const code = "import time\nn = 7\nwhile True:\n  try:\n    time.sleep(60)\n  except KeyboardInterrupt: pass";
    expect(await errorOf(interpreter.runCode(code, { context, timeout: 1 }))).toBeInstanceOf(DaytonaTimeoutError);
    expect((await interpreter.runCode("print('n' in globals())", { context })).stdout).toBe("False\n");
    await interpreter.deleteContext(context);
  });

  it("comes with the signal's reason, and the code is interrupted", async () => {
    const controller = new AbortController();
    const code = "m = 8\nprint('on')\nwhile True: pass";
    const run = interpreter.runCode(code, { timeout: 0, signal: controller.signal, onStdout: () => controller.abort("enough") });
    await expect(run).rejects.toBe("enough");
    // It would never have its turn.
    expect((await interpreter.runCode("print(m)")).stdout).toBe("8\n");
    await expect(interpreter.runCode("1", { signal: AbortSignal.abort("before") })).rejects.toBe("before");
  });

  it("is an error when the interpreter exits, and the next run has a new one", async () => {
    const context = await interpreter.createContext();
    const error = await errorOf(interpreter.runCode("import os\nprint('12345')\nos._exit(3)", { context, onStdout: () => {} }));
    expect(error).toBeInstanceOf(DaytonaConnectionError);
    expect(error.message).toMatch(/worker process ended \(close code 1001\).*6 bytes of output were received/);
    expect((await interpreter.listContexts()).find(({ id }) => id === context.id)?.active).toBe(false);
    expect((await interpreter.runCode("print('os' in globals())", { context })).stdout).toBe("False\n");
    await interpreter.deleteContext(context);
  });

  it("is an exception when the code interrupts itself, or its context is deleted", async () => {
    const itself = await interpreter.runCode("print('x')\nraise KeyboardInterrupt");
    expect(itself).toMatchObject({ stdout: "x\n", error: { name: "KeyboardInterrupt" } });
    const context = await interpreter.createContext();
    const running = interpreter.runCode("print('on')\nwhile True: pass", { context, onStdout: () => interpreter.deleteContext(context) });
    expect((await running).error?.name).toBe("KeyboardInterrupt");
  });

  it("is an error that says how far it got when the connection breaks", async () => {
    const proxy = await cuttingProxy(auth);
    try {
      const { codeInterpreter } = await new Daytona({ apiUrl: proxy.apiUrl, apiKey: auth.apiKey }).get(sandbox.id);
      const run = codeInterpreter.runCode("print('1234')\nimport time\ntime.sleep(2)", { timeout: 3, onStdout: () => proxy.cut() });
      const error = await errorOf(run);
      expect(error).toBeInstanceOf(DaytonaConnectionError);
      expect(error.message).toContain("5 bytes of output were received");
    } finally {
      await proxy[Symbol.asyncDispose]();
    }
  });

  it("comes with that of its worker thread", async () => {
    const worker = new Worker(
      `const { Daytona } = require("daytona-native/sdk");
       const { parentPort, workerData } = require("node:worker_threads");
       void (async () => {
         const { codeInterpreter } = await new Daytona(workerData.auth).get(workerData.id);
         await codeInterpreter.runCode("w = 1\\nprint('on')\\nwhile True: pass", { timeout: 0, onStdout: () => parentPort.postMessage("on") });
       })();`,
      {
        eval: true,
        workerData: { auth: { apiUrl: auth.apiUrl, apiKey: auth.apiKey }, id: sandbox.id },
        execArgv: [],
        env: { ...process.env, NODE_PATH: root },
      },
    );
    await once(worker, "message");
    await worker.terminate();
    expect((await interpreter.runCode("print(w)")).stdout).toBe("1\n");
  });
});

describe("contexts", () => {
  it("have a state and a folder of their own", async () => {
    const [a, b] = [await interpreter.createContext(), await interpreter.createContext("/tmp")];
    expect(a).toEqual({ id: expect.any(String), cwd: "/home/daytona", createdAt: expect.any(String), active: true, language: "python" });
    await interpreter.runCode("x = 'a'", { context: a });
    await interpreter.runCode("x = 'b'", { context: b });
    expect((await interpreter.runCode("import os\nprint(x, os.getcwd())", { context: a })).stdout).toBe("a /home/daytona\n");
    expect((await interpreter.runCode("import os\nprint(x, os.getcwd())", { context: b })).stdout).toBe("b /tmp\n");
    const listed = await interpreter.listContexts();
    expect(listed.map(({ id }) => id).sort()).toEqual([a.id, b.id].sort());
    for (const context of [a, b]) await interpreter.deleteContext(context);
    expect(await interpreter.listContexts()).toEqual([]);
  });

  it("that cannot be are errors", async () => {
    const error = await errorOf(interpreter.createContext("/home/daytona/none"));
    expect(error).toBeInstanceOf(DaytonaInternalServerError);
    expect(error.message).toContain("/home/daytona/none is not a folder of the sandbox");
    const gone = { id: "gone" } as Parameters<CodeInterpreter["deleteContext"]>[0];
    expect(await errorOf(interpreter.deleteContext(gone))).toBeInstanceOf(DaytonaNotFoundError);
    expect(await errorOf(interpreter.deleteContext({ id: "default" }))).toBeInstanceOf(DaytonaValidationError);
    expect(await errorOf(interpreter.deleteContext("gone" as never))).toBeInstanceOf(DaytonaInvalidArgumentError);
  });

  it("end with their sandbox", async () => {
    const mine = await new Daytona(auth).create();
    const context = await mine.codeInterpreter.createContext();
    const running = mine.codeInterpreter.runCode("while True: pass", { context, timeout: 0 });
    const ended = errorOf(running);
    await mine.delete();
    expect(await ended).toBeInstanceOf(Error);
  });

  it("need Python on the host, and say so", async () => {
    const without = await new Daytona(auth).create({ envVars: { PATH: "/home/daytona/none" } });
    const message = /python3 is not installed.*install Python 3\.7 or later/;
    expect((await errorOf(without.codeInterpreter.createContext())).message).toMatch(message);
    expect((await errorOf(without.codeInterpreter.runCode("1"))).message).toMatch(/python3 is not installed.*close code 1011/);
    await without.delete();
  });
});

describe("beside @daytona/sdk", () => {
  it("results, messages and callbacks are equal", async () => {
    // Without the connection for states of sandboxes, which would stay open.
    const original = new Original({ apiKey: auth.apiKey, apiUrl: auth.apiUrl, target: "us", useDeprecatedPolling: true });
    const theirs = await original.get(sandbox.id);
    const codes = [
      "print('a'); print('b', end='')",
      "import sys; print('e', file=sys.stderr); print('žluť 🚀')",
      "print('before')\nraise ValueError('bad')",
      "def f(:",
      "import sys; sys.exit(2)",
      "x = 1",
    ];
    for (const code of codes) {
      const record = async (interpreter: Pick<CodeInterpreter, "runCode">) => {
        const seen: unknown[] = [];
        const note = (name: string) => (value: unknown) => void seen.push([name, value]);
        const result = await interpreter.runCode(code, {
          onStdout: note("out"),
          onStderr: note("err"),
          onError: note("error"),
          timeout: 30,
        });
        return { seen, result };
      };
      expect(await record(interpreter), code).toEqual(await record(theirs.codeInterpreter as never));
    }
    const [ours, other] = [await interpreter.createContext("/tmp"), await theirs.codeInterpreter.createContext("/tmp")];
    expect(Object.keys(ours).sort()).toEqual(Object.keys(other).sort());
    const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id);
    expect((await interpreter.listContexts()).sort(byId)).toEqual((await theirs.codeInterpreter.listContexts()).sort(byId));
    await interpreter.deleteContext(other);
    await theirs.codeInterpreter.deleteContext(ours);
    const code = `print('x')\nprint('dtn_artifact_k39fd2:{"type": "chart", "value": {"type": "line", "elements": []}}')`;
    expect(await sandbox.process.codeRun(code)).toEqual(await theirs.process.codeRun(code));
    expect(await sandbox.process.executeCommand("echo x")).toEqual(await theirs.process.executeCommand("echo x"));
  });
});

describe("charts of codeRun", () => {
  const print = (chart: object) => `print('dtn_artifact_k39fd2:' + ${JSON.stringify(JSON.stringify({ type: "chart", value: chart }))})`;

  it("are artifacts, in order, and not in the output", async () => {
    const line = { type: "line", title: "T", x_label: "x", x_ticks: [0, 1.5], elements: [{ label: "a", points: [[0, 1]] }] };
    const pie = { type: "pie", elements: [{ label: "p", angle: 90, radius: 1 }] };
    const response = await sandbox.process.codeRun(`print('a')\n${print(line)}\n${print(pie)}\nprint('b')`);
    expect(response).toEqual({ exitCode: 0, result: "a\nb\n", artifacts: { stdout: "a\nb\n", charts: [line, pie] } });
    const [first] = response.artifacts.charts as [Chart];
    expect(first.type === ChartType.LINE && (first as LineChart).elements?.[0]?.points).toEqual([[0, 1]]);
  });

  it("are an empty list when there are none, and absent for commands", async () => {
    expect((await sandbox.process.codeRun("print(1)")).artifacts).toEqual({ stdout: "1\n", charts: [] });
    expect((await sandbox.process.executeCommand("echo 1")).artifacts).toEqual({ stdout: "1\n" });
  });
});
