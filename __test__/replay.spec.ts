import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { hasDesktop, missingPrograms } from "./support/desktop.js";
import { root } from "./support/server.js";

// What a real toolbox answered, recorded byte by byte, replayed at the local server. The recordings lie beside
// the project, not in it: without them there is nothing to compare.

const shared = path.resolve(root, process.env.DAYTONA_SHARED_DIR ?? "../shared");
const contract = path.join(shared, "contract");
const present = fs.existsSync(path.join(contract, "replay.mjs"));
if (!present) console.log(`replay: skipped, no recordings in ${contract} (DAYTONA_SHARED_DIR names another folder)`);

/** Steps that differ where this machine has a desktop and an encoder. */
const withDesktop = (hasDesktop ? 10 : 0) + (missingPrograms("ffmpeg").length === 0 ? 3 : 0);

/**
 * How many steps of a file differ, and why. Three are not differences of the server: two compare a masked id before it
 * is masked, one step wants the exit code that the step before it says is the better answer to give. The fourth: the
 * value of a bar is written as a string, as the published description has it and the Python client insists on. The one of
 * git: the real one moved the branch in a pull that failed because of a changed file, this one does not. Symbols that a
 * language server returns as a tree are listed with their places, where the real toolbox returns only the roots, at line 0 of no
 * document. The recorded toolbox had no desktop and no encoder: where this machine has them, the ten steps that say so differ,
 * and the three that start a recording.
 * The reason why the shell of a terminal cannot start is in other words, and names the folder.
 */
const DIFFERENT: Record<string, { passed: number; failed: number }> = {
  "execute.json": { passed: 155, failed: 0 },
  "files.json": { passed: 559, failed: 0 },
  "sessions.json": { passed: 371, failed: 3 },
  "code-run.json": { passed: 83, failed: 1 },
  "git.json": { passed: 328, failed: 1 },
  "interpreter.json": { passed: 119, failed: 0 },
  "lsp.json": { passed: 56, failed: 1 },
  "misc.json": { passed: 172 - withDesktop, failed: withDesktop },
  "pty.json": { passed: 174, failed: 1 },
};

/**
 * How many parts of a file are replayed at once. Each scene has a sandbox of its own, and most of them wait; more would be late.
 * Those of terminals wait for fixed times.
 */
const partsOf = (file: string) => (file === "pty.json" ? 2 : 4);

/** How often a scene that differs is replayed. Steps have time limits in real time, which a busy machine can exceed. */
const ATTEMPTS = 3;

interface Scene {
  name: string;
  steps: { wait?: number }[];
}

describe.skipIf(!present)("recordings of a real toolbox", () => {
  const { apiUrl, apiKey } = inject("daytona");
  let folder: string;
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "daytona-native-replay-"));
  });
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** Replays scenes, in several parts at once. Returns what was printed. */
  async function replay(file: string, scenes: Scene[], parts: number): Promise<string> {
    const outputs = Array.from({ length: parts }, async (_, part) => {
      const to = path.join(folder, `${part}-${file}`);
      fs.writeFileSync(to, JSON.stringify({ scenes: scenes.filter((_, index) => index % parts === part) }));
      const child = spawn(process.execPath, [path.join(contract, "replay.mjs"), to], {
        env: { ...process.env, DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: apiKey },
        stdio: ["ignore", "pipe", "inherit"],
      });
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
      await once(child, "close");
      // Without its last line it did not get to the end.
      expect(output, "the end of a replay").toMatch(/^\d+ passed, \d+ failed$/m);
      return output;
    });
    return (await Promise.all(outputs)).join("\n");
  }

  it.each(Object.entries(DIFFERENT))("%s", { timeout: 240_000 }, async (file, counts) => {
    const { scenes } = JSON.parse(fs.readFileSync(path.join(contract, "recordings", file), "utf8")) as { scenes: Scene[] };
    const steps = scenes.flatMap((scene) => scene.steps).filter((step) => step.wait === undefined).length;
    let output = await replay(file, scenes, partsOf(file));
    const failed = () => output.match(/^(DIFFERS|FAILED) /gm)?.length ?? 0;
    for (let attempt = 1; attempt < ATTEMPTS && failed() > counts.failed; attempt++) {
      console.log(`replay of ${file}, ${failed()} steps differ; once more, a scene at a time:\n${output}`);
      const differing = scenes.filter(({ name }) => output.includes(`DIFFERS ${name}: `) || output.includes(`FAILED  ${name}: `));
      output = await replay(file, differing, 1);
    }
    console.log(`replay of ${file}: ${steps - failed()} passed, ${failed()} failed`);
    expect({ passed: steps - failed(), failed: failed() }, output).toEqual(counts);
  });
});
