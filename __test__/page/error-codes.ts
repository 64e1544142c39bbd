import { DaytonaSandbox, type DaytonaSandboxErrorCode } from "daytona-native";
import {
  type ScriptedResponse,
  type ReceivedRequest,
  sandboxObject,
  startScriptedServer,
  startServiceWith,
} from "../support/scripted-server.js";

/** The local server of all tests. */
interface Auth {
  apiUrl: string;
  apiKey: string;
}

/** A cause of an error code, and the expected error. */
export interface Cause {
  cause: string;
  /** Causes the error; rejects with it after clean-up. */
  trigger(auth: Auth): Promise<unknown>;
  /** Expected message. */
  message: RegExp;
  /** Status of the response that caused it; absent without a response. */
  status?: number;
}

const key = (apiUrl: string) => ({ auth: { apiKey: "key-of-a-test", apiUrl } });
const problem = (statusCode: number, message: string): ScriptedResponse => ({
  status: statusCode,
  json: { statusCode, message, error: "Error" },
});

/** Runs a call with a sandbox of the local server, which is deleted afterwards. */
async function withSandbox(auth: Auth, call: (sandbox: DaytonaSandbox) => Promise<unknown>, options = {}): Promise<unknown> {
  const sandbox = await DaytonaSandbox.create({ auth, ...options });
  try {
    return await call(sandbox);
  } finally {
    await sandbox.close();
  }
}

/** Creates a sandbox at a service with this response. */
async function createWithResponse(respond: (base: string) => ScriptedResponse, options = {}): Promise<unknown> {
  await using server = await startScriptedServer((_, base) => respond(base));
  return await DaytonaSandbox.create({ ...key(server.apiUrl), ...options });
}

/** Runs a call to a sandbox of a service with these responses. */
async function callWithResponses(
  respond: (request: ReceivedRequest, base: string) => ScriptedResponse,
  call: (sandbox: DaytonaSandbox) => Promise<unknown>,
): Promise<unknown> {
  await using server = await startServiceWith(respond);
  return await call(await DaytonaSandbox.create(key(server.apiUrl)));
}

/** Creates a sandbox that enters a state after creation. */
function createEnteringState(state: string, errorReason: string | null, options = {}): Promise<unknown> {
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
    { cause: "a command before initialize()", trigger: (auth) => new DaytonaSandbox({ auth }).execute("true"), message: /initialize\(\)/ },
    { cause: "files before initialize()", trigger: (auth) => new DaytonaSandbox({ auth }).downloadFiles(["a"]), message: /initialize\(\)/ },
    {
      cause: "a command after close()",
      async trigger(auth) {
        const sandbox = await DaytonaSandbox.create({ auth });
        await sandbox.close();
        return sandbox.execute("true");
      },
      message: /close\(\)/,
    },
  ],
  ALREADY_INITIALIZED: [
    {
      cause: "initialize() after create()",
      trigger: (auth) => withSandbox(auth, (sandbox) => sandbox.initialize()),
      message: /already initialized/,
    },
    {
      cause: "initialize() after connect()",
      trigger: (auth) => withSandbox(auth, async ({ id }) => (await DaytonaSandbox.connect(id, { auth })).initialize()),
      message: /already initialized/,
    },
  ],
};

const sandboxErrors: Record<"AUTHENTICATION_FAILED" | "SANDBOX_CREATION_FAILED" | "SANDBOX_NOT_FOUND" | "SANDBOX_NOT_STARTED", Cause[]> = {
  AUTHENTICATION_FAILED: [
    {
      cause: "no key",
      trigger: ({ apiUrl }) => DaytonaSandbox.create({ auth: { apiUrl } }),
      message: /^Daytona authentication required.*DAYTONA_API_KEY.*auth: \{ apiKey:/,
    },
    {
      cause: "a wrong key",
      trigger: ({ apiUrl }) => DaytonaSandbox.create({ auth: { apiUrl, apiKey: "wrong" } }),
      message: /Invalid credentials/,
      status: 401,
    },
    {
      cause: "a wrong key when connecting",
      trigger: ({ apiUrl }) => DaytonaSandbox.connect("id", { auth: { apiUrl, apiKey: "wrong" } }),
      message: /Invalid credentials/,
      status: 401,
    },
    {
      cause: "an expired key",
      trigger: () => createWithResponse(() => problem(401, "API key has expired")),
      message: /expired/,
      status: 401,
    },
    {
      cause: "a key without permission to create",
      trigger: () => createWithResponse(() => problem(403, "Forbidden resource")),
      message: /Forbidden resource/,
      status: 403,
    },
    {
      // The proxy returns 401 also for a deleted sandbox. This one exists, so the key is the cause.
      cause: "a key that expires while it is in use",
      trigger: () =>
        callWithResponses(
          ({ path }, base) => (path.startsWith("/toolbox/") ? problem(401, "Unauthorized") : { status: 200, json: sandboxObject(base) }),
          (sandbox) => sandbox.execute("true"),
        ),
      message: /Unauthorized/,
      status: 401,
    },
  ],
  SANDBOX_CREATION_FAILED: [
    {
      cause: "an error state",
      trigger: () => createEnteringState("error", "no space left on the runner"),
      message: /no space left on the runner/,
    },
    {
      cause: "a failed build",
      trigger: () => createEnteringState("build_failed", "step 2 of 3 ended with 1", { image: "node:20" }),
      message: /step 2 of 3/,
    },
    {
      cause: "a sandbox that does not start in time",
      trigger: () => createEnteringState("creating", null, { createTimeout: 0.5 }),
      message: /0\.5 s/,
    },
    {
      cause: "a service that fails",
      trigger: () => createWithResponse(() => problem(500, "Something broke")),
      message: /Something broke/,
      status: 500,
    },
    {
      cause: "a missing runner",
      trigger: () => createWithResponse(() => problem(400, "No available runners")),
      message: /No available runners/,
      status: 400,
    },
    {
      cause: "a snapshot with an image",
      trigger: ({ apiUrl, apiKey }) => DaytonaSandbox.create({ auth: { apiUrl, apiKey }, image: "node:20", snapshot: "s" }),
      message: /image and snapshot/,
    },
  ],
  SANDBOX_NOT_FOUND: [
    {
      cause: "an unknown id",
      trigger: (auth) => DaytonaSandbox.connect(crypto.randomUUID(), { auth }),
      message: /not found/i,
      status: 404,
    },
    {
      // The proxy returns 401 for it.
      cause: "a sandbox that another client deletes",
      trigger: (auth) =>
        withSandbox(auth, async (sandbox) => {
          await sandbox.execute("true");
          await (await DaytonaSandbox.connect(sandbox.id, { auth })).close();
          return sandbox.execute("true");
        }),
      message: /no longer exists/,
      status: 401,
    },
    {
      cause: "files of a sandbox that another client deleted",
      trigger: (auth) =>
        withSandbox(auth, async (sandbox) => {
          await (await DaytonaSandbox.connect(sandbox.id, { auth })).close();
          return sandbox.uploadFiles([["a", new Uint8Array(3)]]);
        }),
      message: /no longer exists/,
      status: 401,
    },
    {
      cause: "an unknown sandbox at the proxy, which the control plane has",
      trigger: () =>
        callWithResponses(
          ({ path }, base) =>
            path.startsWith("/toolbox/")
              ? problem(404, "Sandbox with ID or name x not found")
              : { status: 200, json: sandboxObject(base, path.split("/").at(-1)) },
          (sandbox) => sandbox.execute("true"),
        ),
      message: /Sandbox with ID or name x not found/,
      status: 404,
    },
  ],
  SANDBOX_NOT_STARTED: [
    {
      cause: "a sandbox that another client stopped",
      trigger: (auth) =>
        withSandbox(auth, async (sandbox) => {
          await (await DaytonaSandbox.connect(sandbox.id, { auth })).stop();
          return sandbox.execute("true");
        }),
      message: /not started; its state is stopped/,
      status: 400,
    },
    {
      cause: "files of a stopped sandbox",
      trigger: (auth) =>
        withSandbox(auth, async (sandbox) => {
          await sandbox.stop();
          return sandbox.downloadFiles(["a"]);
        }),
      message: /not started; its state is stopped/,
      status: 400,
    },
    {
      cause: "a missing address at the proxy of a sandbox that is reported as started",
      trigger: () =>
        callWithResponses(
          ({ path }, base) =>
            path.startsWith("/toolbox/")
              ? problem(400, "bad request: failed to resolve container IP after 3 attempts: no IP address found. Is the Sandbox started?")
              : { status: 200, json: sandboxObject(base, path.split("/").at(-1)) },
          (sandbox) => sandbox.execute("true"),
        ),
      message: /Is the Sandbox started\?.*start\(\)/,
      status: 400,
    },
    {
      cause: "a stopped sandbox whose toolbox the proxy cannot reach",
      trigger: () =>
        callWithResponses(
          ({ path }, base) =>
            path.startsWith("/toolbox/")
              ? { status: 502, body: "" }
              : { status: 200, json: { ...sandboxObject(base, path.split("/").at(-1)), state: "archived" } },
          (sandbox) => sandbox.execute("true"),
        ),
      message: /archived/,
      status: 502,
    },
    {
      cause: "a failed start",
      trigger: () =>
        callWithResponses(
          ({ path }, base) => ({
            status: 200,
            json: { ...sandboxObject(base, path.split("/")[3]), state: "error", errorReason: "its disk is gone" },
          }),
          (sandbox) => sandbox.start(),
        ),
      message: /state error: its disk is gone/,
    },
  ],
};

const callErrors: Record<"COMMAND_TIMEOUT" | "COMMAND_FAILED" | "FILE_OPERATION_FAILED" | "RESOURCE_LIMIT_EXCEEDED", Cause[]> = {
  COMMAND_TIMEOUT: [
    {
      cause: "a command that exceeds its timeout",
      trigger: (auth) => withSandbox(auth, (sandbox) => sandbox.execute("sleep 60", { timeout: 0.3 })),
      message: /0\.3 s/,
    },
    {
      cause: "a command that the toolbox times out",
      trigger: () =>
        callWithResponses(
          () => ({ status: 408, json: { statusCode: 408, message: "command execution timeout", code: "REQUEST_TIMEOUT" } }),
          (sandbox) => sandbox.execute("sleep 60", { timeout: 5 }),
        ),
      message: /timeout/,
      status: 408,
    },
    {
      cause: "a proxy that times out, with an empty response",
      trigger: () =>
        callWithResponses(
          () => ({ status: 504, body: "" }),
          (sandbox) => sandbox.execute("sleep 60", { timeout: 5 }),
        ),
      message: /timeout/,
      status: 504,
    },
  ],
  COMMAND_FAILED: [
    {
      cause: "an option of the wrong type",
      trigger: (auth) => withSandbox(auth, (sandbox) => sandbox.execute("true", { cwd: 5 as unknown as string })),
      message: /cwd/,
    },
    {
      cause: "an invalid name of a variable",
      trigger: (auth) => withSandbox(auth, (sandbox) => sandbox.execute("true", { env: { "A-B": "c" } })),
      message: /A-B/,
      status: 400,
    },
    {
      cause: "a toolbox that fails",
      trigger: () =>
        callWithResponses(
          () => problem(500, "fork failed"),
          (sandbox) => sandbox.execute("true"),
        ),
      message: /fork failed/,
      status: 500,
    },
    {
      cause: "a broken connection",
      trigger: () =>
        callWithResponses(
          () => "cut",
          (sandbox) => sandbox.execute("true"),
        ),
      message: /connection/,
    },
  ],
  FILE_OPERATION_FAILED: [
    {
      cause: "a content that is detached while it is sent",
      trigger: (auth) =>
        withSandbox(auth, async (sandbox) => {
          const content = new Uint8Array(16 << 20);
          const upload = sandbox.uploadFiles([["detached", content]]);
          structuredClone(content.buffer, { transfer: [content.buffer] });
          return await upload;
        }),
      message: /"detached".*was detached/,
    },
    {
      cause: "a failed upload",
      trigger: () =>
        callWithResponses(
          () => problem(500, "no space left on device"),
          (sandbox) => sandbox.uploadFiles([["a", new Uint8Array(3)]]),
        ),
      message: /no space left on device/,
      status: 500,
    },
    {
      cause: "a failed download",
      trigger: () =>
        callWithResponses(
          () => problem(500, "input/output error"),
          (sandbox) => sandbox.downloadFiles(["a"]),
        ),
      message: /input\/output error/,
      status: 500,
    },
    {
      cause: "initial files that cannot be written",
      trigger: (auth) => DaytonaSandbox.create({ auth, initialFiles: { "/usr/bin/not-ours": "x" } }),
      message: /\/usr\/bin\/not-ours: permission_denied/,
    },
  ],
  RESOURCE_LIMIT_EXCEEDED: quotas.map(([status, message]) => ({
    cause: `${status} ${message.split("\n")[0]}`,
    trigger: () => createWithResponse(() => problem(status, message)),
    message: new RegExp((message.split("\n")[0] ?? "").replace(/[.()]/g, "\\$&")),
    status,
  })),
};

/** Every code, with its real causes. */
export const errorCodes: Record<DaytonaSandboxErrorCode, Cause[]> = { ...ownErrors, ...sandboxErrors, ...callErrors };
