import { DaytonaInvalidArgumentError } from "#internal";

/** Options of `create` of `@daytona/sdk` that this package does not have. */
const CREATE = ["secrets"];

/** Refuses options for a new sandbox that would have no effect. */
export function refuseCreateOptions(params: unknown): void {
  refuse(params, (name) => CREATE.includes(name), "create the sandbox", "create the sandbox with @daytona/sdk");
}

/** Refuses resources that cannot be changed. */
export function refuseResizeResources(resources: unknown): void {
  refuse(resources, (name) => ["gpu", "gpuType"].includes(name), "resize the sandbox", "create a sandbox with another GPU");
}

/** Refuses filters of a list that would have no effect: they would match every sandbox. */
export function refuseListFilters(query: unknown, known: readonly string[]): void {
  refuse(query, (name) => !known.includes(name), "list the sandboxes", "filter the result in your program");
}

function refuse(options: unknown, isRefused: (name: string, value: unknown) => boolean, what: string, instead: string): void {
  if (typeof options !== "object" || options === null) return;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || !isRefused(name, value)) continue;
    throw new DaytonaInvalidArgumentError(`Could not ${what}: ${name} is not supported by daytona-native. Remove it, or ${instead}.`);
  }
}
