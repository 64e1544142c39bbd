// How the server isolates its sandboxes in a test, and who runs it.

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
