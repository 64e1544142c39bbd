// Follows the log of one command for a long time and checks that every line arrives, once and in order.
//
//   node bench/follow.mjs [--seconds 60] [--rate 10000] [--every 10]
//
// A sandbox of a local server prints --rate numbered lines a second. Each --every seconds, this prints the number of lines
// and the resident memory of this process and of the server's processes. It exits with code 1 if a line is missing.
import fs from "node:fs";
import { parseArgs } from "node:util";
import { Daytona } from "daytona-native/sdk";
import { LocalDaytona } from "daytona-native/local";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    rate: { type: "string", default: "10000" },
    every: { type: "string", default: "10" },
  },
});
const rate = Number(values.rate);
const total = Number(values.seconds) * rate;

/** Prints 100 lines at a time, when they are due. */
const PROGRAM = `
import sys, time
start = time.monotonic()
for first in range(0, ${total}, 100):
    time.sleep(max(0, start + first / ${rate} - time.monotonic()))
    sys.stdout.write("".join(f"{line}\\n" for line in range(first, min(first + 100, ${total}))))
    sys.stdout.flush()
`;

const seen = { lines: 0, wrong: 0, firstWrong: null, stderr: "" };
let started;
let reporting;

const server = await LocalDaytona.start();
try {
  const sandbox = await new Daytona({ apiUrl: server.apiUrl, apiKey: server.apiKey }).create();
  await sandbox.process.createSession("follow");
  const command = `python3 -c '${PROGRAM}'`;
  const { cmdId } = await sandbox.process.executeSessionCommand("follow", { command, runAsync: true });
  started = performance.now();
  reporting = setInterval(report, Number(values.every) * 1000);
  const onStderr = (chunk) => {
    seen.stderr += chunk;
  };
  await sandbox.process.getSessionCommandLogs("follow", cmdId, check(), onStderr, { timeout: Number(values.seconds) + 60 });
  report();
  const { exitCode } = await sandbox.process.getSessionCommand("follow", cmdId);
  await sandbox.delete();
  conclude(exitCode);
} finally {
  clearInterval(reporting);
  await server.close();
}

/** Returns a callback that compares each line with the one that is due. */
function check() {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line !== String(seen.lines)) {
        seen.wrong += 1;
        seen.firstWrong ??= `"${line}" instead of ${seen.lines}`;
      }
      seen.lines += 1;
    }
  };
}

function report() {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const memory = `resident memory ${mb(process.memoryUsage().rss)}, of the server ${mb(serverMemory())}`;
  console.log(`${seconds.padStart(6)} s  ${String(seen.lines).padStart(9)} lines, ${seen.wrong} wrong; ${memory}`);
}

function conclude(exitCode) {
  const isComplete = seen.lines === total && seen.wrong === 0 && seen.stderr === "" && exitCode === 0;
  if (isComplete) console.log(`all ${total} lines arrived in order`);
  else {
    const { lines, wrong, firstWrong, stderr } = seen;
    console.error(
      `${lines} of ${total} lines, ${wrong} wrong (first: ${firstWrong}), exit code ${exitCode}, stderr: ${stderr.slice(0, 500)}`,
    );
    process.exitCode = 1;
  }
}

function mb(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Returns the resident memory of the server's processes in bytes: those descendants of this process that run its program. */
function serverMemory() {
  const parents = new Map();
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const stat = read(pid, "stat");
    parents.set(pid, stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  }
  const isDescendant = (pid) => pid !== undefined && (parents.get(pid) === String(process.pid) || isDescendant(parents.get(pid)));
  const pids = [...parents.keys()].filter((pid) => isDescendant(pid) && /daytona-local/.test(read(pid, "cmdline")));
  return pids.reduce((sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(read(pid, "status"))?.[1] ?? 0) * 1024, 0);
}

/** Returns a file of a process, or nothing if the process has exited. */
function read(pid, name) {
  try {
    return fs.readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}
