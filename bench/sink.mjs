// A server on plain sockets for measurements in which a mock on node:http would be the limit: large transfers and many requests at
// once. It reads and discards uploads, sends every download from one buffer, and runs no commands.
//
//   node bench/sink.mjs [--size BYTES]
//
// It prints {"apiUrl", "apiKey"} when it is ready and exits when stdin closes. Every file has a size of BYTES.
import { randomUUID } from "node:crypto";
import net from "node:net";
import { parseArgs } from "node:util";
import { describeSandbox } from "./mock-sandbox.mjs";

const { values } = parseArgs({ options: { size: { type: "string", default: "0" } } });
const content = Buffer.alloc(Number(values.size), 120);
/** This much of a body is kept, for the paths in it. */
const KEPT = 1024;
const READ_SIZE = 1 << 20;
const END_OF_HEAD = "\r\n\r\n";
const EMPTY = Buffer.alloc(0);

const ROUTES = [
  [/^POST \/api\/sandbox /, () => json(describeSandbox(randomUUID(), {}, origin()))],
  [/^(GET|DELETE) \/api\/sandbox\/(?<id>[^/ ]+) /, (_, { id }) => json(describeSandbox(id, {}, origin()))],
  [/^GET \/api\/sandbox\/[^/ ]+\/toolbox-proxy-url /, () => json({ url: `${origin()}/toolbox` })],
  [/^POST \/toolbox\/[^/ ]+\/process\/execute /, () => json({ exitCode: 0, result: "" })],
  [/^POST \/toolbox\/[^/ ]+\/files\/folder[? ]/, () => [headOf("201 Created", "content-length: 0")]],
  [/^POST \/toolbox\/[^/ ]+\/files\/bulk-upload /, upload],
  [/^POST \/toolbox\/[^/ ]+\/files\/bulk-download /, download],
];

// Only a socket that a program creates can read into one buffer all the time, so this creates one for the accepted handle. A new
// buffer for each read would quadruple the time that an upload takes outside of the kernel.
const server = net.createServer({ noDelay: true, pauseOnConnect: true }, ({ _handle: handle }) => {
  const receive = receiver((chunk) => socket.write(chunk));
  const callback = (length, buffer) => {
    receive(buffer.subarray(0, length));
    return true;
  };
  const socket = new net.Socket({ handle, onread: { buffer: Buffer.allocUnsafeSlow(READ_SIZE), callback } });
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ apiUrl: `${origin()}/api`, apiKey: "mock" })));
process.stdin.on("end", () => process.exit()).resume();

function origin() {
  return `http://127.0.0.1:${server.address().port}`;
}

/** Returns a function that takes the bytes of a connection and responds to each request in them. */
function receiver(write) {
  let head = "";
  let body = null;
  return (data) => {
    let rest = data;
    do {
      if (body === null) {
        head += rest.toString("latin1");
        const end = head.indexOf(END_OF_HEAD);
        if (end < 0) return;
        rest = Buffer.from(head.slice(end + END_OF_HEAD.length), "latin1");
        head = head.slice(0, end);
        body = bodyOf(head);
      }
      rest = body.take(rest);
      if (!body.isComplete) return;
      respond(head, body.start).forEach(write);
      head = "";
      body = null;
    } while (rest.length > 0);
  };
}

/** A body with a Content-Length. */
class SizedBody {
  /** The first bytes of the body. */
  start = "";
  #left;

  constructor(length) {
    this.#left = length;
  }

  get isComplete() {
    return this.#left === 0;
  }

  /** Discards the bytes of the body and returns those that follow it. */
  take(data) {
    if (this.start.length < KEPT) this.start += data.toString("latin1", 0, Math.min(KEPT, this.#left));
    const taken = Math.min(this.#left, data.length);
    this.#left -= taken;
    return data.subarray(taken);
  }
}

/** A body with `Transfer-Encoding: chunked`, without trailers. */
class ChunkedBody {
  start = "";
  isComplete = false;
  #sizeLine = "";
  #chunk = null;

  take(data) {
    for (let rest = data; rest.length > 0; ) {
      if (this.#chunk === null) {
        const end = rest.indexOf("\n") + 1;
        this.#sizeLine += rest.toString("latin1", 0, end || rest.length);
        if (end === 0) break;
        rest = rest.subarray(end);
        // A line break follows the chunk.
        this.#chunk = new SizedBody(Number.parseInt(this.#sizeLine, 16) + 2);
      }
      rest = this.#chunk.take(rest);
      if (!this.#chunk.isComplete) break;
      this.isComplete = Number.parseInt(this.#sizeLine, 16) === 0;
      if (this.isComplete) return rest;
      if (this.start.length < KEPT) this.start += this.#chunk.start;
      this.#sizeLine = "";
      this.#chunk = null;
    }
    return EMPTY;
  }
}

function bodyOf(head) {
  if (/^transfer-encoding: *chunked/im.test(head)) return new ChunkedBody();
  return new SizedBody(Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0));
}

/** Returns the chunks of the response to a request, of whose body only the start is known. */
function respond(head, start) {
  const [line] = head.split("\r\n", 1);
  for (const [pattern, handler] of ROUTES) {
    const match = pattern.exec(line);
    if (match !== null) return handler(start, match.groups);
  }
  return json({ statusCode: 404, message: `nothing at ${line}` }, "404 Not Found");
}

function upload(start) {
  const path = /name="files\[0\]\.path"\r\n\r\n([^\r]*)/.exec(start)?.[1] ?? "";
  return json({ files: [{ path, bytes: content.length }] });
}

function download(start) {
  const [path] = JSON.parse(start).paths;
  const boundary = randomUUID();
  const part = [
    `--${boundary}`,
    `content-disposition: form-data; name="file"; filename="${path}"`,
    "content-type: application/octet-stream",
    `content-length: ${content.length}`,
  ];
  const before = Buffer.from(`${part.join("\r\n")}${END_OF_HEAD}`);
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  const length = before.length + content.length + after.length;
  const type = `multipart/form-data; boundary=${boundary}`;
  return [headOf("200 OK", `content-type: ${type}`, `content-length: ${length}`), before, content, after];
}

function json(value, status = "200 OK") {
  const body = JSON.stringify(value);
  return [`${headOf(status, "content-type: application/json", `content-length: ${Buffer.byteLength(body)}`)}${body}`];
}

function headOf(status, ...headers) {
  return [`HTTP/1.1 ${status}`, ...headers].join("\r\n") + END_OF_HEAD;
}
