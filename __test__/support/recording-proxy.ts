import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

export interface RecordingProxy extends AsyncDisposable {
  /** API URL of the proxy. */
  apiUrl: string;
  /** Requests as `METHOD /path`, with `<id>` for the id of a sandbox. */
  requests: string[];
}

/**
 * Starts a proxy between a client and a local server that records requests. Like the service's proxy, it does not abort a
 * request when its client disconnects, so the toolbox does not notice.
 */
export async function startRecordingProxy(apiUrl: string): Promise<RecordingProxy> {
  const upstream = new URL(apiUrl);
  const requests: string[] = [];
  const agent = new http.Agent({ keepAlive: true });

  const server = http.createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    requests.push(`${method} ${url.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<id>")}`);
    const { hostname, port } = upstream;
    const forwarded = http.request(
      { agent, hostname, port, method, path: url, headers: { ...headers, host: upstream.host } },
      (received) => {
        const isObject = url.startsWith(upstream.pathname) && (received.headers["content-type"] ?? "").includes("json");
        if (isObject) void sendRewritten(received, response);
        else {
          response.writeHead(received.statusCode ?? 502, received.headers);
          received.pipe(response);
        }
      },
    );
    forwarded.on("error", () => response.destroy());
    request.on("error", () => forwarded.end());
    request.pipe(forwarded);
  });

  /** Replaces the server's URLs in a response by those of the proxy. */
  async function sendRewritten(received: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of received) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString().replaceAll(upstream.origin, origin);
    response.writeHead(received.statusCode ?? 502, { ...received.headers, "content-length": Buffer.byteLength(body) });
    response.end(body);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    apiUrl: `${origin}${upstream.pathname}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      agent.destroy();
      await once(server, "close");
    },
  };
}
