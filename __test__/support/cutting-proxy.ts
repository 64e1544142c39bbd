import { once } from "node:events";
import net from "node:net";

/** A proxy that can cut or hold up its connections, and counts those that are in use and those on which a WebSocket was asked for. */
export async function cuttingProxy(server: { apiUrl: string }) {
  const upstream = new URL(server.apiUrl);
  const pairs = new Set<net.Socket>();
  const upgraded = new Set<net.Socket>();
  const awaiting = new Set<net.Socket>();
  let isHeld = false;
  let reportHeld = (): void => {};
  const proxy = net.createServer((client) => {
    const target = net.connect(Number(upstream.port), upstream.hostname);
    pairs.add(client);
    client.on("data", (data) => {
      if (isHeld) return reportHeld();
      if (/upgrade: websocket/i.test(data.toString("latin1"))) upgraded.add(client);
      awaiting.add(client);
      target.write(data);
    });
    target.on("data", (data) => {
      awaiting.delete(client);
      client.write(rewritten(data));
    });
    for (const side of [client, target]) {
      side.on("error", () => {});
      side.on("close", () => {
        client.destroy();
        target.destroy();
        pairs.delete(client);
        upgraded.delete(client);
        awaiting.delete(client);
      });
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const { port } = proxy.address() as net.AddressInfo;
  // The sandbox's toolbox is reached through this proxy as well; both ports have five digits, so that no length changes.
  const rewritten = (data: Buffer) => Buffer.from(data.toString("latin1").replaceAll(`:${upstream.port}/`, `:${port}/`), "latin1");
  return {
    port,
    apiUrl: `http://127.0.0.1:${port}${upstream.pathname}`,
    cut() {
      for (const socket of pairs) socket.destroy();
    },
    /** From now on, nothing that a client sends arrives. Resolves when it has sent something. */
    hold(): Promise<void> {
      isHeld = true;
      return new Promise((resolve) => (reportHeld = resolve));
    },
    /** Connections with a request that was not answered, or a response that was not read. */
    busy: () => [...pairs].filter((client) => !upgraded.has(client) && (awaiting.has(client) || client.writableLength > 0)).length,
    upgraded: () => upgraded.size,
    async [Symbol.asyncDispose]() {
      for (const socket of pairs) socket.destroy();
      proxy.close();
      await once(proxy, "close");
    },
  };
}
