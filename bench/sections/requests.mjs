// Requests: how many, how fast, and how many at once.
import { compare, measure, withServer } from "../compare.mjs";
import { atLeastTimes, atMost, atMostTimes, table } from "../table.mjs";

export async function requests({ runs, rtt }) {
  const [original, ours] = await withServer(["mock-server.mjs", "--rtt", rtt], (env) => compare("requests", env, runs));
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
    rows.map(([key, what, count]) => {
      return { what, unit: "", original: original[`${key}Requests`], ours: ours[`${key}Requests`], target: atMost(count) };
    }),
  );
  table(
    `Times at a mock that answers after ${rtt} ms (medians)`,
    rows.map(([key, what]) => ({ what, unit: "ms", original: original[`${key}Ms`], ours: ours[`${key}Ms`] })),
  );
}

/** One command after another, beside the least that a Node.js process can do. */
export async function execute({ runs }) {
  const [original, ours, floor] = await withServer(["mock-server.mjs"], (env) =>
    compare("sequence", env, runs, () => measure("floor", { module: "node:net", sdk: "none" }, env)),
  );
  table("One execute() after another, at a mock that answers at once (medians)", [
    { what: "time, p50", unit: "µs", original: original.p50Us, ours: ours.p50Us },
    {
      what: `… by the same request on a socket (${Math.round(floor.p50Us)} µs)`,
      unit: "x",
      original: original.p50Us / floor.p50Us,
      ours: ours.p50Us / floor.p50Us,
      target: atMost(1.3),
    },
    { what: "time, p99", unit: "µs", original: original.p99Us, ours: ours.p99Us },
    { what: "processor time", unit: "µs", original: original.cpuUs, ours: ours.cpuUs, target: atMostTimes(0.16) },
  ]);
}

/** 256 commands at a time, at a server that costs less than the client. */
export async function parallel({ runs }) {
  const [original, ours] = await withServer(["sink.mjs"], (env) => compare("parallel", env, runs));
  table("256 execute() at a time, at a socket (medians)", [
    { what: "rate", unit: "/s", original: original.perSecond, ours: ours.perSecond, target: atLeastTimes(10) },
    { what: "processor time of one", unit: "µs", original: original.cpuUs, ours: ours.cpuUs },
    { what: "longest stall of the event loop", unit: "ms", original: original.stallMs, ours: ours.stallMs, target: atMost(10) },
  ]);
}

/** 300 sandboxes at once. */
export async function burst({ runs, rtt }) {
  const [original, ours] = await withServer(["mock-server.mjs", "--rtt", rtt], (env) => compare("burst", env, runs));
  table(`300 × create() and execute() at once, at a mock that answers after ${rtt} ms (medians)`, [
    { what: "connections", unit: "", original: original.connections, ours: ours.connections, target: atMost(64) },
    { what: "time", unit: "ms", original: original.ms, ours: ours.ms },
  ]);
}
