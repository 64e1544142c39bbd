import { DaytonaInvalidArgumentError } from "#internal";
import type * as native from "#native";
import type { SandboxListSortDirection, SandboxListSortField, SandboxState } from "./enums.js";
import { refuseListFilters } from "./unsupported.js";

/** Filters and order of a list of sandboxes. Absent properties match every sandbox. */
export interface ListSandboxesQuery {
  /** Sandboxes of a page, 1 to 200; the list has all pages. Default: 200. */
  limit?: number | undefined;
  /** What to sort by. Default: the time of the last use. */
  sort?: SandboxListSortField | undefined;
  /** The order. Default: descending. */
  order?: SandboxListSortDirection | undefined;
  /** Start of the id, in any letter case. */
  id?: string | undefined;
  /** Start of the name, in any letter case. */
  name?: string | undefined;
  /** Labels that the sandboxes must have. */
  labels?: Record<string, string> | undefined;
  /** States, of which the sandboxes must have one. */
  states?: SandboxState[] | undefined;
  /** Names of snapshots, of which the sandboxes must have one. */
  snapshots?: string[] | undefined;
  /** Regions, of which the sandboxes must have one. */
  targets?: string[] | undefined;
  /** Least number of CPU cores. */
  minCpu?: number | undefined;
  /** Largest number of CPU cores. */
  maxCpu?: number | undefined;
  /** Least memory in GiB. */
  minMemoryGib?: number | undefined;
  /** Largest memory in GiB. */
  maxMemoryGib?: number | undefined;
  /** Least disk in GiB. */
  minDiskGib?: number | undefined;
  /** Largest disk in GiB. */
  maxDiskGib?: number | undefined;
  /** Whether previews need no key. */
  isPublic?: boolean | undefined;
  /** Whether the sandboxes can be recovered from an error state. */
  isRecoverable?: boolean | undefined;
  /** Time of creation, at or after. */
  createdAtAfter?: Date | undefined;
  /** Time of creation, at or before. */
  createdAtBefore?: Date | undefined;
  /** Time of the last use, at or after. */
  lastActivityAfter?: Date | undefined;
  /** Time of the last use, at or before. */
  lastActivityBefore?: Date | undefined;
  /** Time of the automatic deletion, at or after. */
  autoDestroyAtAfter?: Date | undefined;
  /** Time of the automatic deletion, at or before. */
  autoDestroyAtBefore?: Date | undefined;
}

const TIMES = [
  "createdAtAfter",
  "createdAtBefore",
  "lastActivityAfter",
  "lastActivityBefore",
  "autoDestroyAtAfter",
  "autoDestroyAtBefore",
] as const;
const OTHERS = [
  "limit",
  "sort",
  "order",
  "id",
  "name",
  "labels",
  "states",
  "snapshots",
  "targets",
  "minCpu",
  "maxCpu",
  "minMemoryGib",
  "maxMemoryGib",
  "minDiskGib",
  "maxDiskGib",
  "isPublic",
  "isRecoverable",
] as const;

/** Converts a query to the addon's, in which times are strings. */
export function toNativeQuery(query: ListSandboxesQuery): native.SandboxQuery {
  refuseListFilters(query, [...TIMES, ...OTHERS]);
  const given: Record<string, unknown> = {};
  // Null is the same as absent, as everywhere.
  for (const name of OTHERS) if (query[name] !== undefined && query[name] !== null) given[name] = query[name];
  for (const name of TIMES) if (query[name] !== undefined && query[name] !== null) given[name] = toTime(name, query[name]);
  return given as native.SandboxQuery;
}

function toTime(name: string, time: unknown): string {
  if (time instanceof Date && !Number.isNaN(time.getTime())) return time.toISOString();
  throw new DaytonaInvalidArgumentError(`Could not list the sandboxes: ${name} must be a valid Date.`);
}
