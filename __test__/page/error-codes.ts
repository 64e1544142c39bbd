import { DaytonaSandbox, type DaytonaSandboxErrorCode } from "daytona-native";
import { type Answer, type Asked, sandboxObject, startScriptedServer, startServiceWith } from "../support/scripted-server.js";

/** The local server of all tests. */
interface Auth {
  apiUrl: string;
  apiKey: string;
}

/** A cause of an error code, and the expected error. */
export interface Cause {
  cause: string;
  /** Causes the error; rejects with it after clean-up. */
  provoke(auth: Auth): Promise<unknown>;
  /** Expected message. */
  says: RegExp;
  /** Status of the response that caused it; absent without a response. */
  status?: number;
}

const key = (apiUrl: string) => ({ auth: { apiKey: "key-of-a-test", apiUrl } });
const problem = (statusCode: number, message: string): Answer => ({ status: statusCode, json: { statusCode, message, error: "Error" } });

/** Runs a call with a sandbox of the local server, which is deleted afterwards. */
async function inSandbox(auth: Auth, call: (sandbox: DaytonaSandbox) => Promise<unknown>, options = {}): Promise<unknown> {
  const sandbox = await DaytonaSandbox.create({ auth, ...options });
  try {
    return await call(sandbox);
  } finally {
    await sandbox.close();
  }
}

/** Creates a sandbox at a service with this response. */
async function createAnswered(answer: (base: string) => Answer, options = {}): Promise<unknown> {
  await using server = await startScriptedServer((_, base) => answer(base));
  return await DaytonaSandbox.create({ ...key(server.apiUrl), ...options });
}

/** Runs a call to a sandbox of a service with these responses. */
async function callAnswered(
  answer: (asked: Asked, base: string) => Answer,
  call: (sandbox: DaytonaSandbox) => Promise<unknown>,
): Promise<unknown> {
  await using server = await startServiceWith(answer);
  return await call(await DaytonaSandbox.create(key(server.apiUrl)));
}

/** Creates a sandbox that enters a state after creation. */
function createEnding(state: string, errorReason: string | null, options = {}): Promise<unknown> {
  return (async () => {
    await using server = await startScriptedServer(({ method }, base) => {
      const made = { ...sandboxObject(base, "made-by-create"), state: method === "POST" ? "creating" : state, errorReason };
      return method === "DELETE" ? { status: 200, json: { ...made, state: "destroying" } } : { status: 200, json: made };
    });
    return await DaytonaSandbox.create({ ...key(server.apiUrl), ...options });
  })();
}

const quotas: [status: number, message: string][] = [
  [400, "CPU request 64 exceeds maximum allowed per sandbox (4).\nTo increase concurrency limits, upgrade the organization's Tier."],
  [400, "Memory request 512GB exceeds maximum allowed per sandbox (8GB)."],
  [400, "Disk request 900GB exceeds maximum allowed per sandbox (10GB)."],
  [400, "Total CPU limit exceeded. Maximum allowed: 10.\nTo increase concurrency limits, upgrade the organization's Tier."],
  [400, "Total memory limit exceeded. Maximum allowed: 10GiB."],
  [400, "Total disk limit exceeded. Maximum allowed: 30GiB."],
  [403, "Total CPU limit exceeded. Maximum allowed: 10."],
  [403, "Total memory limit exceeded. Maximum allowed: 10GiB."],
  [403, "Total disk limit exceeded. Maximum allowed: 30GiB."],
  [403, "Disk request 900GB exceeds maximum allowed per sandbox (10GB)."],
];

const ownErrors: Record<"NOT_INITIALIZED" | "ALREADY_INITIALIZED", Cause[]> = {
  NOT_INITIALIZED: [
    { cause: "a command before initialize()", provoke: (auth) => new DaytonaSandbox({ auth }).execute("true"), says: /initialize\(\)/ },
    { cause: "files before initialize()", provoke: (auth) => new DaytonaSandbox({ auth }).downloadFiles(["a"]), says: /initialize\(\)/ },
    {
      cause: "a command after close()",
      async provoke(auth) {
        const sandbox = await DaytonaSandbox.create({ auth });
        await sandbox.close();
        return sandbox.execute("true");
      },
      says: /close\(\)/,
    },
  ],
  ALREADY_INITIALIZED: [
    {
      cause: "initialize() after create()",
      provoke: (auth) => inSandbox(auth, (sandbox) => sandbox.initialize()),
      says: /already initialized/,
    },
    {
      cause: "initialize() after connect()",
      provoke: (auth) => inSandbox(auth, async ({ id }) => (await DaytonaSandbox.connect(id, { auth })).initialize()),
      says: /already initialized/,
    },
  ],
};

const sandboxErrors: Record<"AUTHENTICATION_FAILED" | "SANDBOX_CREATION_FAILED" | "SANDBOX_NOT_FOUND" | "SANDBOX_NOT_STARTED", Cause[]> = {
  AUTHENTICATION_FAILED: [
    {
      cause: "no key",
      provoke: ({ apiUrl }) => DaytonaSandbox.create({ auth: { apiUrl } }),
      says: /^Daytona authentication required.*DAYTONA_API_KEY.*auth: \{ apiKey:/,
    },
    {
      cause: "a wrong key",
      provoke: ({ apiUrl }) => DaytonaSandbox.create({ auth: { apiUrl, apiKey: "wrong" } }),
      says: /Invalid credentials/,
      status: 401,
    },
    {
      cause: "a wrong key when connecting",
      provoke: ({ apiUrl }) => DaytonaSandbox.connect("id", { auth: { apiUrl, apiKey: "wrong" } }),
      says: /Invalid credentials/,
      status: 401,
    },
    { cause: "an expired key", provoke: () => createAnswered(() => problem(401, "API key has expired")), says: /expired/, status: 401 },
    {
      cause: "a key without permission to create",
      provoke: () => createAnswered(() => problem(403, "Forbidden resource")),
      says: /Forbidden resource/,
      status: 403,
    },
    {
      // The proxy returns 401 also for a deleted sandbox. This one exists, so the key is the cause.
      cause: "a key that expires while it is in use",
      provoke: () =>
        callAnswered(
          ({ path }, base) => (path.startsWith("/toolbox/") ? problem(401, "Unauthorized") : { status: 200, json: sandboxObject(base) }),
          (sandbox) => sandbox.execute("true"),
        ),
      says: /Unauthorized/,
      status: 401,
    },
  ],
  SANDBOX_CREATION_FAILED: [
    { cause: "an error state", provoke: () => createEnding("error", "no space left on the runner"), says: /no space left on the runner/ },
    {
      cause: "a failed build",
      provoke: () => createEnding("build_failed", "step 2 of 3 ended with 1", { image: "node:20" }),
      says: /step 2 of 3/,
    },
    {
      cause: "a sandbox that does not start in time",
      provoke: () => createEnding("creating", null, { createTimeout: 0.5 }),
      says: /0\.5 s/,
    },
    {
      cause: "a service that fails",
      provoke: () => createAnswered(() => problem(500, "Something broke")),
      says: /Something broke/,
      status: 500,
    },
    {
      cause: "a missing runner",
      provoke: () => createAnswered(() => problem(400, "No available runners")),
      says: /No available runners/,
      status: 400,
    },
    {
      cause: "a snapshot with an image",
      provoke: ({ apiUrl, apiKey }) => DaytonaSandbox.create({ auth: { apiUrl, apiKey }, image: "node:20", snapshot: "s" }),
      says: /image and snapshot/,
    },
  ],
  SANDBOX_NOT_FOUND: [
    {
      cause: "an unknown id",
      provoke: (auth) => DaytonaSandbox.connect(crypto.randomUUID(), { auth }),
      says: /not found/i,
      status: 404,
    },
    {
      // The proxy returns 401 for it.
      cause: "a sandbox that another client deletes",
      provoke: (auth) =>
        inSandbox(auth, async (sandbox) => {
          await sandbox.execute("true");
          await (await DaytonaSandbox.connect(sandbox.id, { auth })).close();
          return sandbox.execute("true");
        }),
      says: /no longer exists/,
      status: 401,
    },
    {
      cause: "files of a sandbox that another client deleted",
      provoke: (auth) =>
        inSandbox(auth, async (sandbox) => {
          await (await DaytonaSandbox.connect(sandbox.id, { auth })).close();
          return sandbox.uploadFiles([["a", new Uint8Array(3)]]);
        }),
      says: /no longer exists/,
      status: 401,
    },
    {
      cause: "an unknown sandbox at the proxy, which the control plane has",
      provoke: () =>
        callAnswered(
          ({ path }, base) =>
            path.startsWith("/toolbox/")
              ? problem(404, "Sandbox with ID or name x not found")
              : { status: 200, json: sandboxObject(base, path.split("/").at(-1)) },
          (sandbox) => sandbox.execute("true"),
        ),
      says: /Sandbox with ID or name x not found/,
      status: 404,
    },
  ],
  SANDBOX_NOT_STARTED: [
    {
      cause: "a sandbox that another client stopped",
      provoke: (auth) =>
        inSandbox(auth, async (sandbox) => {
          await (await DaytonaSandbox.connect(sandbox.id, { auth })).stop();
          return sandbox.execute("true");
        }),
      says: /not started; its state is stopped/,
      status: 400,
    },
    {
      cause: "files of a stopped sandbox",
      provoke: (auth) =>
        inSandbox(auth, async (sandbox) => {
          await sandbox.stop();
          return sandbox.downloadFiles(["a"]);
        }),
      says: /not started; its state is stopped/,
      status: 400,
    },
    {
      cause: "a missing address at the proxy of a sandbox that is reported as started",
      provoke: () =>
        callAnswered(
          ({ path }, base) =>
            path.startsWith("/toolbox/")
              ? problem(400, "bad request: failed to resolve container IP after 3 attempts: no IP address found. Is the Sandbox started?")
              : { status: 200, json: sandboxObject(base, path.split("/").at(-1)) },
          (sandbox) => sandbox.execute("true"),
        ),
      says: /Is the Sandbox started\?.*start\(\)/,
      status: 400,
    },
    {
      cause: "a stopped sandbox whose toolbox the proxy cannot reach",
      provoke: () =>
        callAnswered(
          ({ path }, base) =>
            path.startsWith("/toolbox/")
              ? { status: 502, body: "" }
              : { status: 200, json: { ...sandboxObject(base, path.split("/").at(-1)), state: "archived" } },
          (sandbox) => sandbox.execute("true"),
        ),
      says: /archived/,
      status: 502,
    },
    {
      cause: "a failed start",
      provoke: () =>
        callAnswered(
          ({ path }, base) => ({
            status: 200,
            json: { ...sandboxObject(base, path.split("/")[3]), state: "error", errorReason: "its disk is gone" },
          }),
          (sandbox) => sandbox.start(),
        ),
      says: /state error: its disk is gone/,
    },
  ],
};

const callErrors: Record<"COMMAND_TIMEOUT" | "COMMAND_FAILED" | "FILE_OPERATION_FAILED" | "RESOURCE_LIMIT_EXCEEDED", Cause[]> = {
  COMMAND_TIMEOUT: [
    {
      cause: "a command that exceeds its timeout",
      provoke: (auth) => inSandbox(auth, (sandbox) => sandbox.execute("sleep 60", { timeout: 0.3 })),
      says: /0\.3 s/,
    },
    {
      cause: "a command that the toolbox times out",
      provoke: () =>
        callAnswered(
          () => ({ status: 408, json: { statusCode: 408, message: "command execution timeout", code: "REQUEST_TIMEOUT" } }),
          (sandbox) => sandbox.execute("sleep 60", { timeout: 5 }),
        ),
      says: /timeout/,
      status: 408,
    },
    {
      cause: "a proxy that times out, with an empty response",
      provoke: () =>
        callAnswered(
          () => ({ status: 504, body: "" }),
          (sandbox) => sandbox.execute("sleep 60", { timeout: 5 }),
        ),
      says: /timeout/,
      status: 504,
    },
  ],
  COMMAND_FAILED: [
    {
      cause: "an option of the wrong type",
      provoke: (auth) => inSandbox(auth, (sandbox) => sandbox.execute("true", { cwd: 5 as unknown as string })),
      says: /cwd/,
    },
    {
      cause: "an invalid name of a variable",
      provoke: (auth) => inSandbox(auth, (sandbox) => sandbox.execute("true", { env: { "A-B": "c" } })),
      says: /A-B/,
      status: 400,
    },
    {
      cause: "a toolbox that fails",
      provoke: () =>
        callAnswered(
          () => problem(500, "fork failed"),
          (sandbox) => sandbox.execute("true"),
        ),
      says: /fork failed/,
      status: 500,
    },
    {
      cause: "a broken connection",
      provoke: () =>
        callAnswered(
          () => "cut",
          (sandbox) => sandbox.execute("true"),
        ),
      says: /connection/,
    },
  ],
  FILE_OPERATION_FAILED: [
    {
      cause: "a content that is detached while it is sent",
      provoke: (auth) =>
        inSandbox(auth, async (sandbox) => {
          const content = new Uint8Array(16 << 20);
          const upload = sandbox.uploadFiles([["detached", content]]);
          structuredClone(content.buffer, { transfer: [content.buffer] });
          return await upload;
        }),
      says: /"detached".*was detached/,
    },
    {
      cause: "a failed upload",
      provoke: () =>
        callAnswered(
          () => problem(500, "no space left on device"),
          (sandbox) => sandbox.uploadFiles([["a", new Uint8Array(3)]]),
        ),
      says: /no space left on device/,
      status: 500,
    },
    {
      cause: "a failed download",
      provoke: () =>
        callAnswered(
          () => problem(500, "input/output error"),
          (sandbox) => sandbox.downloadFiles(["a"]),
        ),
      says: /input\/output error/,
      status: 500,
    },
    {
      cause: "initial files that cannot be written",
      provoke: (auth) => DaytonaSandbox.create({ auth, initialFiles: { "/usr/bin/not-ours": "x" } }),
      says: /\/usr\/bin\/not-ours: permission_denied/,
    },
  ],
  RESOURCE_LIMIT_EXCEEDED: quotas.map(([status, message]) => ({
    cause: `${status} ${message.split("\n")[0]}`,
    provoke: () => createAnswered(() => problem(status, message)),
    says: new RegExp((message.split("\n")[0] ?? "").replace(/[.()]/g, "\\$&")),
    status,
  })),
};

/** Every code, with its real causes. */
export const errorCodes: Record<DaytonaSandboxErrorCode, Cause[]> = { ...ownErrors, ...sandboxErrors, ...callErrors };
