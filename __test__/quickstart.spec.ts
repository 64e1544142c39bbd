import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { alive, descendants, until } from "./support/processes.js";
import { cleanEnv } from "./support/run-program.js";
import { root } from "./support/server.js";

let temp: string;
beforeEach(async () => {
  temp = await fs.mkdtemp(path.join(os.tmpdir(), "daytona-native-quickstart-"));
});
afterEach(() => fs.rm(temp, { recursive: true, force: true }));

function start(env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ["examples/quickstart.mjs"], {
    cwd: root,
    // In a process group of its own, as a shell starts it.
    detached: true,
    env: { ...cleanEnv({ TMPDIR: temp, ...env }), ANTHROPIC_API_KEY: undefined },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const out = { text: "", errors: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out.text += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (out.errors += chunk));
  return { child, out };
}

describe("the quickstart", () => {
  it.each([
    ["offline", {}],
    [
      "with a service and a key",
      () => ({ DAYTONA_TARGET: "us", DAYTONA_API_URL: inject("daytona").apiUrl, DAYTONA_API_KEY: inject("daytona").apiKey }),
    ],
  ])("repairs its project %s", async (_, env) => {
    const { child, out } = start(typeof env === "function" ? env() : env);
    const [code] = await once(child, "close");
    expect([code, out.errors]).toEqual([0, ""]);
    // The tests failed because of the defect, which was repaired, and then passed.
    expect(out.text).toContain("AssertionError: 1695 != 0");
    expect(out.text).toContain("exit code 1");
    expect(out.text).toContain("def __init__(self, lines=[], discount=0)");
    expect(out.text).toMatch(/Ran 3 tests.*\n(.*\n)?.*OK/);
    expect(out.text).toMatch(/total +15\.26 EUR/);
    expect(out.text).toMatch(/[0-9a-f-]{36} is gone/);
    expect(out.text).not.toContain("\u001b[");
    await until(async () => (await fs.readdir(temp)).length === 0);
  });

  it.skipIf(process.platform !== "linux")("leaves no processes or files when it is killed", async () => {
    const { child, out } = start();
    await until(() => out.text.includes("execute"));
    const processes = descendants(child.pid ?? 0);
    expect(processes.length).toBeGreaterThan(0);
    child.kill("SIGKILL");
    await once(child, "close");
    await until(() => alive(processes).length === 0);
    await until(async () => (await fs.readdir(temp)).length === 0);
  });

  it.skipIf(process.platform === "win32")("deletes its sandbox on Ctrl-C, which a terminal sends to the whole group", async () => {
    const { child, out } = start();
    await until(() => out.text.includes("write_file"));
    process.kill(-(child.pid ?? 0), "SIGINT");
    const [code] = await once(child, "close");
    expect([code, out.errors]).toEqual([1, "\nquickstart: interrupted\n"]);
    expect(out.text).toMatch(/[0-9a-f-]{36} is gone/);
    await until(async () => (await fs.readdir(temp)).length === 0);
  });

  it("prints the reason if it cannot start", async () => {
    const { child, out } = start({ DAYTONA_TARGET: "us" });
    const [code] = await once(child, "close");
    expect(code).toBe(1);
    expect(out.errors).toMatch(/^quickstart: .*DAYTONA_API_KEY/);
  });
});
