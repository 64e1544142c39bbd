// Runs transfers under valgrind, to find accesses to memory that is gone: npm run check:border. Takes some minutes.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

if (spawnSync("valgrind", ["--version"]).error) {
  console.error("valgrind is not installed. Install it, for example with apt-get install valgrind.");
  process.exit(1);
}

const server = spawn(process.execPath, ["bin/daytona-local.js", "--json"], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
const [line] = await once(createInterface({ input: server.stdout }), "line");
const { apiUrl, apiKey } = JSON.parse(line);

// The engine's compiler rewrites code that valgrind has translated; without it there is nothing to check again.
const valgrind = ["--smc-check=all-non-file", "--error-exitcode=99", "--num-callers=25", "--suppressions=scripts/border.supp", "--quiet"];
const node = [process.execPath, "--expose-gc", "--jitless", "scripts/border-program.mjs"];
const check = spawn("valgrind", [...valgrind, ...node], {
  cwd: root,
  env: { ...process.env, DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: apiKey },
  stdio: ["ignore", "inherit", "inherit"],
});
const [code] = await once(check, "exit");
server.kill("SIGTERM");
await once(server, "exit");
process.exit(code ?? 1);
