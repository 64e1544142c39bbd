import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, inject, it } from "vitest";
import { cleanEnv } from "./support/run-program.js";
import { root } from "./support/server.js";

// Other people's clients at the local server: what they cannot do here, their users cannot. Each script counts its checks.

const { apiUrl, apiKey } = inject("daytona");
const scripts = path.join(root, "__test__/strangers");

/** Runs a script and returns the line with its counts; the test fails with its output when it fails. */
async function run(command: string, args: string[]): Promise<string | undefined> {
  const child = spawn(command, args, {
    cwd: root,
    env: cleanEnv({ DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: apiKey, DAYTONA_TARGET: "us", PYTHONDONTWRITEBYTECODE: "1" }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  const [status] = await once(child, "close");
  expect(status, output).toBe(0);
  const counts = /^\d+ passed, \d+ failed$/m.exec(output)?.[0];
  console.log(`${path.basename(args[0] ?? "")} ${args[1] ?? ""}: ${counts}`);
  return counts;
}

describe("TypeScript", () => {
  it.each([
    ["@daytona/sdk", 38],
    ["@daytonaio/sdk", 30],
  ])("%s", { timeout: 120_000 }, async (sdk, checks) => {
    expect(await run(process.execPath, [path.join(scripts, "typescript.mjs"), sdk])).toBe(`${checks} passed, 0 failed`);
  });
});

// And this package in place of theirs.
describe("Git, TypeScript", () => {
  it.each([
    ["@daytona/sdk", 14],
    ["@daytonaio/sdk", 10],
    ["daytona-native/sdk", 14],
  ])("%s", { timeout: 120_000 }, async (sdk, checks) => {
    expect(await run(process.execPath, [path.join(scripts, "typescript-git.mjs"), sdk])).toBe(`${checks} passed, 0 failed`);
  });
});

// Sandboxes have the Node.js of the host, and two of these tests run TypeScript in theirs.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const runsTypeScript = major > 22 || (major === 22 && minor >= 18);
const withoutOriginal =
  process.env.DEEPAGENTSJS_DIR === undefined ? "DEEPAGENTSJS_DIR is not set" : runsTypeScript ? null : "Node.js is older than 22.18";
if (withoutOriginal !== null) console.log(`strangers: the replaced package's tests are skipped: ${withoutOriginal}`);

describe.skipIf(withoutOriginal !== null)("the replaced package's own tests", () => {
  it.each([
    ["auth.test.ts", 14],
    ["sandbox.int.test.ts", 97],
  ])("%s", { timeout: 600_000 }, async (file, tests) => {
    expect(await run(process.execPath, [path.join(scripts, "provider-tests.mjs"), file])).toBe(`${tests} passed, 0 failed`);
  });
});

const PACKAGES = ["daytona==0.226.1", "langchain-daytona==0.0.9"];
const missing = installPython();
if (missing !== null) console.log(`strangers: Python's clients are skipped: ${missing}`);

describe.skipIf(missing !== null)("Python", () => {
  it.each([
    ["python-sdk.py", 30],
    ["python-langchain.py", 7],
    ["python-git.py", 8],
  ])("%s", { timeout: 120_000 }, async (script, checks) => {
    expect(await run(python(), [path.join(scripts, script)])).toBe(`${checks} passed, 0 failed`);
  });
});

function python(): string {
  return path.join(root, ".cache/strangers-python/bin/python");
}

/** Installs Python's clients once; returns why that cannot be done here. */
function installPython(): string | null {
  const folder = path.join(root, ".cache/strangers-python");
  const stamp = path.join(folder, "installed");
  const wanted = PACKAGES.join("\n");
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === wanted) return null;
  fs.rmSync(folder, { recursive: true, force: true });
  const steps: [string, string[]][] = [
    ["python3", ["-m", "venv", folder]],
    [python(), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES]],
  ];
  for (const [command, args] of steps) {
    const { status, error, stderr } = spawnSync(command, args, { encoding: "utf8" });
    if (status !== 0) return error?.message ?? stderr.trim().split("\n").at(-1) ?? `${command} failed`;
  }
  fs.writeFileSync(stamp, wanted);
  return null;
}
