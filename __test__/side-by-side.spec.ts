import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as original from "@daytona/sdk";
import * as ours from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Context } from "./side-by-side/case.js";
import { code, commands, sessions } from "./side-by-side/commands.js";
import { computerUse } from "./side-by-side/computer-use.js";
import { differences } from "./side-by-side/differences.js";
import { files } from "./side-by-side/files.js";
import { git } from "./side-by-side/git.js";
import { interpreter } from "./side-by-side/interpreter.js";
import { languageServers } from "./side-by-side/language-servers.js";
import { differing, record } from "./side-by-side/record.js";
import { sandboxes } from "./side-by-side/sandboxes.js";
import { terminals } from "./side-by-side/terminals.js";
import { hasDesktop } from "./support/desktop.js";
import { bindPackages, packagePrograms } from "./support/node-modules.js";
import { type Server, startServer } from "./support/server.js";

// Everything that a program can do with `@daytona/sdk`, done with it and with this package, at one local server: values, classes
// and messages of errors, and the order of callbacks are the same, unless differences.ts lists them with a reason.

const areas = [commands, code, sessions, terminals, interpreter, git, files, languageServers, sandboxes, computerUse];
const sides = { original: original as unknown as typeof ours, ours };
const counts = { cases: 0, equal: 0, different: 0 };
let server: Server;
beforeAll(async () => {
  server = await startServer(bindPackages);
});
afterAll(async () => {
  await server.close();
  console.log(`side by side: ${counts.cases} cases, ${counts.equal} equal, ${counts.different} different as listed`);
});

describe.each(areas)("$name", (area) => {
  const contexts: Partial<Record<keyof typeof sides, Pick<Context, "sdk" | "config" | "daytona" | "sandbox">>> = {};
  beforeAll(async () => {
    const config = { apiUrl: server.apiUrl, apiKey: server.apiKey };
    for (const side of ["original", "ours"] as const) {
      const sdk = sides[side];
      // Without the connection for states of sandboxes, which would stay open.
      const daytona = new sdk.Daytona({ ...config, target: "us", useDeprecatedPolling: true } as object);
      const plain = await daytona.create();
      const PATH = (await plain.process.executeCommand("printenv PATH")).result.trim();
      await plain.delete();
      const sandbox = await daytona.create({ envVars: { PATH: `${packagePrograms}:${PATH}` } });
      contexts[side] = { sdk, config, daytona, sandbox };
    }
  });
  afterAll(() => Promise.all(Object.values(contexts).map(({ daytona, sandbox }) => daytona.delete(sandbox))));

  const names = Object.keys(area.cases);
  it.skipIf(area === computerUse && !hasDesktop).each(names)("%s", { timeout: 60_000 }, async (name) => {
    counts.cases += 1;
    const [theirs, result] = [await run("original", name), await run("ours", name)];
    const listed = differences.filter((entry) => entry.area === area.name && entry.cases.includes(name));
    const found = differing(theirs, result);
    const expected = listed.flatMap(({ pairs }) => pairs);
    const reasons = listed.map(({ reason }) => reason).join("; ") || "results that differ";
    expect(found.map((pair) => pair.join(" | ")).sort(), reasons).toEqual(expected.map((pair) => pair.join(" | ")).sort());
    if (found.length === 0) counts.equal += 1;
    else counts.different += 1;
  });

  /** Runs a case on one side, in folders of its own. */
  async function run(side: keyof typeof sides, name: string): Promise<unknown> {
    const shared = contexts[side];
    const test = area.cases[name];
    if (shared === undefined || test === undefined) throw new Error(`${side} has no sandbox`);
    const unique = `case-${crypto.randomUUID().slice(0, 8)}-${side}`;
    const folder = `/home/daytona/${unique}-folder`;
    await shared.sandbox.fs.createFolder(folder, "755");
    const localFolder = fs.mkdtempSync(path.join(os.tmpdir(), "side-by-side-"));
    try {
      return await record({ ...shared, folder, localFolder, unique }, test);
    } finally {
      fs.rmSync(localFolder, { recursive: true, force: true });
    }
  }
});

it("lists only existing cases", () => {
  const cases = areas.flatMap((area) => Object.keys(area.cases).map((name) => `${area.name}: ${name}`));
  const listed = differences.flatMap(({ area, cases }) => cases.map((name) => `${area}: ${name}`));
  expect(listed.filter((name) => !cases.includes(name))).toEqual([]);
});
