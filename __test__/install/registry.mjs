// A private npm registry on a free port of the loopback address. It has the packed package, and passes on every other
// package of the registry that npm is configured with; what it has passed on once stays in `.cache`.
import { execFile } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { installTool } from "./tools.mjs";

const exec = promisify(execFile);

/**
 * Starts the registry.
 * @param {string} cache Folder for the program of the registry and for the packages that it passes on.
 * @returns The registry: its URL, the number of requests so far, `publish` and `close`.
 */
export async function startRegistry(cache) {
  const program = await installTool("registry", "registry");
  const storage = path.join(cache, "packages");
  // Below the other packages, and of this run only: a version can be published once.
  const published = `published-${process.pid}`;
  await removeLeftOver(storage);
  await fs.mkdir(path.join(storage, published), { recursive: true });
  const [uplink, ca] = await Promise.all(["registry", "cafile"].map(npmConfig));
  const authority = ca === undefined ? {} : { ca: await fs.readFile(ca, "utf8") };
  const { runServer } = createRequire(path.join(program, "package.json"))("verdaccio");
  const proxied = { access: "$all", proxy: "uplink" };
  const app = await runServer({
    storage,
    configPath: path.join(cache, "config.yaml"),
    self_path: cache,
    uplinks: { uplink: { url: uplink, ...authority, maxage: "12h", timeout: "60s", max_fails: 20, fail_timeout: "1s" } },
    packages: { "daytona-native*": { access: "$all", publish: "$all", storage: published }, "@*/*": proxied, "**": proxied },
    max_body_size: "200mb",
    web: { enable: false },
    middlewares: {},
    log: { type: "file", path: path.join(cache, "registry.log"), level: "warn", format: "json" },
  });
  let requests = 0;
  app.on("request", () => {
    requests += 1;
  });
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  const url = `http://127.0.0.1:${app.address().port}/`;
  return {
    url,
    requests: () => requests,
    publish: await publisher(url),
    close: async () => {
      app.close();
      app.closeAllConnections();
      await once(app, "close");
      await fs.rm(path.join(storage, published), { recursive: true });
    },
  };
}

/** Removes what runs published that were killed. */
async function removeLeftOver(storage) {
  for (const name of await fs.readdir(storage).catch(() => [])) {
    const pid = /^published-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await fs.rm(path.join(storage, name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch {
    return false;
  }
}

/**
 * Returns a function that publishes a tarball, or a folder, with the libraries of npm: a process of npm for each of them takes
 * longer than all the rest. npm insists on a token, which the registry does not check.
 */
async function publisher(url) {
  const npm = createRequire(path.join(await installTool("npm", "npm"), "node_modules/npm/package.json"));
  const [pacote, pack, { publish }] = ["pacote", "libnpmpack", "libnpmpublish"].map((name) => npm(name));
  return async (file) => {
    const [manifest, tarball] = await Promise.all([
      pacote.manifest(`file:${file}`, { fullReadJson: true, fullMetadata: true, allowDirectory: "all" }),
      pack(`file:${file}`, { ignoreScripts: true }),
    ]);
    await publish(manifest, tarball, { registry: url, [`${url.replace("http:", "")}:_authToken`]: "none" });
  };
}

/** A setting of npm; undefined if it has none. */
async function npmConfig(name) {
  const { stdout } = await exec("npm", ["config", "get", name]);
  const value = stdout.trim();
  return ["", "null", "undefined"].includes(value) ? undefined : value;
}
