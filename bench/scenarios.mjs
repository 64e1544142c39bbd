// One measurement in a new process: node bench/scenarios.mjs SCENARIO MODULE SDK prints one line of JSON.
// DAYTONA_API_URL and DAYTONA_API_KEY configure the service, as for any program.
import { monitorEventLoopDelay } from "node:perf_hooks";

const [scenario, module, sdk] = process.argv.slice(2);
const BIG = 256 << 20;
const MB = 1e6;

const SCENARIOS = {
  async importSdk() {
    return { ms: await timed(() => import(sdk)) };
  },

  async importPackage() {
    await import("deepagents");
    return { ms: await timed(() => import(module)) };
  },

  /** Measures creating, using and closing sandboxes, and many commands in one. */
  async local() {
    const lives = [];
    for (let i = 0; i < 12; i++) {
      lives.push(
        await timed(async () => {
          const sandbox = await create();
          await sandbox.execute("true");
          await sandbox.close();
        }),
      );
    }
    const sandbox = await create();
    const commands = [];
    for (let i = 0; i < 220; i++) commands.push(await timed(() => sandbox.execute("true")));
    await sandbox.close();
    // The first ones include warm-up: connections, compiled code.
    return { lifeMs: median(lives.slice(2)), executeMs: median(commands.slice(20)) };
  },

  async requests() {
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
  },

  async bigUpload() {
    const sandbox = await create();
    const content = Buffer.alloc(BIG, 120);
    return heavy(() => sandbox.uploadFiles([["/home/daytona/big", content]]));
  },

  async bigDownload() {
    const sandbox = await create();
    // Uploaded by another process, so that the bytes are not in the memory of this one.
    const { spawnSync } = await import("node:child_process");
    const { origin } = new URL(process.env.DAYTONA_API_URL);
    const script = `
      const form = new FormData();
      form.append("files[0].path", "/home/daytona/big");
      form.append("files[0].file", new Blob([Buffer.alloc(${BIG}, 120)]), "big");
      await fetch("${origin}/toolbox/${sandbox.id}/files/bulk-upload", { method: "POST", body: form, headers: { authorization: "Bearer mock" } });`;
    spawnSync(process.execPath, ["--input-type=module", "--eval", script], { stdio: "inherit" });
    return heavy(
      () => sandbox.downloadFiles(["/home/daytona/big"]),
      ([file]) => file.content.length === BIG,
    );
  },

  /** The runner measures the time from the output to the exit of the process. */
  async exitClosed() {
    const sandbox = await create();
    await sandbox.execute("true");
    await sandbox.close();
    return {};
  },

  async exitOpen() {
    const sandbox = await create();
    await sandbox.execute("true");
    return {};
  },
};

// Importing is measured separately.
if (!scenario.startsWith("import")) await import(module);
console.log(JSON.stringify(await SCENARIOS[scenario]()));

async function create() {
  const { DaytonaSandbox } = await import(module);
  return DaytonaSandbox.create({ labels: { bench: "1" } });
}

async function timed(action) {
  const from = performance.now();
  await action();
  return performance.now() - from;
}

/** Measures one large transfer: time, peak memory, and the longest stall of the event loop. */
async function heavy(transfer, right = (results) => results.every((result) => result.error === null)) {
  const before = process.resourceUsage().maxRSS;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let results;
  const ms = await timed(async () => (results = await transfer()));
  delay.disable();
  if (!right(results)) throw new Error("the transfer failed");
  return { ms, extraMB: ((process.resourceUsage().maxRSS - before) * 1024) / MB, stallMs: delay.max / 1e6 };
}

async function count() {
  const { origin } = new URL(process.env.DAYTONA_API_URL);
  return (await fetch(`${origin}/count`, { keepalive: false })).json();
}

function good(results) {
  const bad = results.find((result) => result.error);
  if (bad) throw new Error(`a result is wrong: ${JSON.stringify(bad)}`);
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
