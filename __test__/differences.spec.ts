import * as original from "@langchain/daytona";
import * as ours from "daytona-native";
import { describe, expect, inject, it } from "vitest";
import { type Answer, type Asked, sandboxObject, startScriptedServer, startServiceWith } from "./support/scripted-server.js";

// The rows of docs/differences.md that need a service which is ill, or which shows what it was asked. Each shows
// both sides: a difference that is gone from the original belongs out of the list.

/** Both packages do the same at a server of their own; what came of it, side by side. */
async function both<T>(
  script: (asked: Asked, base: string) => Answer,
  act: (api: typeof ours, auth: Auth, asked: Asked[]) => Promise<T>,
  start = startServiceWith,
) {
  const results: { original?: T; ours?: T } = {};
  for (const [side, api] of [
    ["original", original as unknown as typeof ours],
    ["ours", ours],
  ] as const) {
    await using server = await start(script);
    results[side] = await act(api, { apiKey: "k", apiUrl: server.apiUrl }, server.asked);
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

/** The address that older clients ask for before anything else in a sandbox. */
const proxy = (asked: Asked, base: string): Answer | null =>
  asked.path.endsWith("/toolbox-proxy-url") ? { status: 200, json: { url: `${base}/toolbox` } } : null;

describe("commands", () => {
  it("without an exit code are no success", async () => {
    const result = await both(
      (asked, base) => proxy(asked, base) ?? { status: 200, json: { result: "cut off" } },
      async (api, auth) => (await (await api.DaytonaSandbox.create({ auth })).execute("true")).exitCode,
    );
    expect(result).toEqual({ original: 0, ours: null });
  });

  it("say when their output was cut", async () => {
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
  it("that the service fails on are no fault of a path", async () => {
    const result = await both(
      (asked, base) => proxy(asked, base) ?? { status: 500, json: { statusCode: 500, message: "disk on fire" } },
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
    const result = await both(
      (asked, base) => {
        if (asked.method === "DELETE") return { status: 200, json: { ...sandboxObject(base), state: "destroyed" } };
        return proxy(asked, base) ?? { status: 500, json: { statusCode: 500, message: "no space" } };
      },
      async (api, auth, asked) => {
        const code = await codeOf(api.DaytonaSandbox.create({ auth, initialFiles: { "a.txt": "a" } }));
        return { failed: code !== "no failure", deleted: asked.filter(({ method }) => method === "DELETE").length };
      },
    );
    expect(result).toEqual({ original: { failed: true, deleted: 0 }, ours: { failed: true, deleted: 1 } });
  });

  it("carries the id when the sandbox cannot be deleted either", async () => {
    const id = crypto.randomUUID();
    await using server = await startScriptedServer((asked, base) =>
      asked.method === "POST" && asked.path === "/api/sandbox"
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
  ])("tells %s by its code", async (_, status, message, expected) => {
    const result = await both(
      () => ({ status, json: { statusCode: status, message } }),
      (api, auth) => codeOf(api.DaytonaSandbox.create({ auth })),
      startScriptedServer,
    );
    expect(result).toEqual(expected);
  });

  it.each([
    ["resources without an image", { resources: { cpu: 4 } }],
    ["a snapshot beside an image", { image: "python:3.12", snapshot: "mine" }],
  ])("refuses %s, where the original drops a part of it", async (_, options) => {
    const result = await both(
      () => ({ status: 500 }),
      async (api, auth, asked) => {
        const code = await codeOf(api.DaytonaSandbox.create({ auth, ...options }));
        const [request] = asked;
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
  it("goes past the first page", { timeout: 120_000 }, async () => {
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
