import { inspectAsJson } from "#internal";
import type * as native from "#native";
import { complete } from "./complete.js";
import { describePart, type PartDescription } from "./parts.js";

/** Git repositories of a sandbox. */
export class Git extends (complete.Git as typeof native.Git) {
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription> {
    return describePart(this);
  }
}

inspectAsJson(Git);
