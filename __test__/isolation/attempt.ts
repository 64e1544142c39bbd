import type { Place } from "./place.js";

// An attempt to get out of a sandbox, to reach what belongs to others, or to break the server: as data.

/** Isolation, and the user that the server runs as. */
export const MODES = {
  "namespaces, as root": { isolation: "namespaces", asRoot: true },
  "namespaces, as a user": { isolation: "namespaces", asRoot: false },
  "landlock, as root": { isolation: "landlock", asRoot: true },
  "landlock, as a user": { isolation: "landlock", asRoot: false },
  "none, as a user": { isolation: "none", asRoot: false },
} as const;

export type Mode = keyof typeof MODES;

export const NAMESPACES: readonly Mode[] = ["namespaces, as root", "namespaces, as a user"];
export const LANDLOCK: readonly Mode[] = ["landlock, as root", "landlock, as a user"];
export const ISOLATED: readonly Mode[] = [...NAMESPACES, ...LANDLOCK];
export const EVERY: readonly Mode[] = [...ISOLATED, "none, as a user"];
/** For what takes seconds and depends little on the mode. */
export const SAMPLE: readonly Mode[] = ["namespaces, as root", "landlock, as a user"];
export const ROOT: readonly Mode[] = ["namespaces, as root"];

/** A program that runs inside the sandbox. */
export interface Program {
  language: "shell" | "python";
  source: string;
}

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

/** A shell script. Backslashes are passed on unchanged. */
export function shell(strings: TemplateStringsArray, ...values: unknown[]): Program {
  return { language: "shell", source: String.raw(strings, ...values) };
}

/** A Python program, which can use what `attempt.py` defines. Backslashes are passed on unchanged. */
export function python(strings: TemplateStringsArray, ...values: unknown[]): Program {
  return { language: "python", source: String.raw(strings, ...values) };
}

/** Makes attempts that the same modes have to refuse. */
export function refused(modes: readonly Mode[], programs: Record<string, Program>): Attempt[] {
  return Object.entries(programs).map(([name, act]) => ({ name, modes, act, gives: REFUSED }));
}
