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
 * How many steps of a file differ, and why. Three are not differences of the server: two compare a masked id before it
 * is masked, one step wants the exit code that the step before it says is the better answer to give. The fourth: the
 * value of a bar is written as a string, as the published description has it and the Python client insists on. The one of
 * git: the real one moved the branch in a pull that failed because of a changed file, this one does not.
 */
const DIFFERENT: Record<string, { passed: number; failed: number }> = {
  "execute.json": { passed: 155, failed: 0 },
  "files.json": { passed: 559, failed: 0 },
  "sessions.json": { passed: 371, failed: 3 },
  "code-run.json": { passed: 83, failed: 1 },
  "git.json": { passed: 328, failed: 1 },
};

describe.skipIf(!present)("recordings of a real toolbox", () => {
  const { apiUrl, apiKey } = inject("daytona");

  it.each(Object.entries(DIFFERENT))("%s", { timeout: 240_000 }, async (file, counts) => {
    const child = spawn(process.execPath, [path.join(contract, "replay.mjs"), path.join(contract, "recordings", file)], {
      env: { ...process.env, DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: apiKey },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    await once(child, "close");
    const last = output.trim().split("\n").at(-1);
    console.log(`replay of ${file}: ${last}`);
    expect(last, output).toBe(`${counts.passed} passed, ${counts.failed} failed`);
  });
});
