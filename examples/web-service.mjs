// A web service that runs the Python program of each request in a sandbox of its own, and deletes it whatever happens: when
// the program fails or takes too long, when the client leaves, and when the service is stopped.
//
//   node examples/web-service.mjs
//   curl --data 'print(6 * 7)' http://127.0.0.1:8080       with PORT=8080
import { once } from "node:events";
import http from "node:http";
import { text } from "node:stream/consumers";
import { DaytonaSandbox } from "daytona-native";

const SECONDS = 10;
const stopping = new AbortController();

/** Runs a program in a new sandbox. The signal aborts every step of it, and the sandbox is deleted. */
async function run(program, signal) {
  const sandbox = await DaytonaSandbox.create({ target: "local", language: "python", networkBlockAll: true, signal });
  try {
    await sandbox.uploadFiles([["main.py", Buffer.from(program)]], { signal });
    // A program that takes too long is a result, with exit code 124 and the output so far.
    return await sandbox.execute("python3 main.py", { timeout: SECONDS, onTimeout: "result", maxOutputBytes: 100_000, signal });
  } finally {
    await sandbox.close();
  }
}

async function handle(request, response) {
  const left = new AbortController();
  response.once("close", () => left.abort(new Error("the client has left")));
  const signal = AbortSignal.any([left.signal, stopping.signal]);
  let status = 200;
  let body;
  try {
    const { output, exitCode, truncated } = await run(await text(request), signal);
    body = { output, exitCode, truncated };
  } catch (error) {
    status = signal.aborted ? 503 : 500;
    body = { error: error.message };
    console.log(`${status} ${error.message}`);
  }
  response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(`${JSON.stringify(body)}\n`);
}

const server = http.createServer((request, response) => void handle(request, response));
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1");
await once(server, "listening");
console.log(`listening on http://127.0.0.1:${server.address().port}`);

for (const name of ["SIGINT", "SIGTERM"]) {
  process.once(name, () => {
    console.log("stopping");
    // No new connections; running programs are aborted, their requests are answered, and their sandboxes are deleted.
    server.close(() => console.log("stopped"));
    stopping.abort(new Error("the service is being stopped"));
  });
}
