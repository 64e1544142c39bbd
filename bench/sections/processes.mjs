// Imports, whole lives of sandboxes, and exits.
import { execFileSync } from "node:child_process";
import { compare, median, withServer } from "../compare.mjs";
import { atMost, table } from "../table.mjs";

const LOCAL = ["../bin/daytona-local.js", "--json"];

export async function local({ runs }) {
  const bash = startOfBash();
  const [original, ours] = await withServer(LOCAL, (env) => compare("local", env, runs));
  table("On the local server (medians)", [
    { what: "create + execute + close", unit: "ms", original: original.lifeMs, ours: ours.lifeMs, target: atMost(40) },
    { what: 'execute("true")', unit: "ms", original: original.executeMs, ours: ours.executeMs },
    {
      what: `… by the start of bash -c true (${bash.toFixed(2)} ms)`,
      unit: "x",
      original: original.executeMs / bash,
      ours: ours.executeMs / bash,
      target: atMost(2.5),
    },
  ]);
}

export async function imports({ runs }) {
  const [originalSdk, oursSdk] = await compare("importSdk", {}, runs);
  const [original, ours] = await compare("importPackage", {}, runs);
  table("Imports (medians of fresh processes)", [
    { what: "the SDK alone", unit: "ms", original: originalSdk.ms, ours: oursSdk.ms, target: atMost(25) },
    { what: "the package, after deepagents", unit: "ms", original: original.ms, ours: ours.ms, target: atMost(30) },
  ]);
}

export async function exit({ runs }) {
  const rows = [];
  await withServer(LOCAL, async (env) => {
    for (const [scenario, what] of [
      ["exitClosed", "with close()"],
      ["exitOpen", "without close()"],
    ]) {
      const [original, ours] = await compare(scenario, env, runs);
      rows.push({ what, unit: "ms", original: original.exitMs, ours: ours.exitMs, target: atMost(200) });
    }
  });
  table("From the last await to the end of the process (medians)", rows);
}

/** Returns the time that a shell takes to start another, which is the minimum for running a command. */
function startOfBash() {
  const loop = "for i in {1..200}; do a=$EPOCHREALTIME; bash -c true; b=$EPOCHREALTIME; echo $(( ${b/./} - ${a/./} )); done";
  const times = execFileSync("bash", ["-c", loop], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
  return median(times.trim().split("\n").map(Number)) / 1000;
}
