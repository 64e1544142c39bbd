import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, inject, it } from "vitest";
import { root } from "./support/server.js";

// What a real toolbox answered, recorded byte by byte, replayed at the local server. The recordings lie beside
// the project, not in it: without them there is nothing to compare.

const shared = path.resolve(root, process.env.DAYTONA_SHARED_DIR ?? "../shared");
const contract = path.join(shared, "contract");
const present = fs.existsSync(path.join(contract, "replay.mjs"));
if (!present) console.log(`replay: skipped, no recordings in ${contract} (DAYTONA_SHARED_DIR names another folder)`);

/**
 * Scenes that no answer satisfies: the answer wanted today is given in `newer` with its text, and the same text is
 * masked before it is compared. The local server gives that answer, as the execution suite shows.
 */
const UNSATISFIABLE: Record<string, string[]> = {
  "execute.json": ["execute: the envelope and a value with a quote", "execute: an envelope longer than one argument may be"],
};

describe.skipIf(!present)("recordings of a real toolbox", () => {
  const { apiUrl, apiKey } = inject("daytona");

  it.each(["execute.json", "files.json"])("%s", { timeout: 240_000 }, async (file) => {
    const child = spawn(process.execPath, [path.join(contract, "replay.mjs"), path.join(contract, "recordings", file)], {
      env: { ...process.env, DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: apiKey },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    const [status] = await once(child, "close");
    const last = output.trim().split("\n").at(-1);
    console.log(`replay of ${file}: ${last}`);
    const failed = output.match(/^(?:DIFFERS|FAILED) .*$/gm) ?? [];
    const excused = UNSATISFIABLE[file] ?? [];
    expect(
      failed.filter((line) => !excused.some((scene) => line.includes(scene))),
      output,
    ).toEqual([]);
    expect(failed.length).toBeLessThanOrEqual(excused.length);
    expect(last).toMatch(/^[1-9]\d* passed, \d+ failed$/);
    expect(status).toBe(failed.length === 0 ? 0 : 1);
  });
});
