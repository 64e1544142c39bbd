import type * as native from "#native";

const parts = new WeakMap<object, Map<string, object>>();
const owners = new WeakMap<object, Owner>();

/** What a part says of its sandbox. */
type Owner = Pick<native.SandboxData, "id" | "state" | "isolation">;

/** Creates a part of a sandbox, or of a part, once, so that it is the same object each time. */
export function part<T extends object>(whole: object, name: string, make: () => T): T {
  const made = parts.get(whole) ?? new Map<string, object>();
  parts.set(whole, made);
  const existing = made.get(name);
  if (existing !== undefined) return existing as T;
  const created = make();
  made.set(name, created);
  owners.set(created, owners.get(whole) ?? (whole as Owner));
  return created;
}

/** What identifies a part: its sandbox. */
export interface PartDescription {
  /** Id of the sandbox. */
  sandboxId: string;
  /** Last known state of the sandbox. */
  state: native.SandboxData["state"];
  /** Isolation of a local sandbox. */
  isolation?: native.SandboxData["isolation"];
}

/** Describes a part by its sandbox. */
export function describePart(of: object): Partial<PartDescription> {
  const sandbox = owners.get(of);
  if (sandbox === undefined) return {};
  const { id, state, isolation } = sandbox;
  return { sandboxId: id, state, ...(isolation === undefined ? {} : { isolation }) };
}
