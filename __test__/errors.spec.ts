import net from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { SandboxError } from "deepagents";
import { DaytonaSandbox, DaytonaSandboxError, getAuthApiKey, getAuthCredentials } from "daytona-native";
import { Daytona, DaytonaInvalidArgumentError, type Sandbox } from "daytona-native/sdk";
import { describe, expect, inject, it } from "vitest";
import { runProgram } from "./support/run-program.js";
import { sandboxObject, startScriptedServer, startServiceWith } from "./support/scripted-server.js";
import { root } from "./support/server.js";

// The errors of common mistakes: the code, and a message that says what failed and what to do.

const auth = inject("daytona");

/** Returns the error of a promise that must reject. */
async function errorOf(promise: Promise<unknown>): Promise<DaytonaSandboxError & { cause?: { statusCode?: number } }> {
  const error = await promise.then(
    (value) => {
      throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
    },
    (reason: unknown) => reason,
  );
  if (!(error instanceof DaytonaSandboxError)) throw error;
  return error as never;
}

describe("the error class", () => {
  it("extends deepagents' class and is recognized by isInstance", async () => {
    const error = await errorOf(new DaytonaSandbox({ auth }).execute("true"));
    expect(error).toBeInstanceOf(SandboxError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("DaytonaSandboxError");
    expect(DaytonaSandboxError.isInstance(error)).toBe(true);
    expect(SandboxError.isInstance(error)).toBe(true);
    expect(DaytonaSandboxError.isInstance(new Error("other"))).toBe(false);
    expect(DaytonaSandboxError.isInstance(null)).toBe(false);
  });

  it("has the constructor of the original", () => {
    const cause = new Error("inner");
    const error = new DaytonaSandboxError("words", "COMMAND_FAILED", cause);
    expect([error.message, error.code, error.cause]).toEqual(["words", "COMMAND_FAILED", cause]);
  });

  it("has the caller in its stack", async () => {
    async function theCaller() {
      await DaytonaSandbox.fromId(crypto.randomUUID(), { auth });
    }
    const { stack } = await errorOf(theCaller());
    expect(stack).toContain("theCaller");
    expect(stack).toContain("errors.spec.ts");
  });
});

describe("arguments of a wrong type", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const wrong = (value: unknown) => value as never;

  it.each<[string, (sandbox: DaytonaSandbox) => Promise<unknown>, string, string]>([
    ["a command", (sandbox) => sandbox.execute(wrong(5)), "COMMAND_FAILED", "command must be a string"],
    ["options", (sandbox) => sandbox.execute("true", wrong(5)), "COMMAND_FAILED", "options must be an object"],
    ["a cycle", (sandbox) => sandbox.execute("true", wrong({ env: cycle })), "COMMAND_FAILED", "cannot be converted to JSON (env)"],
    ["a timeout", (sandbox) => sandbox.getWorkDir(wrong({ timeout: "soon" })), "COMMAND_FAILED", "getWorkDir: timeout must be a number"],
    ["paths", (sandbox) => sandbox.downloadFiles(wrong("a")), "FILE_OPERATION_FAILED", "paths must be an array"],
    ["a limit", (sandbox) => sandbox.downloadFiles(["a"], wrong({ timeout: "soon" })), "FILE_OPERATION_FAILED", "timeout must be a number"],
    ["labels", () => DaytonaSandbox.deleteAll(wrong(undefined), { auth }), "COMMAND_FAILED", "deleteAll"],
    ["a key", () => DaytonaSandbox.create({ auth: wrong({ ...auth, apiKey: 5 }) }), "SANDBOX_CREATION_FAILED", "apiKey must be a string"],
  ])("%s: the error says which", async (_, call, code, says) => {
    const sandbox = await DaytonaSandbox.create({ auth });
    try {
      const error = await errorOf(call(sandbox));
      expect(error.code).toBe(code);
      expect(error.message).toContain(says);
      expect(error.message).not.toMatch(/rust|napi|a text/i);
    } finally {
      await sandbox.close();
    }
  });

  it("null options are no options", async () => {
    const sandbox = await DaytonaSandbox.create({ auth });
    try {
      const found = await DaytonaSandbox.connect(sandbox.id, wrong({ auth, target: null, timeout: null }));
      expect(await found.execute("echo x", wrong(null))).toMatchObject({ output: "x\n" });
    } finally {
      await sandbox.close();
    }
    await expect(DaytonaSandbox.connect("x", wrong(null))).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
    await expect(new DaytonaSandbox(wrong(null)).initialize()).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
  });

  it.each<[string, (sandbox: Sandbox) => Promise<unknown>, string]>([
    ["a path", (sandbox) => sandbox.fs.listFiles(wrong({ secret: "secret" })), "listFiles: path must be a string"],
    ["nothing", (sandbox) => sandbox.fs.listFiles(wrong(undefined)), "listFiles: path must be a string"],
    ["a command", (sandbox) => sandbox.process.executeSessionCommand("s", wrong({})), "command is required"],
    ["a mode", (sandbox) => sandbox.fs.setFilePermissions("a", wrong({ mode: 5 })), "mode must be a string"],
    ["labels", (sandbox) => sandbox.setLabels(wrong(undefined)), "setLabels"],
  ])("of the SDK, %s: the error says which, and no value", async (_, call, says) => {
    const sandbox = await DaytonaSandbox.create({ auth });
    try {
      const error = await call(sandbox.sandbox).catch((reason: unknown) => reason as Error);
      expect(error).toBeInstanceOf(DaytonaInvalidArgumentError);
      expect((error as Error).message).toContain(says);
      expect((error as Error).message).not.toMatch(/rust|napi|secret/i);
    } finally {
      await sandbox.close();
    }
  });

  it("of nested options: the error has the path", async () => {
    const daytona = new Daytona(auth);
    const call = daytona.create({ image: "node:20", resources: { cpu: wrong("2") } });
    await expect(call).rejects.toThrow("resources.cpu must be a number");
  });

  it("of a constructor: the error has the class of an argument", () => {
    expect(() => new Daytona({ ...auth, apiUrl: wrong(5) })).toThrow(DaytonaInvalidArgumentError);
    expect(() => new Daytona({ ...auth, apiUrl: "no url" })).toThrow(DaytonaInvalidArgumentError);
    expect(() => new Daytona(wrong(null))).toThrow("DAYTONA_API_KEY");
  });

  it("that abort a call are its reason, whatever they look like", async () => {
    const reasons = [
      { kind: "Timeout" },
      { code: "InvalidArg", message: "m" },
      { code: "NumberExpected", message: "m" },
      { daytonaFailure: { kind: "NotFound" } },
      new DaytonaInvalidArgumentError("mine"),
      new TypeError("mine"),
    ];
    const sandbox = await DaytonaSandbox.create({ auth });
    try {
      for (const reason of reasons) {
        const during = new AbortController();
        const pending = [
          sandbox.execute("sleep 60", { signal: during.signal }),
          sandbox.sandbox.process.executeCommand("sleep 60", undefined, undefined, undefined, { signal: during.signal }),
        ];
        setImmediate(() => during.abort(reason));
        // Together: a call that fails while another one is awaited is an unhandled rejection.
        await Promise.all(pending.map((call) => expect(call).rejects.toBe(reason)));
        await expect(sandbox.execute("true", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
        await expect(sandbox.sandbox.fs.listFiles(".", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      }
    } finally {
      await sandbox.close();
    }
  });
});

describe('the region "local" without a server', () => {
  it("names what starts one", () => {
    for (const config of [{ target: "local" }, { target: "local", apiKey: "k" }]) {
      expect(() => new Daytona(config)).toThrow(DaytonaInvalidArgumentError);
      expect(() => new Daytona(config)).toThrow("LocalDaytona.start()");
    }
    expect(new Daytona({ ...auth, target: "local" })).toBeInstanceOf(Daytona);
  });
});

describe("keys", () => {
  it("are required, and the message says what to set", async () => {
    const error = await errorOf(DaytonaSandbox.create({ target: "us" }));
    expect(error.code).toBe("AUTHENTICATION_FAILED");
    expect(error.message).toMatch(/^Daytona authentication required/);
    expect(error.message).toContain("auth: { apiKey:");
    expect(error.message).toContain("DAYTONA_API_KEY");
    expect(error.message).toContain("local");
    expect(() => getAuthApiKey()).toThrow("DAYTONA_API_KEY");
    expect(() => getAuthCredentials({})).toThrow("DAYTONA_API_KEY");
  });

  it("that are rejected fail with the message of the server", async () => {
    const wrong = { ...auth, apiKey: "wrong-key-not-hex" };
    const attempts = [() => DaytonaSandbox.create({ auth: wrong }), () => DaytonaSandbox.fromId(crypto.randomUUID(), { auth: wrong })];
    for (const attempt of attempts) {
      const error = await errorOf(attempt());
      expect(error.code).toBe("AUTHENTICATION_FAILED");
      expect(error.cause?.statusCode).toBe(401);
      expect(error.message).toContain("Invalid credentials");
      expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain("not-hex");
    }
  });

  it("without a permission do not look like a missing sandbox", async () => {
    await using server = await startScriptedServer(() => ({ status: 403, json: { statusCode: 403, message: "Access denied" } }));
    const error = await errorOf(DaytonaSandbox.fromId("some-id", { auth: { apiKey: "k", apiUrl: server.apiUrl } }));
    expect([error.code, error.cause?.statusCode]).toEqual(["AUTHENTICATION_FAILED", 403]);
    expect(error.message).toContain("Access denied");
  });
});

describe("addresses", () => {
  const create = (apiUrl: string) => errorOf(DaytonaSandbox.create({ auth: { apiKey: "k", apiUrl } }));

  it("of a closed port are in the message", async () => {
    const listener = net.createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, "close");

    const error = await create(`http://127.0.0.1:${port}/api`);
    expect(error.code).toBe("SANDBOX_CREATION_FAILED");
    expect(error.message).toContain(`http://127.0.0.1:${port}`);
    expect(error.message).toMatch(/refused/i);
  });

  it("behind a proxy that rejects the credentials name the proxy and its variable, but not the credentials", async () => {
    const proxy = net.createServer((socket) => socket.once("data", () => socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")));
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address() as AddressInfo;
    try {
      // The environment is read once a process.
      const program = `import { DaytonaSandbox } from "daytona-native";
        const call = DaytonaSandbox.fromId("first-1", { auth: { apiKey: "key-of-a-test", apiUrl: "https://api.daytona.test/api" } });
        const { code, message, stack, cause } = await call.catch((error) => error);
        console.log(JSON.stringify({ code, name: cause.name, message, more: [stack, cause.stack, String(cause.cause?.stack)] }));`;
      const run = await runProgram(root, program, { https_proxy: `http://me:hush-hush@127.0.0.1:${port}`, no_proxy: "other.test" });
      expect(run.stderr).toBe("");
      expect(JSON.parse(run.stdout)).toMatchObject({
        code: "COMMAND_FAILED",
        name: "DaytonaConnectionError",
        message: `Could not find the sandbox (sandbox first-1): cannot connect to https://api.daytona.test/api through the proxy 127.0.0.1:${port} (https_proxy): the proxy rejected the user name or the password (407). Correct them in https_proxy`,
      });
      expect(run.stdout).not.toMatch(/hush-hush|key-of-a-test/);
    } finally {
      proxy.close();
      await once(proxy, "close");
    }
  });

  it("that return a web page are in the message", async () => {
    await using server = await startScriptedServer(() => ({
      status: 200,
      body: "<!doctype html><title>secret page</title>",
      type: "text/html",
    }));
    const error = await create(server.apiUrl);
    expect(error.code).toBe("SANDBOX_CREATION_FAILED");
    expect(error.message).toContain(server.apiUrl);
    expect(error.message).toMatch(/html/i);
    expect(error.message).not.toContain("secret page");
  });

  it("that close the connection are in the message", async () => {
    await using server = await startScriptedServer(() => "cut");
    const error = await create(server.apiUrl);
    expect(error.code).toBe("SANDBOX_CREATION_FAILED");
    expect(error.message).toContain(new URL(server.apiUrl).origin);
    // A sandbox may have been created before the connection broke: a retry could create another one.
    expect(server.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  it("that are invalid are in the message", async () => {
    for (const apiUrl of ["not a url", "ftp://example.invalid/api", "http://"]) {
      const error = await create(apiUrl);
      expect(error.message).toMatch(/apiUrl|API URL/);
      expect(error.message).toContain(apiUrl);
    }
  });
});

describe("timeouts", () => {
  it("abort a command without a response", async () => {
    await using server = await startServiceWith(() => "hang");
    const sandbox = await DaytonaSandbox.create({ auth: { apiKey: "k", apiUrl: server.apiUrl }, timeout: 1 });
    const error = await errorOf(sandbox.execute("sleep 60"));
    expect(error.code).toBe("COMMAND_TIMEOUT");
    expect(error.message).toContain("1");
    await server.aborted;
  });

  it("kill the command and everything it started", async () => {
    const sandbox = await DaytonaSandbox.create({ auth, timeout: 1 });
    try {
      const error = await errorOf(sandbox.execute("sleep 4711 & sleep 4712"));
      expect(error.code).toBe("COMMAND_TIMEOUT");
      const left = await sandbox.execute("cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'sleep 471[1]\\|sleep 471[2]'");
      expect(left.output).toBe("0\n");
    } finally {
      await sandbox.close();
    }
  });
});

describe("sandboxes", () => {
  it("that do not exist are named", async () => {
    const id = crypto.randomUUID();
    for (const connect of [DaytonaSandbox.fromId, DaytonaSandbox.fromName, DaytonaSandbox.connect]) {
      const error = await errorOf(connect.call(DaytonaSandbox, id, { auth }));
      expect(error.code).toBe("SANDBOX_NOT_FOUND");
      expect(error.message).toContain(id);
      expect(error.cause?.statusCode).toBe(404);
    }
  });

  it("must be initialized once", async () => {
    const sandbox = new DaytonaSandbox({ auth });
    const before = await errorOf(sandbox.execute("true"));
    expect(before.code).toBe("NOT_INITIALIZED");
    expect(before.message).toContain("initialize()");
    await sandbox.initialize();
    try {
      expect((await errorOf(sandbox.initialize())).code).toBe("ALREADY_INITIALIZED");
    } finally {
      await sandbox.close();
    }
    expect((await errorOf(sandbox.execute("true"))).code).toBe("NOT_INITIALIZED");
  });

  it("are created once by concurrent calls of initialize", async () => {
    await using server = await startServiceWith((_, base) => ({ status: 200, json: sandboxObject(base) }));
    const sandbox = new DaytonaSandbox({ auth: { apiKey: "k", apiUrl: server.apiUrl } });
    const results = await Promise.allSettled([sandbox.initialize(), sandbox.initialize()]);
    expect(results.map((result) => result.status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(server.requests.filter(({ method, path }) => method === "POST" && path === "/api/sandbox")).toHaveLength(1);
  });
});

describe("invalid options", () => {
  // Each is rejected before any request, with the name of the option.
  const wrong: [name: string, options: Record<string, unknown>][] = [
    ["timeout", { timeout: -1 }],
    ["timeout", { timeout: Number.NaN }],
    ["timeout", { timeout: "10" }],
    ["autoStopInterval", { autoStopInterval: -1 }],
    ["autoStopInterval", { autoStopInterval: 1.5 }],
    ["autoStopInterval", { autoStopInterval: "15" }],
    ["autoArchiveInterval", { autoArchiveInterval: -1 }],
    ["autoDeleteInterval", { autoDeleteInterval: 1.5 }],
    ["language", { language: "cobol" }],
    ["language", { language: 5 }],
    ["labels", { labels: { a: 1 } }],
    ["labels", { labels: "a" }],
    ["envVars", { envVars: { A: 1 } }],
    ["initialFiles", { initialFiles: { "a.txt": 5 } }],
    ["image", { image: 5 }],
    ["snapshot", { snapshot: "s", image: "i" }],
    ["resources", { resources: { cpu: 1 } }],
    ["resources", { image: "i", resources: { cpu: -1 } }],
    ["resources", { image: "i", resources: { memory: "8" } }],
    ["target", { target: 5 }],
  ];

  it.each(wrong)("are rejected: %s in %j", async (name, options) => {
    await using server = await startServiceWith(() => ({ status: 200 }));
    const attempt = (async () => DaytonaSandbox.create({ auth: { apiKey: "k", apiUrl: server.apiUrl }, ...options } as never))();
    const error = await attempt.then(
      () => null,
      (reason: Error) => reason,
    );
    expect(String(error?.message)).toContain(name);
    expect(server.requests).toEqual([]);
  });

  const sandboxCalls: [what: string, words: RegExp, call: (sandbox: DaytonaSandbox) => Promise<unknown>][] = [
    ["command", /command.*string/i, (sandbox) => sandbox.execute(5 as never)],
    ["timeout", /timeout/, (sandbox) => sandbox.execute("true", { timeout: -1 })],
    ["folder", /cwd/, (sandbox) => sandbox.execute("true", { cwd: 5 as never })],
    ["environment", /env/, (sandbox) => sandbox.execute("true", { env: { A: 1 } as never })],
    ["signal", /signal/, (sandbox) => sandbox.execute("true", { signal: {} as never })],
    ["list of files", /files.*(array|list)/i, (sandbox) => sandbox.uploadFiles("a" as never)],
    ["content", /content.*Uint8Array/i, (sandbox) => sandbox.uploadFiles([["/tmp/a", 5 as never]])],
    ["list of paths", /array of paths/i, (sandbox) => sandbox.downloadFiles("a" as never)],
    ["path", /path.*string/i, (sandbox) => sandbox.downloadFiles([5 as never])],
    ["time to start", /timeout/, (sandbox) => sandbox.start(-1)],
  ];

  it.each(sandboxCalls)("are rejected: %s", async (_, words, call) => {
    await using server = await startServiceWith(() => ({ status: 200, json: {} }));
    const sandbox = await DaytonaSandbox.create({ auth: { apiKey: "k", apiUrl: server.apiUrl } });
    const error = await (async () => call(sandbox))().then(
      () => null,
      (reason: Error) => reason,
    );
    expect(String(error?.message)).toMatch(words);
    expect(server.requests).toHaveLength(1);
  });
});
