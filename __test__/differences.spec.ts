import * as original from "@langchain/daytona";
import * as ours from "daytona-native";
import { describe, expect, inject, it } from "vitest";
import {
  type ScriptedResponse,
  type ReceivedRequest,
  sandboxObject,
  startScriptedServer,
  startServiceWith,
} from "./support/scripted-server.js";

// The rows of docs/differences.md that need a failing service, or one that records its requests. Each test checks both
// packages: a difference that the original no longer has must be removed from the list.

/** Runs an action with both packages, each at its own server, and returns both results. */
async function runWithBoth<T>(
  script: (request: ReceivedRequest, base: string) => ScriptedResponse,
  act: (api: typeof ours, auth: Auth, requests: ReceivedRequest[]) => Promise<T>,
  start = startServiceWith,
) {
  const results: { original?: T; ours?: T } = {};
  for (const [side, api] of [
    ["original", original as unknown as typeof ours],
    ["ours", ours],
  ] as const) {
    await using server = await start(script);
    results[side] = await act(api, { apiKey: "k", apiUrl: server.apiUrl }, server.requests);
  }
  return results;
}

interface Auth {
  apiKey: string;
  apiUrl: string;
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "no failure",
    (error: { code?: string }) => error.code ?? String(error),
  );

/** The URL of the toolbox, which older clients request first. */
const proxy = (request: ReceivedRequest, base: string): ScriptedResponse | null =>
  request.path.endsWith("/toolbox-proxy-url") ? { status: 200, json: { url: `${base}/toolbox` } } : null;

describe("commands", () => {
  it("without an exit code are not reported as successful", async () => {
    const result = await runWithBoth(
      (request, base) => proxy(request, base) ?? { status: 200, json: { result: "cut off" } },
      async (api, auth) => (await (await api.DaytonaSandbox.create({ auth })).execute("true")).exitCode,
    );
    expect(result).toEqual({ original: 0, ours: null });
  });

  it("report truncated output", async () => {
    const auth = inject("daytona");
    const sandbox = await ours.DaytonaSandbox.create({ auth, maxOutputBytes: 10 });
    try {
      expect(await sandbox.execute("echo 0123456789abcdef")).toEqual({ output: "0123456789", exitCode: 0, truncated: true });
      expect(await sandbox.execute("echo short")).toEqual({ output: "short\n", exitCode: 0, truncated: false });
    } finally {
      await sandbox.close();
    }
  });
});

describe("files", () => {
  it("that the service cannot write fail the call", async () => {
    const result = await runWithBoth(
      (request, base) => proxy(request, base) ?? { status: 500, json: { statusCode: 500, message: "disk on fire" } },
      async (api, auth) => {
        const sandbox = await api.DaytonaSandbox.create({ auth });
        return sandbox.uploadFiles([["/tmp/a", new Uint8Array(1)]]).then(
          ([file]) => file?.error,
          (error: { code: string }) => error.code,
        );
      },
    );
    expect(result).toEqual({ original: "invalid_path", ours: "FILE_OPERATION_FAILED" });
  });
});

describe("creating", () => {
  it("that fails after the sandbox exists deletes it", async () => {
    const result = await runWithBoth(
      (request, base) => {
        if (request.method === "DELETE") return { status: 200, json: { ...sandboxObject(base), state: "destroyed" } };
        return proxy(request, base) ?? { status: 500, json: { statusCode: 500, message: "no space" } };
      },
      async (api, auth, requests) => {
        const code = await codeOf(api.DaytonaSandbox.create({ auth, initialFiles: { "a.txt": "a" } }));
        return { failed: code !== "no failure", deleted: requests.filter(({ method }) => method === "DELETE").length };
      },
    );
    expect(result).toEqual({ original: { failed: true, deleted: 0 }, ours: { failed: true, deleted: 1 } });
  });

  it("reports the id if the sandbox cannot be deleted", async () => {
    const id = crypto.randomUUID();
    await using server = await startScriptedServer((request, base) =>
      request.method === "POST" && request.path === "/api/sandbox"
        ? { status: 200, json: sandboxObject(base, id) }
        : { status: 500, json: { statusCode: 500, message: "no" } },
    );
    await expect(ours.DaytonaSandbox.create({ auth: { apiKey: "k", apiUrl: server.apiUrl }, initialFiles: { a: "b" } })).rejects.toThrow(
      id,
    );
  });

  it.each([
    [
      "a quota",
      403,
      "Total CPU limit exceeded. Maximum allowed: 10",
      { original: "SANDBOX_CREATION_FAILED", ours: "RESOURCE_LIMIT_EXCEEDED" },
    ],
    ["a rejected key", 401, "Invalid credentials", { original: "SANDBOX_CREATION_FAILED", ours: "AUTHENTICATION_FAILED" }],
  ])("reports %s with its own code", async (_, status, message, expected) => {
    const result = await runWithBoth(
      () => ({ status, json: { statusCode: status, message } }),
      (api, auth) => codeOf(api.DaytonaSandbox.create({ auth })),
      startScriptedServer,
    );
    expect(result).toEqual(expected);
  });

  it.each([
    ["resources without an image", { resources: { cpu: 4 } }],
    ["a snapshot with an image", { image: "python:3.12", snapshot: "mine" }],
  ])("rejects %s, of which the original ignores a part", async (_, options) => {
    const result = await runWithBoth(
      () => ({ status: 500 }),
      async (api, auth, requests) => {
        const code = await codeOf(api.DaytonaSandbox.create({ auth, ...options }));
        const [request] = requests;
        return request === undefined
          ? code
          : Object.keys(JSON.parse(request.body) as object).filter((key) => ["cpu", "snapshot"].includes(key));
      },
    );
    expect(result.original).toEqual([]);
    expect(result.ours).toBe("SANDBOX_CREATION_FAILED");
  });
});

describe("deleting by labels", () => {
  it("reads all pages", { timeout: 120_000 }, async () => {
    const { apiUrl, apiKey } = inject("daytona");
    const auth = { apiUrl, apiKey };
    const deleted: Record<string, number> = {};
    for (const [side, api] of [
      ["original", original as unknown as typeof ours],
      ["ours", ours],
    ] as const) {
      const run = crypto.randomUUID();
      try {
        for (let i = 0; i < 11; i++) {
          await Promise.all(Array.from({ length: 10 }, () => ours.DaytonaSandbox.create({ auth, labels: { run } })));
        }
        deleted[side] = await api.DaytonaSandbox.deleteAll({ run }, { auth });
      } finally {
        await ours.DaytonaSandbox.deleteAll({ run }, { auth });
      }
    }
    expect(deleted).toEqual({ original: 100, ours: 110 });
  });
});

describe("contents", () => {
  /** Uploads the same with both packages to the local server, and returns how it ends and what the files contain. */
  async function uploads(make: () => Uint8Array, during = (_: Uint8Array) => {}) {
    const auth = inject("daytona");
    const results: Record<string, unknown> = {};
    for (const [side, api] of [
      ["original", original as unknown as typeof ours],
      ["ours", ours],
    ] as const) {
      const sandbox = await api.DaytonaSandbox.create({ auth });
      try {
        const content = make();
        const upload = codeOf(sandbox.uploadFiles([["content", content]]));
        during(content);
        const code = await upload;
        const [file] = await sandbox.downloadFiles(["content"]);
        results[side] = code === "no failure" ? [...(file?.content?.subarray(0, 2) ?? [])] : code;
      } finally {
        await sandbox.close();
      }
    }
    return results;
  }
  const LARGE = 16 << 20;

  it("of large files are read while they are sent", async () => {
    const detach = (content: Uint8Array) => void structuredClone(content.buffer, { transfer: [content.buffer as ArrayBuffer] });
    const result = await uploads(() => new Uint8Array(LARGE).fill(7), detach);
    expect(result).toEqual({ original: [7, 7], ours: "FILE_OPERATION_FAILED" });
  });

  it("of large files must not be shared", async () => {
    const result = await uploads(() => new Uint8Array(new SharedArrayBuffer(LARGE)).fill(7));
    expect(result).toEqual({ original: [7, 7], ours: "FILE_OPERATION_FAILED" });
  });

  it("are the bytes of a DataView", async () => {
    const result = await uploads(() => new DataView(Uint8Array.of(7, 7).buffer) as unknown as Uint8Array);
    expect(result).toEqual({ original: [], ours: [7, 7] });
  });

  it("are no numbers that are larger than bytes", async () => {
    const result = await uploads(() => Uint16Array.of(263, 7) as unknown as Uint8Array);
    expect(result).toEqual({ original: [7, 7], ours: "FILE_OPERATION_FAILED" });
  });
});
