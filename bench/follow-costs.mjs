// What following logs costs, beside @daytona/sdk at the same local server.
//
//   node bench/follow-costs.mjs [--megabytes 100] [--runs 3] [--calls 100]
//
// Each client follows the same log in a process of its own, and counts its bytes. Prints processor time (all threads), time
// and largest memory of each, and the median times of a command in a session and of one on its own.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LocalDaytona } from "daytona-native/local";

const { values } = parseArgs({
  options: {
    megabytes: { type: "string", default: "100" },
    runs: { type: "string", default: "3" },
    calls: { type: "string", default: "100" },
    client: { type: "string" },
  },
});

if (values.client === undefined) await compare();
else await follow(values.client, JSON.parse(process.env.FOLLOW));

/** One client follows the log, in this process. */
async function follow(name, { apiUrl, apiKey, id, cmdId }) {
  const { Daytona } = await import(name);
  const sandbox = await new Daytona({ apiUrl, apiKey }).get(id);
  let bytes = 0;
  const started = performance.now();
  const before = process.cpuUsage();
  const count = (chunk) => {
    bytes += chunk.length;
  };
  await sandbox.process.getSessionCommandLogs("follow", cmdId, count, count);
  const { user, system } = process.cpuUsage(before);
  const memory = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ bytes, cpu: (user + system) / 1000, time: performance.now() - started, memory }));
  // One of the clients keeps its process alive.
  process.exit();
}

async function compare() {
  const { Daytona } = await import("daytona-native/sdk");
  const server = await LocalDaytona.start();
  try {
    const { apiUrl, apiKey } = server;
    const sandbox = await new Daytona({ apiUrl, apiKey }).create();
    await sandbox.process.createSession("follow");
    const line = "x".repeat(99);
    const command = `yes ${line} | head -c ${values.megabytes}000000`;
    const { cmdId } = await sandbox.process.executeSessionCommand("follow", { command, runAsync: true });
    await sandbox.process.executeSessionCommand("follow", { command: "true" });
    for (const client of ["daytona-native/sdk", "@daytona/sdk"]) {
      const runs = Array.from({ length: Number(values.runs) }, () => run(client, { apiUrl, apiKey, id: sandbox.id, cmdId }));
      const [{ bytes, cpu, time, memory }] = runs.sort((a, b) => a.cpu - b.cpu);
      console.log(
        `${client.padEnd(20)} ${bytes} bytes: ${cpu.toFixed(0)} ms of processor time, ${time.toFixed(0)} ms, ${(memory / 1e6).toFixed(0)} MB`,
      );
    }
    await latencies(sandbox);
    await sandbox.delete();
  } finally {
    await server.close();
  }
}

function run(client, about) {
  const options = { env: { ...process.env, FOLLOW: JSON.stringify(about) }, encoding: "utf8" };
  const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--client", client], options);
  if (status !== 0) throw new Error(`${client} failed: ${stderr}`);
  return JSON.parse(stdout);
}

/** Prints the median times of commands, which take turns so that the machine's moods meet all of them. */
async function latencies(sandbox) {
  const { process: commands } = sandbox;
  await commands.createSession("latency");
  const calls = {
    executeCommand: () => commands.executeCommand("true"),
    executeSessionCommand: () => commands.executeSessionCommand("latency", { command: "true" }),
  };
  const times = Object.fromEntries(Object.keys(calls).map((name) => [name, []]));
  for (let round = 0; round < Number(values.calls); round += 1) {
    for (const [name, call] of Object.entries(calls)) {
      const started = performance.now();
      await call();
      times[name].push(performance.now() - started);
    }
  }
  for (const [name, all] of Object.entries(times)) {
    const median = all.sort((a, b) => a - b)[Math.floor(all.length / 2)];
    console.log(`${name.padEnd(22)} median ${median.toFixed(2)} ms`);
  }
}
