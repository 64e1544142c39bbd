// Large transfers: time, memory, and how long they stall the event loop.
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { compare, withServer } from "../compare.mjs";
import { atLeastTimes, atMost, atMostTimes, table } from "../table.mjs";

const BIG = 256 << 20;
const OUTPUT = 32 << 20;

export async function big({ runs }) {
  for (const [scenario, what, memory] of [
    ["bigUpload", "256 MB up", 64 * 1.048576],
    ["bigDownload", "256 MB down", 288 * 1.048576],
  ]) {
    const [original, ours] = await withServer(["mock-server.mjs"], (env) => compare(scenario, env, Math.min(runs, 3)));
    table(`${what}, at a mock (medians)`, [
      { what: "time", unit: "ms", original: original.ms, ours: ours.ms },
      { what: "extra memory at its worst", unit: "MB", original: original.extraMB, ours: ours.extraMB, target: atMost(memory) },
      { what: "longest stall of the event loop", unit: "ms", original: original.stallMs, ours: ours.stallMs, target: atMost(50) },
    ]);
  }
}

/** Commands with a large output. */
export async function output({ runs }) {
  const server = ["mock-server.mjs", "--output", `${OUTPUT}`];
  const [original, ours] = await withServer(server, (env) => compare("output", env, Math.min(runs, 3)));
  table("6 × execute() with an output of 32 MB, at a mock (medians)", [
    { what: "speed", unit: "MB/s", original: original.MBps, ours: ours.MBps, target: atLeastTimes(3) },
    { what: "memory of the process at its worst", unit: "MB", original: original.peakMB, ours: ours.peakMB, target: atMostTimes(0.5) },
    { what: "longest stall of the event loop", unit: "ms", original: original.stallMs, ours: ours.stallMs, target: atMost(20) },
  ]);
}

/** Transfers beside those of curl, at a server that costs less than the client. */
export async function curl({ runs }) {
  if (spawnSync("curl", ["--version"]).error !== undefined) {
    console.log("\n256 MB beside curl: skipped, because curl is not installed");
    return;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "daytona-native-bench-"));
  try {
    const file = path.join(folder, "big");
    fs.writeFileSync(file, Buffer.alloc(BIG, 120));
    const up = ["--header", "Content-Type: application/octet-stream", "--data-binary", `@${file}`];
    const down = ["--header", "Content-Type: application/json", "--data", '{"paths":["big"]}'];
    await besideCurl("up", runs, "sinkUpload", ["bulk-upload", up], atMost(1.1));
    await besideCurl("down to /dev/null", runs, "sinkDiscard", ["bulk-download", down], atMost(1.2));
    // curl keeps nothing, and half of the time or more is spent on preparing the memory: without a target.
    await besideCurl("down into memory", runs, "sinkDownload", ["bulk-download", down]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function besideCurl(direction, runs, scenario, [route, args], target) {
  const [original, ours, curl] = await withServer(["sink.mjs", "--size", `${BIG}`], (env) => {
    const { origin } = new URL(env.DAYTONA_API_URL);
    return compare(scenario, env, runs, () => ({ ms: timeOfCurl([...args, `${origin}/toolbox/any/files/${route}`]) }));
  });
  table(`256 MB ${direction} beside curl, at a socket (medians)`, [
    { what: "time", unit: "ms", original: original.ms, ours: ours.ms },
    {
      what: `… by curl (${Math.round(curl.ms)} ms)`,
      unit: "x",
      original: original.ms / curl.ms,
      ours: ours.ms / curl.ms,
      target,
    },
  ]);
}

/** Returns the time of a transfer by curl in milliseconds, without its start and without reading the file. */
function timeOfCurl(args) {
  const options = ["--silent", "--show-error", "--fail", "--output", "/dev/null", "--write-out", "%{time_total}"];
  // Without "Expect", curl does not wait for permission to send.
  return Number(execFileSync("curl", [...options, "--header", "Expect:", ...args], { encoding: "utf8" })) * 1000;
}
