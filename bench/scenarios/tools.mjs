// What scenarios share.
import { monitorEventLoopDelay } from "node:perf_hooks";

export const [scenario, module, sdk] = process.argv.slice(2);
export const MB = 1e6;

export async function create() {
  const { DaytonaSandbox } = await import(module);
  return DaytonaSandbox.create({ labels: { bench: "1" } });
}

export async function timed(action) {
  const from = performance.now();
  await action();
  return performance.now() - from;
}

/** Returns the time of an action, its processor time on all threads, and the longest stall of the event loop, in milliseconds. */
export async function observed(action) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const before = process.cpuUsage();
  const ms = await timed(action);
  const { user, system } = process.cpuUsage(before);
  delay.disable();
  return { ms, cpuMs: (user + system) / 1000, stallMs: delay.max / 1e6 };
}

/** Returns the largest resident memory of this process so far, in MB. */
export function peakMB() {
  return (process.resourceUsage().maxRSS * 1024) / MB;
}

/** Returns how many requests and connections the mock has received since the last call. */
export async function count() {
  const { origin } = new URL(process.env.DAYTONA_API_URL);
  return (await fetch(`${origin}/count`)).json();
}

export function good(results) {
  const bad = results.find((result) => result.error);
  if (bad) throw new Error(`a result is wrong: ${JSON.stringify(bad)}`);
}

/** Returns the value below which a share of the numbers lies. */
export function percentile(numbers, share) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * share)];
}
