import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import type { Duplex } from "node:stream";

// Services in front of the local one, which pass everything on but for one thing.

interface Address {
  apiUrl: string;
  apiKey: string;
}

/** A service that runs until it is closed. */
interface Service extends Address {
  close(): Promise<void>;
}

/** A service whose WebSockets can be cut, as a network does that fails. */
export async function cuttingProxy(to: Address): Promise<Service & { cut(): void }> {
  const sockets = new Set<Duplex>();
  const service = await passOn(to, () => false, sockets);
  return {
    ...service,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A service that does not know `create-connect`, and takes it for the id of a terminal. */
export function oldService(to: Address): Promise<Service> {
  return passOn(to, (path) => path.includes("/process/pty/create-connect"), new Set());
}

async function passOn(to: Address, isUnknown: (path: string) => boolean, upgraded: Set<Duplex>): Promise<Service> {
  const target = new URL(to.apiUrl);
  const { hostname, port } = target;
  const notFound = JSON.stringify({ error: "PTY session not found" });
  const server = http.createServer((request, response) => {
    const { method, url: path, headers } = request;
    const passed = http.request({ hostname, port, method, path, headers }, async (answer) => {
      // The address of the toolbox in sandboxes is to be this one's.
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const body = Buffer.from(
        Buffer.concat(chunks)
          .toString("latin1")
          .replaceAll(target.host, request.headers.host ?? ""),
        "latin1",
      );
      const { "content-length": _, "transfer-encoding": __, ...rest } = answer.headers;
      response.writeHead(answer.statusCode ?? 500, { ...rest, "content-length": body.length }).end(body);
    });
    passed.on("error", () => response.destroy());
    request.pipe(passed);
  });
  server.on("upgrade", (request, socket: Duplex, head) => {
    if (isUnknown(request.url ?? "")) {
      const headers = `content-type: application/json\r\ncontent-length: ${notFound.length}\r\nconnection: close`;
      socket.end(`HTTP/1.1 404 Not Found\r\n${headers}\r\n\r\n${notFound}`);
      return;
    }
    const far = net.connect(Number(port), hostname);
    const headers = request.rawHeaders.flatMap((name, index, all) => (index % 2 === 0 ? [`${name}: ${all[index + 1]}\r\n`] : []));
    far.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers.join("")}\r\n`);
    far.write(head);
    for (const [from, into] of [
      [socket, far],
      [far, socket],
    ] as const) {
      upgraded.add(from);
      from
        .on("error", () => into.destroy())
        .on("close", () => {
          upgraded.delete(from);
          into.destroy();
        });
      from.pipe(into);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = server.address() as net.AddressInfo;
  return {
    apiUrl: `http://127.0.0.1:${own}${target.pathname}`,
    apiKey: to.apiKey,
    async close() {
      for (const socket of upgraded) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
