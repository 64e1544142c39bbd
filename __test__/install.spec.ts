import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { cleanEnv } from "./support/run-program.js";
import { root } from "./support/server.js";

// The packed package, installed from a registry as users install it: by npm, and by pnpm with what is run, bundled and compiled
// in one project. All projects: npm run test:install.

it("is installed and used with package managers, runtimes and compilers", { timeout: 600_000 }, async () => {
  const child = spawn(process.execPath, ["__test__/install/run.mjs", "--fast"], {
    cwd: root,
    env: cleanEnv(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  const [code] = await once(child, "close");
  expect(code, output).toBe(0);
  expect(output).toMatch(/\d+ projects: \d+ ok, 0 failed, 0 skipped/);
});
