import fs from "node:fs";
import path from "node:path";
import * as original from "@langchain/daytona";
import * as ours from "daytona-native";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { differences } from "./differences.js";
import { record } from "./suites/record.js";
import { execution } from "./suites/execution.js";
import { files } from "./suites/files.js";
import { lifecycle } from "./suites/lifecycle.js";
import type { PackageUnderTest, Provider, SandboxUnderTest } from "./suites/suite.js";
import { tools } from "./suites/tools.js";
import { root } from "./support/server.js";

// Each case runs with this package and with the one that it replaces, at the same server, and must have the same result,
// unless differences.ts lists it with a reason.

const suites = [execution, files, tools, lifecycle];
const { apiUrl, apiKey } = inject("daytona");
const provider = (name: string, api: unknown): Provider => ({ name, api: api as PackageUnderTest, auth: { apiUrl, apiKey } });
const providers = { original: provider("@langchain/daytona", original), ours: provider("daytona-native", ours) };
const counts = { cases: 0, equal: 0, different: 0 };

describe.each(suites)("$name", (suite) => {
  const sandboxes: Partial<Record<keyof typeof providers, SandboxUnderTest>> = {};

  beforeAll(async () => {
    for (const side of ["original", "ours"] as const) {
      const { api, auth } = providers[side];
      sandboxes[side] = await api.DaytonaSandbox.create({ auth });
    }
  });
  afterAll(() => Promise.all(Object.values(sandboxes).map((sandbox) => sandbox.close())));

  it.each(suite.cases)("$name", async (testCase) => {
    counts.cases += 1;
    const theirs = await record(providers.original, sandboxes.original, suite, testCase);
    const result = await record(providers.ours, sandboxes.ours, suite, testCase);
    const difference = differences.find((entry) => entry.suite === suite.name && entry.case === testCase.name);
    if (difference === undefined) {
      expect(result, "ours, compared with the original").toEqual(theirs);
      counts.equal += 1;
    } else {
      expect({ original: theirs, ours: result }, difference.reason).toEqual({ original: difference.original, ours: difference.ours });
      counts.different += 1;
    }
    if (testCase.expected !== undefined) matches(result, testCase.expected);
  });
});

it("lists only existing cases", () => {
  const cases = new Set(suites.flatMap((suite) => suite.cases.map((testCase) => `${suite.name}: ${testCase.name}`)));
  expect(differences.map((entry) => `${entry.suite}: ${entry.case}`).filter((name) => !cases.has(name))).toEqual([]);
  expect(new Set(differences.map((entry) => `${entry.suite}: ${entry.case}`)).size).toBe(differences.length);
});

it("documents every difference", () => {
  const page = fs.readFileSync(path.join(root, "docs/differences.md"), "utf8");
  expect(differences.map((entry) => entry.case).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

afterAll(() => {
  console.log(`parity: ${counts.cases} cases, ${counts.equal} equal, ${counts.different} different as listed`);
});

/** Compares lists completely; objects may have additional properties. */
function matches(result: unknown, expected: unknown): void {
  expect({ result }).toMatchObject({ result: expected });
}
