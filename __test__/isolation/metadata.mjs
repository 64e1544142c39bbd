// Runs in a network namespace of its own: a service on the link-local address of cloud metadata, a local server whose
// program is the argument, and a sandbox that asks the service.
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";

const address = "169.254.169.254";
const metadata = net.createServer((socket) => socket.end("hello")).listen(80, address);
await once(metadata, "listening");

const asked = net.connect(80, address);
const [greeting] = await once(asked.setEncoding("utf8"), "data");

const server = spawn(process.argv[2], ["--json", "--isolation", "namespaces"], { stdio: ["ignore", "pipe", "inherit"] });
try {
  const [line] = await once(server.stdout.setEncoding("utf8"), "data");
  const { apiUrl, apiKey } = JSON.parse(line);
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  const post = async (url, body) => (await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })).json();
  const { id, toolboxProxyUrl } = await post(`${apiUrl}/sandbox`, {});
  const program = `
import errno, socket
client = socket.socket()
client.settimeout(5)
try:
    client.connect(("${address}", 80))
    print("went through:", client.recv(100))
except OSError as error: print("refused:", errno.errorcode.get(error.errno, type(error).__name__))`;
  const { result } = await post(`${toolboxProxyUrl}/${id}/process/execute`, { command: `python3 -I -S -c '${program}'` });
  console.log(`the host: ${greeting}, a sandbox: ${result.trim()}`);
} finally {
  server.kill();
  await once(server, "exit");
  metadata.close();
}
