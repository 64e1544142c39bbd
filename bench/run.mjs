// Measures this package and the one that it replaces alternately, and compares the results with the targets.
//
//   npm run bench                     everything
//   npm run bench -- --runs 9         number of runs for the medians (default 5)
//   npm run bench -- --rtt 40         round-trip time of the mock in milliseconds (default 20)
//   npm run bench -- --only local,imports,requests,big,exit
//
// Machines are noisy: quote ratios of one run, never single times.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { values: options } = parseArgs({
  options: { runs: { type: "string", default: "5" }, rtt: { type: "string", default: "20" }, only: { type: "string" } },
});
const runs = Number(options.runs);
const wanted = options.only?.split(",");

const ORIGINAL = { module: "@langchain/daytona", sdk: "@daytonaio/sdk" };
const OURS = { module: "daytona-native", sdk: "daytona-native/sdk" };
const SECTIONS = { local, requests, big, imports, exit };
const verdicts = [];

for (const [name, section] of Object.entries(SECTIONS)) {
  if (wanted === undefined || wanted.includes(name)) await section();
}
const met = verdicts.filter(Boolean).length;
console.log(`\n${met} of ${verdicts.length} targets met`);

async function local() {
  const bash = startOfBash();
  const [original, ours] = await withServer([here("../bin/daytona-local.js"), "--json"], (env) => compare("local", env));
  table("On the local server (medians)", [
    { what: "create + execute + close", unit: "ms", original: original.lifeMs, ours: ours.lifeMs, target: 40 },
    { what: 'execute("true")', unit: "ms", original: original.executeMs, ours: ours.executeMs },
    {
      what: `… by the start of bash -c true (${bash.toFixed(2)} ms)`,
      unit: "x",
      original: original.executeMs / bash,
      ours: ours.executeMs / bash,
      target: 2.5,
    },
  ]);
}

async function requests() {
  const [original, ours] = await withServer([here("mock-server.mjs"), "--rtt", options.rtt], (env) => compare("requests", env));
  const rows = [
    ["create", "create()", 1],
    ["execute", "execute()", 1],
    ["up", "100 files up", 1],
    ["down", "100 files down", 1],
    ["write", "write()", 1],
    ["edit", "edit()", 2],
  ];
  table(
    "Requests, at a mock",
    rows.map(([key, what, target]) => ({ what, unit: "", original: original[`${key}Requests`], ours: ours[`${key}Requests`], target })),
  );
  table(
    `Times at a mock that answers after ${options.rtt} ms (medians)`,
    rows.map(([key, what]) => ({ what, unit: "ms", original: original[`${key}Ms`], ours: ours[`${key}Ms`] })),
  );
}

async function big() {
  for (const [scenario, what, memory] of [
    ["bigUpload", "256 MB up", 64 * 1.048576],
    ["bigDownload", "256 MB down", 288 * 1.048576],
  ]) {
    const [original, ours] = await withServer([here("mock-server.mjs")], (env) => compare(scenario, env, Math.min(runs, 3)));
    table(`${what}, at a mock (medians)`, [
      { what: "time", unit: "ms", original: original.ms, ours: ours.ms },
      { what: "extra memory at its worst", unit: "MB", original: original.extraMB, ours: ours.extraMB, target: memory },
      { what: "longest stall of the event loop", unit: "ms", original: original.stallMs, ours: ours.stallMs, target: 50 },
    ]);
  }
}

async function imports() {
  const [originalSdk, oursSdk] = await compare("importSdk");
  const [original, ours] = await compare("importPackage");
  table("Imports (medians of fresh processes)", [
    { what: "the SDK alone", unit: "ms", original: originalSdk.ms, ours: oursSdk.ms, target: 25 },
    { what: "the package, after deepagents", unit: "ms", original: original.ms, ours: ours.ms, target: 30 },
  ]);
}

async function exit() {
  const rows = [];
  await withServer([here("../bin/daytona-local.js"), "--json"], async (env) => {
    for (const [scenario, what] of [
      ["exitClosed", "with close()"],
      ["exitOpen", "without close()"],
    ]) {
      const [original, ours] = await compare(scenario, env);
      rows.push({ what, unit: "ms", original: original.exitMs, ours: ours.exitMs, target: 200 });
    }
  });
  table("From the last await to the end of the process (medians)", rows);
}

/** Measures both packages alternately, with changing order, and returns the medians. */
async function compare(scenario, env = {}, times = runs) {
  const results = new Map([
    [ORIGINAL, []],
    [OURS, []],
  ]);
  for (let i = 0; i < times; i++) {
    const order = i % 2 === 0 ? [ORIGINAL, OURS] : [OURS, ORIGINAL];
    for (const subject of order) results.get(subject).push(await measure(scenario, subject, env));
  }
  return [ORIGINAL, OURS].map((subject) => {
    const all = results.get(subject);
    return Object.fromEntries(Object.keys(all[0]).map((key) => [key, median(all.map((result) => result[key]))]));
  });
}

async function measure(scenario, { module, sdk }, env) {
  const child = spawn(process.execPath, [here("scenarios.mjs"), scenario, module, sdk], {
    env: { ...withoutDaytona(), ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let line = null;
  let printed;
  createInterface({ input: child.stdout }).on("line", (text) => {
    line = text;
    printed = performance.now();
  });
  const [code] = await once(child, "exit");
  const exitMs = performance.now() - printed;
  if (code !== 0 || line === null) throw new Error(`${scenario} of ${module} exited with code ${code}; its output is above`);
  return { ...JSON.parse(line), exitMs };
}

/** Runs a server, which prints its URL as a line of JSON, during a measurement. */
async function withServer(args, use) {
  const child = spawn(process.execPath, args, { env: withoutDaytona(), stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  try {
    const [line] = await Promise.race([
      once(createInterface({ input: child.stdout }), "line"),
      exited.then(([code]) => Promise.reject(new Error(`${args[0]} exited with code ${code} before it was ready`))),
    ]);
    const { apiUrl, apiKey } = JSON.parse(line);
    return await use({ DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: apiKey });
  } finally {
    child.kill();
    await exited;
  }
}

/** Returns the time that a shell takes to start another, which is the minimum for running a command. */
function startOfBash() {
  const loop = "for i in {1..200}; do a=$EPOCHREALTIME; bash -c true; b=$EPOCHREALTIME; echo $(( ${b/./} - ${a/./} )); done";
  const times = execFileSync("bash", ["-c", loop], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
  return median(times.trim().split("\n").map(Number)) / 1000;
}

function withoutDaytona() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("DAYTONA_")));
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function table(title, rows) {
  console.log(`\n${title}`);
  line("", "original", "ours", "ours/orig.", "target", "");
  for (const { what, unit, original, ours, target } of rows) {
    const figure = (number) => `${number < 10 && !Number.isInteger(number) ? number.toFixed(2) : Math.round(number)}${unit && ` ${unit}`}`;
    const met = target === undefined ? null : ours <= target;
    if (met !== null) verdicts.push(met);
    const ratio = original === 0 ? "" : (ours / original).toFixed(3);
    line(what, figure(original), figure(ours), ratio, met === null ? "" : `≤ ${figure(target)}`, met === null ? "" : met ? "OK" : "MISSED");
  }
}

function line(what, original, ours, ratio, target, verdict) {
  console.log(
    `  ${what.padEnd(46)}${original.padStart(12)}${ours.padStart(12)}${ratio.padStart(12)}${target.padStart(12)}  ${verdict}`.trimEnd(),
  );
}
