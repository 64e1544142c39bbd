// Runs the built application where nothing but its output is, and calls its route and its server action.
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";

/** A free port: the server takes 0 for its default port. */
async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Waits until the server says that it is ready. */
async function ready(server) {
  let said = "";
  for await (const chunk of server.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    said += chunk;
    if (said.includes("Ready")) break;
  }
  server.stdout.resume();
}

async function callRoute(url) {
  const response = await fetch(`${url}/api/run`);
  const text = await response.text();
  if (!response.ok || JSON.parse(text).output.trim() !== "from a route") throw new Error(`${response.status}: ${text}`);
}

/** Sends the form of the page as a browser without JavaScript does. */
async function callAction(url) {
  const page = await (await fetch(url)).text();
  const form = new FormData();
  for (const [, name, value = ""] of page.matchAll(/<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?/g)) form.append(name, value);
  const response = await fetch(url, { method: "POST", body: form, redirect: "manual" });
  const location = response.headers.get("location") ?? "";
  if (!location.endsWith("output=from%20an%20action")) throw new Error(`${response.status}, ${location}: ${await response.text()}`);
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "daytona-native-nextjs-"));
fs.cpSync(".next/standalone", folder, { recursive: true, verbatimSymlinks: true });
const port = await freePort();
const env = { ...process.env, PORT: String(port), HOSTNAME: "127.0.0.1" };
const server = spawn(process.execPath, [path.join(folder, "server.js")], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
try {
  await ready(server);
  await callRoute(`http://127.0.0.1:${port}`);
  await callAction(`http://127.0.0.1:${port}`);
} finally {
  server.kill();
  await once(server, "exit");
  fs.rmSync(folder, { recursive: true, force: true });
}
console.log("ok");
