import fs from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** A process by its id and start time: ids are given again, the pair is not. */
export interface Process {
  pid: number;
  started: string;
  command: string;
}

interface Row extends Process {
  parent: number;
}

function row(pid: number): Row | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie is gone but for its exit code, which its parent has yet to read.
    if (fields[0] === "Z") return null;
    const command = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid, parent: Number(fields[1]), started: fields[19] ?? "", command };
  } catch {
    return null;
  }
}

/** All processes that descend from one, at this moment. */
export function descendants(of: number): Process[] {
  const rows = fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => row(Number(name)))
    .filter((entry) => entry !== null);
  const below = (parent: number): Row[] => rows.filter((entry) => entry.parent === parent).flatMap((entry) => [entry, ...below(entry.pid)]);
  return below(of).map(({ pid, started, command }) => ({ pid, started, command }));
}

export function alive(processes: Process[]): Process[] {
  return processes.filter(({ pid, started }) => row(pid)?.started === started);
}

/** Settles when a condition holds. The kernel tells nobody of the end of somebody else's process, so it asks. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await wait(5);
}
