import { DaytonaSandbox } from "daytona-native";
import { Daytona } from "daytona-native/sdk";
import { describe, expect, inject, it } from "vitest";
import { failureOf } from "./support/failure.js";
import { runProgram } from "./support/run-program.js";
import {
  type ScriptedResponse,
  type ReceivedRequest,
  sandboxObject,
  type ScriptedServer,
  startScriptedServer,
} from "./support/scripted-server.js";
import { root } from "./support/server.js";

// A sandbox without a handle keeps running and is billed. Wherever creation fails, the sandbox is deleted, or the error
// contains its id.

const ID = "0d6a4a26-4a0e-4f0c-9f5e-2f1f8f9b7c11";
const auth = (server: ScriptedServer) => ({ apiKey: "key-of-a-test", apiUrl: server.apiUrl });
const isDelete = ({ method, path }: ReceivedRequest) => method === "DELETE" && path === `/api/sandbox/${ID}`;
const isList = ({ method, path }: ReceivedRequest) => method === "GET" && path.startsWith("/api/sandbox?");
const isCreate = ({ method, path }: ReceivedRequest) => method === "POST" && path === "/api/sandbox";
const leaseOf = ({ body }: ReceivedRequest) => (JSON.parse(body) as { labels: Record<string, string> }).labels["daytona-native/lease"];

interface Service {
  create?: ScriptedResponse;
  state?: string;
  upload?: ScriptedResponse;
  delete?: ScriptedResponse;
}

/** Starts a service that creates a sandbox and then behaves as scripted. It lists the sandbox by its lease only. */
function startService({ create, state = "creating", upload, delete: deleting }: Service): Promise<ScriptedServer> {
  let lease: string | undefined;
  return startScriptedServer((request, base) => {
    const sandbox = { ...sandboxObject(base, ID), state, labels: { "daytona-native/lease": lease } };
    if (isCreate(request)) {
      lease = leaseOf(request);
      return create ?? { status: 200, json: { ...sandbox, state: upload === undefined ? "creating" : "started" } };
    }
    if (isDelete(request)) return deleting ?? { status: 200, json: { ...sandbox, state: "destroyed" } };
    if (isList(request)) {
      const labels = JSON.parse(new URL(request.path, base).searchParams.get("labels") ?? "{}") as Record<string, string>;
      return { status: 200, json: { items: labels["daytona-native/lease"] === lease ? [sandbox] : [], nextCursor: null } };
    }
    if (request.path.endsWith("/files/bulk-upload")) return upload ?? { status: 200, json: {} };
    return { status: 200, json: sandbox };
  });
}

const failing: [point: string, service: Service, options: object, says: RegExp][] = [
  ["in an error state", { state: "error" }, {}, /state error/],
  ["in a failed build", { state: "build_failed" }, { image: "node:20" }, /state build_failed/],
  ["at the timeout", { state: "creating" }, { createTimeout: 0.2 }, /0\.2 s/],
  [
    "when the initial files are rejected",
    { upload: { status: 500, json: { statusCode: 500, message: "no space left on device" } } },
    { initialFiles: { a: "b" } },
    /no space left/,
  ],
  [
    "when one initial file is rejected",
    { upload: { status: 400, json: { errors: ["a: open a: permission denied"] } } },
    { initialFiles: { a: "b" } },
    /permission_denied/,
  ],
  ["when the connection breaks during the upload", { upload: "cut" }, { initialFiles: { a: "b" } }, /connection/],
];

describe("a create that fails", () => {
  it.each(failing)("%s deletes its sandbox", async (_, service, options, says) => {
    await using server = await startService(service);
    const error = await failureOf(DaytonaSandbox.create({ auth: auth(server), ...options }));
    expect(error.message).toMatch(says);
    expect(error.message).toContain("The sandbox was deleted");
    // Before the error is thrown, because the program may exit immediately.
    expect(server.requests.filter(isDelete)).toHaveLength(1);
  });

  it.each(failing)("%s reports the id if the sandbox cannot be deleted", async (_, service, options, says) => {
    await using server = await startService({ ...service, delete: { status: 400, json: { statusCode: 400, message: "it has children" } } });
    const error = await failureOf(DaytonaSandbox.create({ auth: auth(server), ...options }));
    expect(error.message).toMatch(says);
    expect(error.message).toContain(ID);
    expect(error.message).toContain("it has children");
    expect(error.cause?.sandboxId).toBe(ID);
  });

  it("deletes the sandbox after another state change", async () => {
    let refusals = 2;
    await using server = await startScriptedServer((request, base) => {
      if (isDelete(request) && refusals-- > 0)
        return { status: 409, json: { statusCode: 409, message: "Sandbox state change in progress" } };
      return { status: 200, json: { ...sandboxObject(base, ID), state: isCreate(request) ? "creating" : "error" } };
    });
    const error = await failureOf(DaytonaSandbox.create({ auth: auth(server) }));
    expect(error.message).toContain("The sandbox was deleted");
    expect(server.requests.filter(isDelete)).toHaveLength(3);
  });

  it("leaves no sandbox on a real server", async () => {
    const run = crypto.randomUUID();
    const { apiUrl, apiKey } = inject("daytona");
    await failureOf(
      DaytonaSandbox.create({ auth: { apiUrl, apiKey }, labels: { run }, initialFiles: { good: "x", "/usr/bin/not-ours": "y" } }),
    );
    const left: string[] = [];
    for await (const { id } of new Daytona({ apiUrl, apiKey }).list({ labels: { run } })) left.push(id);
    expect(left).toEqual([]);
  });
});

describe("a create whose response is lost", () => {
  const lost: [how: string, create: ScriptedResponse, options: object][] = [
    ["cut off", "cut", {}],
    ["late", "hang", { createTimeout: 0.2 }],
    ["an error of the service", { status: 500, json: { statusCode: 500, message: "lost" } }, {}],
    ["an error of a proxy", { status: 502, body: "" }, {}],
    ["not JSON", { status: 200, body: "<!doctype html>", type: "text/html" }, {}],
    ["without an id", { status: 400, json: { statusCode: 400, message: "Sandbox failed to start: no image" } }, {}],
  ];

  it.each(lost)("because it is %s finds its sandbox by the lease and deletes it", async (_, create, options) => {
    await using server = await startService({ create });
    await failureOf(DaytonaSandbox.create({ auth: auth(server), ...options }));
    const deleted = await server.waitForRequest(isDelete);
    expect(deleted.path).toContain(ID);
    const [request, list] = [server.requests.find(isCreate), server.requests.find(isList)];
    if (request === undefined || list === undefined) throw new Error("there was no request");
    const labels = new URL(list.path, server.apiUrl).searchParams.get("labels");
    // By the lease only: sandboxes in use may have the other labels.
    expect(JSON.parse(labels ?? "")).toEqual({ "daytona-native/lease": leaseOf(request) });
    expect(server.requests.filter(isCreate)).toHaveLength(1);
  });

  it.each(lost.filter(([how]) => how === "cut off"))("because it is %s deletes its sandbox before the program exits", async (_, create) => {
    await using server = await startService({ create });
    const run = await runProgram(
      root,
      `import { DaytonaSandbox } from "daytona-native";
       await DaytonaSandbox.create().catch((error) => console.log(error.code));`,
      { DAYTONA_API_URL: server.apiUrl, DAYTONA_API_KEY: "k" },
    );
    expect(run).toMatchObject({ code: 0, stdout: "SANDBOX_CREATION_FAILED\n", stderr: "" });
    expect(server.requests.filter(isDelete)).toHaveLength(1);
  });

  it("sends no further requests if creation was rejected", async () => {
    await using server = await startService({ create: { status: 401, json: { statusCode: 401, message: "Unauthorized" } } });
    const run = await runProgram(
      root,
      `import { DaytonaSandbox } from "daytona-native";
       await DaytonaSandbox.create().catch((error) => console.log(error.code));`,
      { DAYTONA_API_URL: server.apiUrl, DAYTONA_API_KEY: "k" },
    );
    expect(run).toMatchObject({ code: 0, stdout: "AUTHENTICATION_FAILED\n" });
    expect(server.requests).toHaveLength(1);
  });
});

describe("an aborted create", () => {
  const points: [point: string, service: Service, options: object, reached: (request: ReceivedRequest) => boolean][] = [
    ["before the response", { create: "hang" }, {}, isCreate],
    ["while it waits for the state", {}, {}, ({ method, path }) => method === "GET" && path.endsWith(ID)],
    [
      "during the upload of initial files",
      { upload: "hang" },
      { initialFiles: { a: "b" } },
      ({ path }) => path.endsWith("/files/bulk-upload"),
    ],
  ];

  it.each(points)("%s rejects with the signal's reason and deletes its sandbox", async (_, service, options, reached) => {
    await using server = await startService(service);
    const controller = new AbortController();
    const created = DaytonaSandbox.create({ auth: auth(server), signal: controller.signal, ...options });
    const settled = expect(created).rejects.toBe("enough");
    await server.waitForRequest(reached);
    controller.abort("enough");
    await settled;
    await server.waitForRequest(isDelete);
  });

  it("before it started sends no request", async () => {
    await using server = await startService({});
    await expect(DaytonaSandbox.create({ auth: auth(server), signal: AbortSignal.abort("never") })).rejects.toBe("never");
    expect(server.requests).toEqual([]);
  });
});

describe("deleteAll", () => {
  const ids = Array.from({ length: 7 }, (_, index) => `sandbox-${index}`);
  const items = (base: string, from: number, to: number) => ids.slice(from, to).map((id) => sandboxObject(base, id));

  /** Returns a list as one version of the service does. */
  type Lister = (url: URL, base: string) => ScriptedResponse;
  const byCursor: Lister = (url, base) => {
    const at = Number(url.searchParams.get("cursor") ?? 0);
    return { status: 200, json: { items: items(base, at, at + 3), nextCursor: at + 3 < ids.length ? String(at + 3) : null } };
  };
  const whole: Lister = (_, base) => ({ status: 200, json: items(base, 0, ids.length) });
  const byNumber: Lister = (url, base) => {
    if (!url.pathname.endsWith("/paginated")) return { status: 404, json: { statusCode: 404, message: `Cannot GET ${url.pathname}` } };
    const at = (Number(url.searchParams.get("page")) - 1) * 3;
    return { status: 200, json: { items: items(base, at, at + 3), total: ids.length, page: at / 3 + 1, totalPages: 3 } };
  };

  function start(list: Lister, deleting: (id: string) => ScriptedResponse = () => ({ status: 200, json: {} })): Promise<ScriptedServer> {
    return startScriptedServer(({ method, path }, base) => {
      const url = new URL(path, base);
      return method === "DELETE" ? deleting(url.pathname.split("/").at(-1) ?? "") : list(url, base);
    });
  }
  const deletedIds = (server: ScriptedServer) =>
    server.requests.filter(({ method }) => method === "DELETE").map(({ path }) => path.split("/").at(-1));

  it.each([
    ["by cursor", byCursor],
    ["without pages", whole],
    ["by number", byNumber],
  ])("deletes all pages of a list %s", async (_, list) => {
    await using server = await start(list);
    expect(await DaytonaSandbox.deleteAll({ team: "a", job: "b" }, { auth: auth(server) })).toBe(ids.length);
    expect(deletedIds(server).toSorted()).toEqual(ids);
    const lists = server.requests.filter(({ method }) => method === "GET");
    for (const { path } of lists)
      expect(JSON.parse(new URL(path, server.apiUrl).searchParams.get("labels") ?? "")).toEqual({ team: "a", job: "b" });
  });

  it("deletes the other sandboxes if some cannot be deleted, and reports the failures", async () => {
    await using server = await start(byCursor, (id) =>
      ["sandbox-1", "sandbox-6"].includes(id)
        ? { status: 403, json: { statusCode: 403, message: `${id} is not yours` } }
        : { status: 200, json: {} },
    );
    const error = await failureOf(DaytonaSandbox.deleteAll({ team: "a" }, { auth: auth(server) }));
    expect(error.code).toBe("AUTHENTICATION_FAILED");
    expect(error.message).toContain("2 of 7");
    expect(error.message).toMatch(/sandbox-1: .*sandbox-1 is not yours.*sandbox-6: .*sandbox-6 is not yours/);
    expect(deletedIds(server).toSorted()).toEqual(ids);
  });

  it("counts sandboxes that another client deleted", async () => {
    await using server = await start(byCursor, (id) =>
      id === "sandbox-3" ? { status: 404, json: { statusCode: 404, message: "not found" } } : { status: 200, json: {} },
    );
    expect(await DaytonaSandbox.deleteAll({ team: "a" }, { auth: auth(server) })).toBe(ids.length);
  });

  it("rejects empty labels", async () => {
    await using server = await start(byCursor);
    const error = await failureOf(DaytonaSandbox.deleteAll({}, { auth: auth(server) }));
    expect(error.message).toMatch(/label/);
    expect(server.requests).toEqual([]);
  });

  it("ends at its signal with the signal's reason and deletes no further sandbox", async () => {
    const many = Array.from({ length: 40 }, (_, index) => `sandbox-${index}`);
    const all: Lister = (_, base) => ({ status: 200, json: many.map((id) => sandboxObject(base, id)) });
    await using server = await start(all, () => "hang");
    const controller = new AbortController();
    const deleted = DaytonaSandbox.deleteAll({ team: "a" }, { auth: auth(server), signal: controller.signal });
    const settled = expect(deleted).rejects.toBe("enough");
    await server.waitForRequest(({ method }) => method === "DELETE");
    controller.abort("enough");
    await settled;
    await server.aborted;
    expect(deletedIds(server).length).toBeLessThan(many.length);
  });

  it("ends at its timeout", async () => {
    await using server = await start(byCursor, () => "hang");
    const error = await failureOf(DaytonaSandbox.deleteAll({ team: "a" }, { auth: auth(server), timeout: 0.2 }));
    expect(error.code).toBe("COMMAND_TIMEOUT");
    expect(error.message).toContain("7 of 7");
  });

  it("deletes nothing if listing fails", async () => {
    await using server = await start((url, base) =>
      url.searchParams.has("cursor") ? { status: 500, json: { statusCode: 500, message: "no more" } } : byCursor(url, base),
    );
    const error = await failureOf(DaytonaSandbox.deleteAll({ team: "a" }, { auth: auth(server) }));
    expect(error.message).toContain("no more");
    expect(deletedIds(server)).toEqual([]);
  });
});
