import type { Mode } from "./mode.js";
import type { Place } from "./place.js";
import type { Program } from "./sandbox-program.js";

// An attempt to get out of a sandbox, to reach what belongs to others, or to break the server: as data.

export interface Attempt {
  name: string;
  /** Modes in which it must be prevented. */
  modes: readonly Mode[];
  /** A program inside the sandbox, or calls from outside that return what came out. */
  act: Program | ((place: Place) => Promise<string>);
  /** What must come out. */
  gives: string | RegExp;
  /** Programs of the host without which it cannot be made. */
  needs?: readonly string[];
  /** Returns why it cannot be made on this machine. */
  unavailable?: (place: Place) => string | undefined;
  /** May destroy files of the user if it is not prevented: runs only as a user that exists for the test. */
  isDestructive?: boolean;
}

/** `EAFNOSUPPORT` also comes from making the socket, before the attempt itself. */
export const REFUSED = /^refused: \S+$|^failed: OSError\(97,/;

/** Makes attempts that the same modes have to refuse. */
export function refused(modes: readonly Mode[], programs: Record<string, Program>): Attempt[] {
  return Object.entries(programs).map(([name, act]) => ({ name, modes, act, gives: REFUSED }));
}

/** Makes an attempt, and returns what came out. The Python programs of a table are run together when the first one is made. */
export async function make(attempt: Attempt, place: Place, table: readonly Attempt[]): Promise<string> {
  const { act } = attempt;
  if (typeof act === "function") return act(place);
  const inThisMode = table.filter(({ modes }) => modes.includes(place.mode));
  const programs = inThisMode.map((each) => each.act).filter((each) => typeof each !== "function");
  return place.runProgram(act, programs);
}
