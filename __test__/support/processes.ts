import fs from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** A process, identified by its id and start time: ids are reused. */
export interface Process {
  pid: number;
  started: string;
  command: string;
}

interface Row extends Process {
  parent: number;
}

function readProcess(pid: number): Row | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has exited; only its parent has not read the exit code yet.
    if (fields[0] === "Z") return null;
    const command = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid, parent: Number(fields[1]), started: fields[19] ?? "", command };
  } catch {
    return null;
  }
}

/** Returns the current descendants of a process. */
export function descendants(of: number): Process[] {
  const rows = fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((entry) => entry !== null);
  const below = (parent: number): Row[] => rows.filter((entry) => entry.parent === parent).flatMap((entry) => [entry, ...below(entry.pid)]);
  return below(of).map(({ pid, started, command }) => ({ pid, started, command }));
}

export function alive(processes: Process[]): Process[] {
  return processes.filter(({ pid, started }) => readProcess(pid)?.started === started);
}

/** Resolves when a condition is true. Polls, because there is no event for the exit of an unrelated process. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await wait(5);
}
