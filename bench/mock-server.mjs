// A mock of the Daytona service that does no work, to measure the cost of a client: it responds from memory, after a
// simulated round-trip time, and counts requests.
//
//   node bench/mock-server.mjs [--rtt MS] [--output BYTES] [--key FILE --certificate FILE]
//
// With a key and a certificate it uses TLS. It prints {"apiUrl", "apiKey"} when it is ready and exits when stdin closes. Each
// command has an output of BYTES (default 0).
//
// GET /count returns the number of requests and connections since the last GET /count.
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { describeSandbox } from "./mock-sandbox.mjs";

const { values } = parseArgs({
  options: {
    rtt: { type: "string", default: "0" },
    output: { type: "string", default: "0" },
    key: { type: "string" },
    certificate: { type: "string" },
  },
});
const rtt = Number(values.rtt);
// Serialized once, so that a large output costs the client and not the mock.
const executed = answer(200, { exitCode: 0, result: lines(Number(values.output)) });
const sandboxes = new Map();
let count = { requests: 0, connections: 0 };

const ROUTES = {
  "POST /api/sandbox": create,
  "GET /api/sandbox/:id": (request) => answer(200, describe(sandboxOf(request))),
  "DELETE /api/sandbox/:id": remove,
  "GET /api/sandbox/:id/toolbox-proxy-url": () => answer(200, { url: `${origin()}/toolbox` }),
  "POST /toolbox/:id/process/execute": () => executed,
  "POST /toolbox/:id/files/folder": () => answer(201),
  "POST /toolbox/:id/files/bulk-upload": bulkUpload,
  "POST /toolbox/:id/files/bulk-download": bulkDownload,
  "GET /toolbox/:id/files/download": download,
};

const tls = values.key && { key: fs.readFileSync(values.key), cert: fs.readFileSync(values.certificate) };
const createServer = tls ? (listener) => https.createServer(tls, listener) : http.createServer;
const server = createServer((request, response) => {
  read(request, async (body) => {
    if (request.url === "/count") {
      send(response, answer(200, count));
      count = { requests: 0, connections: 0 };
      return;
    }
    count.requests += 1;
    if (rtt > 0) await wait(rtt);
    const [path, query] = request.url.split("?");
    const [, id] = /^\/(?:api\/sandbox|toolbox)\/([^/]+)/.exec(path) ?? [];
    const route = ROUTES[`${request.method} ${id === undefined ? path : path.replace(id, ":id")}`];
    const known = route !== undefined && (id === undefined || sandboxes.has(id));
    const type = request.headers["content-type"];
    const missing = () => answer(404, { statusCode: 404, message: `nothing at ${request.method} ${path}` });
    send(response, known ? route({ id, query, body, type }) : missing());
  });
});
server.on("connection", () => (count.connections += 1));
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ apiUrl: `${origin()}/api`, apiKey: "mock" })));
process.stdin.on("end", () => process.exit()).resume();

function origin() {
  return `${tls ? "https" : "http"}://127.0.0.1:${server.address().port}`;
}

function create({ body }) {
  const wanted = body.length > 0 ? JSON.parse(body) : {};
  const sandbox = { id: randomUUID(), labels: wanted.labels ?? {}, files: new Map() };
  sandboxes.set(sandbox.id, sandbox);
  return answer(200, describe(sandbox));
}

function remove({ id }) {
  const sandbox = sandboxes.get(id);
  sandboxes.delete(id);
  return answer(200, { ...describe(sandbox), state: "destroyed" });
}

function sandboxOf({ id }) {
  return sandboxes.get(id);
}

function describe({ id, labels }) {
  return describeSandbox(id, labels, origin());
}

function bulkUpload(request) {
  const { files } = sandboxOf(request);
  const paths = new Map();
  for (const { name, content } of parts(request)) {
    const [, index, field] = /^files\[(\d+)\]\.(path|file)$/.exec(name) ?? [];
    if (field === "path") paths.set(index, content.toString());
    else if (field === "file") files.set(paths.get(index), content);
  }
  return answer(
    200,
    [...paths.values()].map((path) => ({ path })),
  );
}

function bulkDownload(request) {
  const { files } = sandboxOf(request);
  const boundary = randomUUID();
  const chunks = JSON.parse(request.body).paths.flatMap((path) => {
    const content = files.get(path);
    // Each part says how long it is, as toolboxes since 0.175 do.
    const part = (kind, type, body) => {
      const headers = [`content-disposition: form-data; name="${kind}"; filename="${path}"`, `content-type: ${type}`];
      const head = [`--${boundary}`, ...headers, `content-length: ${body.length}`, "", ""].join("\r\n");
      return [Buffer.from(head), body, Buffer.from("\r\n")];
    };
    const missing = () => Buffer.from(JSON.stringify({ statusCode: 404, message: "not found" }));
    return content === undefined ? part("error", "application/json", missing()) : part("file", "application/octet-stream", content);
  });
  chunks.push(Buffer.from(`--${boundary}--\r\n`));
  return { status: 200, type: `multipart/form-data; boundary=${boundary}`, chunks };
}

function download(request) {
  const content = sandboxOf(request).files.get(new URLSearchParams(request.query).get("path"));
  if (content === undefined) return answer(404, { statusCode: 404, message: "not found" });
  return { status: 200, type: "application/octet-stream", chunks: [content] };
}

/** Returns the parts of a form. */
function* parts({ body, type }) {
  const boundary = Buffer.from(`--${/boundary="?([^";]+)/.exec(type)[1]}`);
  let from = body.indexOf(boundary);
  for (;;) {
    const start = from + boundary.length + 2;
    const next = body.indexOf(boundary, start);
    if (next < 0) return;
    const split = body.indexOf("\r\n\r\n", start);
    const name = /name="([^"]*)"/.exec(body.toString("latin1", start, split))[1];
    yield { name, content: body.subarray(split + 4, next - 2) };
    from = next;
  }
}

/** Returns lines of 80 characters, of this length together. */
function lines(length) {
  return `${"x".repeat(79)}\n`.repeat(Math.ceil(length / 80)).slice(0, length);
}

function answer(status, json) {
  return { status, type: "application/json", chunks: json === undefined ? [] : [Buffer.from(JSON.stringify(json))] };
}

function send(response, { status, type, chunks }) {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  response.writeHead(status, { "content-type": type, "content-length": length });
  for (const chunk of chunks.slice(0, -1)) response.write(chunk);
  response.end(chunks.at(-1));
}

/** Reads a body, a large one into one buffer of its content length, so that the mock adds little time. */
function read(request, onBody) {
  const length = Number(request.headers["content-length"]);
  const whole = length > 65536 ? Buffer.allocUnsafeSlow(length) : null;
  const chunks = [];
  let at = 0;
  request.on("data", (chunk) => {
    if (whole === null) chunks.push(chunk);
    else at += chunk.copy(whole, at);
  });
  request.on("end", () => onBody(whole ?? Buffer.concat(chunks)));
}
