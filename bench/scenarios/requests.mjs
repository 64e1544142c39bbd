// Requests: how many, how fast, and how many at once.
import { count, create, good, observed, percentile, timed } from "./tools.mjs";

const WARM_UP = 300;
const CLOSING_BRACE = "}".charCodeAt(0);

export async function requests() {
  let sandbox;
  const create100 = Array.from({ length: 100 }, (_, i) => [`/home/daytona/d${i % 10}/f${i}.txt`, Buffer.alloc(1024, 97)]);
  const text = new TextEncoder().encode("hello world");
  const steps = {
    create: async () => (sandbox = await create()),
    execute: () => sandbox.execute("true"),
    up: async () => good(await sandbox.uploadFiles(create100)),
    down: async () => good(await sandbox.downloadFiles(create100.map(([path]) => path))),
    write: async () => good([await sandbox.write("/home/daytona/new/w.txt", "hello")]),
    prepare: async () => good(await sandbox.uploadFiles([["/home/daytona/e.txt", text]])),
    edit: async () => good([await sandbox.edit("/home/daytona/e.txt", "hello", "bye")]),
  };
  const result = {};
  for (const [name, step] of Object.entries(steps)) {
    await count();
    result[`${name}Ms`] = await timed(step);
    result[`${name}Requests`] = (await count()).requests;
  }
  return result;
}

export async function sequence() {
  const sandbox = await create();
  return repeated(() => sandbox.execute("true"));
}

/** Sends what `execute` of this package sends on one keep-alive socket, and waits for the response: a client can do no less. */
export async function floor() {
  const { hostname, port, origin, pathname } = new URL(process.env.DAYTONA_API_URL);
  const authorization = `Bearer ${process.env.DAYTONA_API_KEY}`;
  const created = await fetch(`${origin}${pathname}/sandbox`, { method: "POST", headers: { authorization } });
  const { id } = await created.json();
  const body = JSON.stringify({ command: "true", envs: { DAYTONA_NATIVE_COMMAND: `${"0".repeat(32)}-0` }, timeout: 300 });
  const head = [
    `POST /toolbox/${id}/process/execute HTTP/1.1`,
    `authorization: ${authorization}`,
    "accept: application/json",
    "user-agent: daytona-native/0.1.0",
    "x-daytona-source: daytona-native",
    "x-daytona-sdk-version: 0.218.0",
    "content-type: application/json",
    `host: ${hostname}:${port}`,
    `content-length: ${body.length}`,
  ];
  const request = Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
  // Not at the top, so that imports are measured without it.
  const { connect } = await import("node:net");
  const socket = connect({ host: hostname, port, noDelay: true });
  await new Promise((resolve) => socket.once("connect", resolve));
  let received;
  // The response is complete when its JSON object is.
  socket.on("data", (data) => data.at(-1) === CLOSING_BRACE && received());
  const figures = await repeated(
    () =>
      new Promise((resolve) => {
        received = resolve;
        socket.write(request);
      }),
  );
  socket.destroy();
  return figures;
}

/** Measures a short call many times, one after another. */
async function repeated(call) {
  for (let i = 0; i < WARM_UP; i++) await call();
  const times = [];
  const { cpuMs } = await observed(async () => {
    for (let i = 0; i < 3000; i++) times.push(await timed(call));
  });
  const us = (ms) => ms * 1000;
  return { p50Us: us(percentile(times, 0.5)), p99Us: us(percentile(times, 0.99)), cpuUs: us(cpuMs) / times.length };
}

export async function parallel() {
  const sandbox = await create();
  for (let i = 0; i < WARM_UP; i++) await sandbox.execute("true");
  const total = 10_000;
  let started = 0;
  const caller = async () => {
    while (started++ < total) await sandbox.execute("true");
  };
  const { ms, cpuMs, stallMs } = await observed(() => Promise.all(Array.from({ length: 256 }, caller)));
  return { perSecond: total / (ms / 1000), cpuUs: (cpuMs * 1000) / total, stallMs };
}

export async function burst() {
  await count();
  const ms = await timed(() => Promise.all(Array.from({ length: 300 }, async () => (await create()).execute("true"))));
  const { connections } = await count();
  return { ms, connections };
}
