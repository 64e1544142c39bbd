import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** A response: a status with a body, `hang` for no response, or `cut` to close the connection. */
export type ScriptedResponse =
  | { status: number; json?: unknown; body?: string; type?: string; headers?: Record<string, string> }
  | "hang"
  | "cut";

export interface ScriptedServer extends AsyncDisposable {
  apiUrl: string;
  /** All requests, in order. */
  requests: ReceivedRequest[];
  /** Resolves when this number of requests has arrived. */
  waitForRequests(count: number): Promise<void>;
  /** Resolves to the first request that matches, past or future. */
  waitForRequest(matches: (request: ReceivedRequest) => boolean): Promise<ReceivedRequest>;
  /** Resolves when a client aborts a request without a response. */
  aborted: Promise<void>;
}

/** Starts a server with scripted responses, for failures that a real service rarely has. */
export async function startScriptedServer(script: (request: ReceivedRequest, base: string) => ScriptedResponse): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  const countWaiters: { count: number; resolve: () => void }[] = [];
  const matchWaiters: { matches: (request: ReceivedRequest) => boolean; resolve: (request: ReceivedRequest) => void }[] = [];
  let resolveAborted = (): void => {};
  const aborted = new Promise<void>((resolve) => (resolveAborted = resolve));

  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return resolveAborted(); // The client has aborted the request before its end.
    }
    const { method = "", url = "", headers } = request;
    const entry = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
    requests.push(entry);
    for (const { count, resolve } of countWaiters) if (requests.length >= count) resolve();
    for (const { matches, resolve } of matchWaiters) if (matches(entry)) resolve(entry);

    const scripted = script(entry, base);
    if (scripted === "cut") return void request.socket.destroy();
    if (scripted === "hang") return void request.socket.once("close", resolveAborted);
    const body = scripted.json === undefined ? (scripted.body ?? "") : JSON.stringify(scripted.json);
    const type = scripted.type ?? (scripted.json === undefined ? "text/plain" : "application/json");
    response.writeHead(scripted.status, { "content-type": type, "content-length": Buffer.byteLength(body), ...scripted.headers });
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    apiUrl: `${base}/api`,
    requests,
    waitForRequests: (count) =>
      new Promise((resolve) => {
        if (requests.length >= count) resolve();
        else countWaiters.push({ count, resolve });
      }),
    waitForRequest: (matches) =>
      new Promise((resolve) => {
        const found = requests.find(matches);
        if (found !== undefined) resolve(found);
        else matchWaiters.push({ matches, resolve });
      }),
    aborted,
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
export function startServiceWith(script: (request: ReceivedRequest, base: string) => ScriptedResponse): Promise<ScriptedServer> {
  return startScriptedServer((request, base) =>
    request.method === "POST" && request.path === "/api/sandbox" ? { status: 200, json: sandboxObject(base) } : script(request, base),
  );
}
