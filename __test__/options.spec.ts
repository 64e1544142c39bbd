import { DaytonaSandbox, getAuthApiKey, getAuthApiUrl, getAuthCredentials } from "daytona-native";
import { Daytona, DaytonaInvalidArgumentError } from "daytona-native/sdk";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { configuration, environmentVariables, plainBody } from "./page/options.js";
import {
  type ScriptedResponse,
  type ReceivedRequest,
  sandboxObject,
  type ScriptedServer,
  startScriptedServer,
  startServiceWith,
} from "./support/scripted-server.js";

// The request for each option and environment variable. Whole requests are compared, so that nothing else is sent.

const respondAsToolbox = ({ path }: ReceivedRequest): ScriptedResponse => {
  if (path.endsWith("/process/execute")) return { status: 200, json: { exitCode: 0, result: "" } };
  if (path.endsWith("/files/bulk-upload")) return { status: 200, json: {} };
  return { status: 404, json: { statusCode: 404, message: `Cannot answer ${path}` } };
};

let server: ScriptedServer;
beforeEach(async () => {
  server = await startServiceWith(respondAsToolbox);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
});

const auth = () => ({ apiKey: "the-key", apiUrl: server.apiUrl });

/** Returns the body of a create request without the random lease label, which must be present. */
function bodyOf(request: ReceivedRequest | undefined): { labels: Record<string, string> } & Record<string, unknown> {
  const body = JSON.parse(request?.body ?? "null") as { labels: Record<string, string> };
  const { "daytona-native/lease": lease, ...labels } = body.labels;
  expect(lease).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  return { ...body, labels };
}

describe("options of @daytona/sdk that this package does not have", () => {
  // Refused before any request: a filter that is ignored would match every sandbox, and a restriction would not hold.
  const daytona = () => new Daytona({ apiKey: "the-key", apiUrl: server.apiUrl });

  it.each([["secrets", { TOKEN: "name" }]])("create refuses %s", async (name, value) => {
    const error = await daytona()
      .create({ [name]: value })
      .then(
        () => null,
        (error: unknown) => error,
      );
    expect(error).toBeInstanceOf(DaytonaInvalidArgumentError);
    expect((error as Error).message).toBe(
      `Could not create the sandbox: ${name} is not supported by daytona-native. Remove it, or create the sandbox with @daytona/sdk.`,
    );
    expect(server.requests).toEqual([]);
  });

  it("resize refuses GPUs", async () => {
    const sandbox = await daytona().create();
    const before = server.requests.length;
    for (const resources of [{ gpu: 1 }, { cpu: 2, gpuType: "H100" }, {}, { cpu: 0 }]) {
      await expect(sandbox.resize(resources)).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
    }
    expect(server.requests).toHaveLength(before);
  });

  it("list refuses what is no filter", async () => {
    const first = daytona()
      .list({ labels: { a: "b" }, owner: "value" } as object)
      .next();
    await expect(first).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
    await expect(first).rejects.toThrow("Could not list the sandboxes: owner is not supported by daytona-native.");
    expect(server.requests).toEqual([]);
  });
});

const createWith = async (options: object) => {
  const sandbox = await DaytonaSandbox.create({ auth: auth(), ...options });
  return { sandbox, body: bodyOf(server.requests[0]) };
};

describe("without options", () => {
  it("sends only the language, and no other defaults", async () => {
    const { body } = await createWith({});
    expect(body).toEqual(plainBody);
    expect(server.requests).toHaveLength(1);
    const [{ method, path, headers }] = server.requests as [ReceivedRequest];
    expect(`${method} ${path}`).toBe("POST /api/sandbox");
    expect(headers).toMatchObject({ authorization: "Bearer the-key", "content-type": "application/json" });
    expect(headers["x-daytona-organization-id"]).toBeUndefined();
  });

  it("has the documented intervals", async () => {
    const sandbox = await DaytonaSandbox.create({ auth: inject("daytona") });
    try {
      const { autoStopInterval, autoArchiveInterval, autoDeleteInterval } = sandbox.instance;
      expect({ autoStopInterval, autoArchiveInterval, autoDeleteInterval }).toEqual({
        autoStopInterval: 15,
        autoArchiveInterval: 7 * 24 * 60,
        autoDeleteInterval: -1,
      });
    } finally {
      await sandbox.close();
    }
  });
});

describe.each(configuration)("the option $option", ({ option, cases }) => {
  it.each(cases)("of $value is sent as $body", async ({ value, beside, body }) => {
    const result = await createWith({ [option]: value, ...beside });
    expect(result.body).toEqual({ ...plainBody, ...body });
    expect(server.requests).toHaveLength(1);
  });

  it("of undefined is ignored", async () => {
    const { body } = await createWith({ [option]: undefined });
    expect(body).toEqual(plainBody);
  });
});

describe("timeout", () => {
  // Five seconds more than the client's own, which ends the command in time and keeps its output.
  it.each([
    [undefined, 305],
    [7, 12],
    [1.5, 7],
    [0, undefined],
  ])("of %s is sent as %s seconds", async (timeout, seconds) => {
    const { sandbox } = await createWith({ timeout });
    await sandbox.execute("true");
    const sent = JSON.parse(server.requests[1]?.body ?? "") as { timeout?: number; envs?: object };
    expect(sent.timeout).toBe(seconds);
    expect(sent).toMatchObject({ command: "true" });
  });

  it("of a command overrides the sandbox's", async () => {
    const { sandbox } = await createWith({ timeout: 7 });
    await sandbox.execute("true", { timeout: 3, cwd: "/tmp", env: { A: "b" } });
    const sent = JSON.parse(server.requests[1]?.body ?? "") as { envs: Record<string, string> };
    expect(sent).toMatchObject({ command: "true", timeout: 8, cwd: "/tmp", envs: { A: "b" } });
  });

  it("applies to a sandbox found by id", async () => {
    await using service = await startScriptedServer((request, base) =>
      request.path.startsWith("/api/sandbox/") ? { status: 200, json: sandboxObject(base) } : respondAsToolbox(request),
    );
    const found = await DaytonaSandbox.connect("its-id", { auth: { apiKey: "key-of-a-test", apiUrl: service.apiUrl }, timeout: 9 });
    await found.execute("true");
    expect(JSON.parse(service.requests[1]?.body ?? "")).toMatchObject({ timeout: 14 });
  });
});

describe("initialFiles", () => {
  it("are uploaded in one request after creation", async () => {
    await createWith({ initialFiles: { "src/a.txt": "one", "/home/daytona/b c.txt": "zwei: ü" } });
    expect(server.requests.map(({ method, path }) => `${method} ${path.replace(/toolbox\/[^/]+/, "toolbox/<id>")}`)).toEqual([
      "POST /api/sandbox",
      "POST /toolbox/<id>/files/bulk-upload",
    ]);
    const upload = server.requests[1];
    const boundary = /boundary=(.+)/.exec(upload?.headers["content-type"] ?? "")?.[1];
    const parts = (upload?.body ?? "")
      .split(`--${boundary}`)
      .slice(1, -1)
      .map((part) => part.trim().split("\r\n\r\n"));
    expect(parts.map(([head, content]) => [/name="([^"]+)"/.exec(head ?? "")?.[1], content])).toEqual([
      ["files[0].path", "/home/daytona/b c.txt"],
      ["files[0].file", "zwei: ü"],
      ["files[1].path", "src/a.txt"],
      ["files[1].file", "one"],
    ]);
  });
});

describe.each(environmentVariables)("the variable $name", ({ name, options }) => {
  /** Returns URL, key and target of a create request. */
  const seen = async (given: object, service: ScriptedServer) => {
    await DaytonaSandbox.create(given);
    expect(service.requests).toHaveLength(1);
    const request = service.requests[0];
    const { target } = bodyOf(request);
    return {
      DAYTONA_API_KEY: request?.headers.authorization?.replace("Bearer ", ""),
      DAYTONA_API_URL: service.apiUrl,
      DAYTONA_TARGET: target,
    };
  };
  const value = () => (name === "DAYTONA_API_URL" ? server.apiUrl : "from-environment");

  beforeEach(() => {
    vi.stubEnv("DAYTONA_API_KEY", "other-key");
    vi.stubEnv("DAYTONA_API_URL", server.apiUrl);
  });

  it("is used if the option is absent", async () => {
    vi.stubEnv(name, value());
    expect((await seen({}, server))[name]).toBe(value());
  });

  it("is overridden by the option", async () => {
    await using other = await startServiceWith(respondAsToolbox);
    const given = name === "DAYTONA_API_URL" ? other.apiUrl : "from-option";
    vi.stubEnv(name, value());
    expect((await seen(options(given), name === "DAYTONA_API_URL" ? other : server))[name]).toBe(given);
  });

  it("is ignored if it is empty", async () => {
    vi.stubEnv(name, "");
    if (name === "DAYTONA_TARGET") expect((await seen({}, server))[name]).toBeUndefined();
    if (name === "DAYTONA_API_KEY") {
      await expect(DaytonaSandbox.create()).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
      expect(server.requests).toEqual([]);
    }
    if (name === "DAYTONA_API_URL") expect(getAuthApiUrl()).toBe("https://app.daytona.io/api");
  });

  it("is returned by the getAuth functions", () => {
    vi.stubEnv(name, value());
    const returned = { DAYTONA_API_KEY: getAuthApiKey(), DAYTONA_API_URL: getAuthApiUrl(), DAYTONA_TARGET: getAuthCredentials().target };
    expect(returned[name]).toBe(value());
    const chosen = {
      DAYTONA_API_KEY: getAuthApiKey({ apiKey: "o" }),
      DAYTONA_API_URL: getAuthApiUrl({ apiUrl: "o" }),
      DAYTONA_TARGET: getAuthCredentials({}, "o").target,
    };
    expect(chosen[name]).toBe("o");
  });
});

describe("options that the service rejects", () => {
  // The message of the service may not mention the option, so the error must.
  const refusals: [name: string, value: string, status: number, message: string][] = [
    ["target", "mars", 404, "Region not found"],
    ["target", "eu", 403, "Region eu is not available to the organization"],
    ["snapshot", "none-such", 400, "Snapshot none-such not found. Did you add it through the Daytona Dashboard?"],
  ];

  it.each(refusals)("are named in the error: %s %j", async (name, value, status, message) => {
    await using refusing = await startScriptedServer(() => ({ status, json: { statusCode: status, message } }));
    const error = await DaytonaSandbox.create({ auth: { apiKey: "key-of-a-test", apiUrl: refusing.apiUrl }, [name]: value }).then(
      () => null,
      (reason: Error & { cause?: { statusCode?: number } }) => reason,
    );
    expect(error?.cause?.statusCode).toBe(status);
    expect(error?.message).toContain(message);
    expect(error?.message.toLowerCase()).toContain(name);
    expect(error?.message).toContain(value);
    expect(refusing.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });
});
