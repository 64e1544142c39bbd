// Packs what `npm run setup` built, and goes through a release with it: checks the tarballs, and publishes them in a dry run,
// at a registry on this machine that has no packages yet. Part of npm run ready, so it needs no network.
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import path from "node:path";
import { checkTarballs } from "./check-tarballs.mjs";
import { root } from "./targets.mjs";

const TARBALLS = ".cache/check-package";
const registry = http.createServer((_, response) => {
  response.writeHead(404, { "content-type": "application/json" }).end('{"error":"not found"}');
});
await once(registry.listen(0, "127.0.0.1"), "listening");
const url = `http://127.0.0.1:${registry.address().port}`;
try {
  await script("package", "--built", "--out", TARBALLS);
  checkTarballs(path.join(root, TARBALLS));
  await script("publish", TARBALLS, "--dry-run", "--partial", "--registry", url);
} catch (error) {
  console.error(`check-package: ${error.message}`);
  process.exitCode = 1;
} finally {
  registry.closeAllConnections();
  registry.close();
}

async function script(name, ...args) {
  const child = spawn(process.execPath, [`scripts/${name}.mjs`, ...args], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`scripts/${name}.mjs failed; the reason is above`);
}
