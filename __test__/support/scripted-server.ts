import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** A response: a status with a body, `hang` for no response, or `cut` to close the connection. */
export type Answer = { status: number; json?: unknown; body?: string; type?: string; headers?: Record<string, string> } | "hang" | "cut";

export interface ScriptedServer extends AsyncDisposable {
  apiUrl: string;
  /** All requests, in order. */
  asked: Asked[];
  /** Resolves when this number of requests has arrived. */
  requests(count: number): Promise<void>;
  /** Resolves to the first request that matches, past or future. */
  request(matches: (asked: Asked) => boolean): Promise<Asked>;
  /** Resolves when a client aborts a request without a response. */
  dropped: Promise<void>;
}

/** Starts a server with scripted responses, for failures that a real service rarely has. */
export async function startScriptedServer(script: (asked: Asked, base: string) => Answer): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const looking: { matches: (asked: Asked) => boolean; resolve: (asked: Asked) => void }[] = [];
  let drop = (): void => {};
  const dropped = new Promise<void>((resolve) => (drop = resolve));

  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return drop(); // The client has aborted the request before its end.
    }
    const { method = "", url = "", headers } = request;
    const entry = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
    asked.push(entry);
    for (const { count, resolve } of waiting) if (asked.length >= count) resolve();
    for (const { matches, resolve } of looking) if (matches(entry)) resolve(entry);

    const answer = script(entry, base);
    if (answer === "cut") return void request.socket.destroy();
    if (answer === "hang") return void request.socket.once("close", drop);
    const body = answer.json === undefined ? (answer.body ?? "") : JSON.stringify(answer.json);
    const type = answer.type ?? (answer.json === undefined ? "text/plain" : "application/json");
    response.writeHead(answer.status, { "content-type": type, "content-length": Buffer.byteLength(body), ...answer.headers });
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    apiUrl: `${base}/api`,
    asked,
    requests: (count) =>
      new Promise((resolve) => {
        if (asked.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    request: (matches) =>
      new Promise((resolve) => {
        const found = asked.find(matches);
        if (found !== undefined) resolve(found);
        else looking.push({ matches, resolve });
      }),
    dropped,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Returns a started sandbox as the service returns it. */
export function sandboxObject(base: string, id: string = crypto.randomUUID()) {
  return {
    id,
    organizationId: "organization",
    name: id,
    snapshot: "default",
    user: "daytona",
    env: {},
    labels: {},
    public: false,
    networkBlockAll: false,
    target: "us",
    cpu: 1,
    gpu: 0,
    memory: 1,
    disk: 3,
    state: "started",
    desiredState: "started",
    autoStopInterval: 15,
    autoArchiveInterval: 10080,
    autoDeleteInterval: -1,
    volumes: [],
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
    toolboxProxyUrl: `${base}/toolbox`,
  };
}

/** Starts a scripted server on which `create` succeeds. */
export function startServiceWith(script: (asked: Asked, base: string) => Answer): Promise<ScriptedServer> {
  return startScriptedServer((request, base) =>
    request.method === "POST" && request.path === "/api/sandbox" ? { status: 200, json: sandboxObject(base) } : script(request, base),
  );
}
