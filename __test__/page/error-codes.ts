import { DaytonaSandbox, type DaytonaSandboxErrorCode } from "daytona-native";
import { type Answer, type Asked, sandboxObject, startScriptedServer, startServiceWith } from "../support/scripted-server.js";

/** The local server of all tests. */
interface Auth {
  apiUrl: string;
  apiKey: string;
}

/** One way to come to an error code: what is done, and what is known of the error. */
export interface Cause {
  cause: string;
  /** Does it; rejects with the error. Whatever it opened is closed by then. */
  provoke(auth: Auth): Promise<unknown>;
  /** Words of the message. */
  says: RegExp;
  /** The status of the answer that caused it; absent where none did. */
  status?: number;
}

const key = (apiUrl: string) => ({ auth: { apiKey: "key-of-a-test", apiUrl } });
const problem = (statusCode: number, message: string): Answer => ({ status: statusCode, json: { statusCode, message, error: "Error" } });

/** A sandbox at the local server, which is deleted however the call ends. */
async function inSandbox(auth: Auth, call: (sandbox: DaytonaSandbox) => Promise<unknown>, options = {}): Promise<unknown> {
  const sandbox = await DaytonaSandbox.create({ auth, ...options });
  try {
    return await call(sandbox);
  } finally {
    await sandbox.close();
  }
}

/** A create that the service answers with this. */
async function createAnswered(answer: (base: string) => Answer, options = {}): Promise<unknown> {
  await using server = await startScriptedServer((_, base) => answer(base));
  return await DaytonaSandbox.create({ ...key(server.apiUrl), ...options });
}

/** A call to a sandbox of a service that answers like this from then on. */
async function callAnswered(
  answer: (asked: Asked, base: string) => Answer,
  call: (sandbox: DaytonaSandbox) => Promise<unknown>,
): Promise<unknown> {
  await using server = await startServiceWith(answer);
  return await call(await DaytonaSandbox.create(key(server.apiUrl)));
}

/** A create whose sandbox comes to a state, as later looks at it tell. */
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
      says: /initialized already/,
    },
    {
      cause: "initialize() after connect()",
      provoke: (auth) => inSandbox(auth, async ({ id }) => (await DaytonaSandbox.connect(id, { auth })).initialize()),
      says: /initialized already/,
    },
  ],
};

const sandboxErrors: Record<"AUTHENTICATION_FAILED" | "SANDBOX_CREATION_FAILED" | "SANDBOX_NOT_FOUND" | "SANDBOX_NOT_STARTED", Cause[]> = {
  AUTHENTICATION_FAILED: [
    { cause: "no key", provoke: ({ apiUrl }) => DaytonaSandbox.create({ auth: { apiUrl } }), says: /DAYTONA_API_KEY/ },
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
      cause: "a key that may not create",
      provoke: () => createAnswered(() => problem(403, "Forbidden resource")),
      says: /Forbidden resource/,
      status: 403,
    },
    {
      // The proxy answers 401 also for what is gone: the sandbox is there, so it is the key.
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
      cause: "a build that fails",
      provoke: () => createEnding("build_failed", "step 2 of 3 ended with 1", { image: "node:20" }),
      says: /step 2 of 3/,
    },
    { cause: "a state that does not come in time", provoke: () => createEnding("creating", null, { createTimeout: 0.5 }), says: /0\.5 s/ },
    {
      cause: "a service that fails",
      provoke: () => createAnswered(() => problem(500, "Something broke")),
      says: /Something broke/,
      status: 500,
    },
    {
      cause: "a runner that cannot be had",
      provoke: () => createAnswered(() => problem(400, "No available runners")),
      says: /No available runners/,
      status: 400,
    },
    {
      cause: "a snapshot beside an image",
      provoke: ({ apiUrl, apiKey }) => DaytonaSandbox.create({ auth: { apiUrl, apiKey }, image: "node:20", snapshot: "s" }),
      says: /image and snapshot/,
    },
  ],
  SANDBOX_NOT_FOUND: [
    {
      cause: "an id that was never given",
      provoke: (auth) => DaytonaSandbox.connect(crypto.randomUUID(), { auth }),
      says: /not found/i,
      status: 404,
    },
    {
      // The proxy answers 401 for it.
      cause: "a sandbox that somebody else deletes while it is in use",
      provoke: (auth) =>
        inSandbox(auth, async (sandbox) => {
          await sandbox.execute("true");
          await (await DaytonaSandbox.connect(sandbox.id, { auth })).close();
          return sandbox.execute("true");
        }),
      says: /does not exist/,
      status: 401,
    },
    {
      cause: "files of a sandbox that somebody else deleted",
      provoke: (auth) =>
        inSandbox(auth, async (sandbox) => {
          await (await DaytonaSandbox.connect(sandbox.id, { auth })).close();
          return sandbox.uploadFiles([["a", new Uint8Array(3)]]);
        }),
      says: /does not exist/,
      status: 401,
    },
  ],
  SANDBOX_NOT_STARTED: [
    {
      cause: "a sandbox that somebody else stopped",
      provoke: (auth) =>
        inSandbox(auth, async (sandbox) => {
          await (await DaytonaSandbox.connect(sandbox.id, { auth })).stop();
          return sandbox.execute("true");
        }),
      says: /not started, it is stopped/,
      status: 400,
    },
    {
      cause: "files of a stopped sandbox",
      provoke: (auth) =>
        inSandbox(auth, async (sandbox) => {
          await sandbox.stop();
          return sandbox.downloadFiles(["a"]);
        }),
      says: /not started, it is stopped/,
      status: 400,
    },
    {
      cause: "a stopped sandbox where the proxy finds nothing to ask",
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
      cause: "a start that ends in an error",
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
      cause: "a command that takes too long",
      provoke: (auth) => inSandbox(auth, (sandbox) => sandbox.execute("sleep 60", { timeout: 0.3 })),
      says: /0\.3 s/,
    },
    {
      cause: "a command that the toolbox finds too long first",
      provoke: () =>
        callAnswered(
          () => ({ status: 408, json: { statusCode: 408, message: "command execution timeout", code: "REQUEST_TIMEOUT" } }),
          (sandbox) => sandbox.execute("sleep 60", { timeout: 5 }),
        ),
      says: /timeout/,
      status: 408,
    },
    {
      cause: "a proxy that gives up first, with an empty answer",
      provoke: () =>
        callAnswered(
          () => ({ status: 504, body: "" }),
          (sandbox) => sandbox.execute("sleep 60", { timeout: 5 }),
        ),
      says: /time-out/,
      status: 504,
    },
  ],
  COMMAND_FAILED: [
    { cause: "a command that is empty", provoke: (auth) => inSandbox(auth, (sandbox) => sandbox.execute(" \n")), says: /empty/ },
    {
      cause: "a variable whose name is none",
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
      cause: "a connection that breaks",
      provoke: () =>
        callAnswered(
          () => "cut",
          (sandbox) => sandbox.execute("true"),
        ),
      says: /broke/,
    },
  ],
  FILE_OPERATION_FAILED: [
    {
      cause: "an upload that the toolbox fails to take",
      provoke: () =>
        callAnswered(
          () => problem(500, "no space left on device"),
          (sandbox) => sandbox.uploadFiles([["a", new Uint8Array(3)]]),
        ),
      says: /no space left on device/,
      status: 500,
    },
    {
      cause: "a download that the toolbox fails to give",
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

/** Every code, by what really causes it. */
export const errorCodes: Record<DaytonaSandboxErrorCode, Cause[]> = { ...ownErrors, ...sandboxErrors, ...callErrors };
