// npm run test:install [-- NAME…]: installs the packed package as its users do, with each package manager, runtime, bundler,
// test runner and resolution of TypeScript, in throw-away projects without a compiler, and runs a program in each.
//
//   node __test__/install/run.mjs                    all projects: the folders with a project.json
//   node __test__/install/run.mjs --fast             those that npm test runs
//   node __test__/install/run.mjs managers/pnpm      those whose name starts with this
//   DAYTONA_KEEP=1 …                                 keeps the projects, and says where they are
import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { readProjects, runProject } from "./project.mjs";
import { startRegistry } from "./registry.mjs";
import { cache, root } from "./tools.mjs";

const exec = promisify(execFile);
const manifest = JSON.parse(await fs.readFile(path.join(root, "package.json"), "utf8"));
const lock = JSON.parse(await fs.readFile(path.join(root, "package-lock.json"), "utf8"));
const here = path.join(root, "__test__/install");

/**
 * The versions of deepagents and of the packages that it, and these in turn, expect the project to have: npm, pnpm and Bun
 * install them unasked, Yarn does not.
 */
function locked() {
  const peers = {};
  const add = (name) => {
    const { peerDependencies = {}, peerDependenciesMeta = {} } = lock.packages[`node_modules/${name}`];
    for (const peer of Object.keys(peerDependencies)) {
      if (peer in peers || peerDependenciesMeta[peer]?.optional === true) continue;
      peers[peer] = lock.packages[`node_modules/${peer}`].version;
      add(peer);
    }
  };
  add("deepagents");
  return { deepagents: lock.packages["node_modules/deepagents"].version, peers };
}

/** The chosen projects. */
async function chooseProjects(args) {
  const names = args.filter((arg) => !arg.startsWith("--"));
  const unknown = args.filter((arg) => arg.startsWith("--") && arg !== "--fast");
  if (unknown.length > 0) throw new Error(`unknown option ${unknown[0]}; the only one is --fast`);
  const files = await fs.readdir(here, { recursive: true });
  const folders = files.filter((file) => path.basename(file) === "project.json").map((file) => path.join(here, path.dirname(file)));
  const all = (await Promise.all(folders.sort().map(readProjects))).flat();
  const chosen = all.filter(
    ({ name, fast }) => (fast || !args.includes("--fast")) && (names.length === 0 || names.some((start) => name.startsWith(start))),
  );
  if (chosen.length === 0) throw new Error(`no project matches; there are: ${all.map(({ name }) => name).join(", ")}`);
  return chosen;
}

/** The tarballs of `npm run package`; makes them if they are missing or older than what they contain. */
async function packed() {
  const artifacts = path.join(root, "artifacts");
  const tarballs = async () => (await fs.readdir(artifacts).catch(() => [])).filter((name) => name.endsWith(".tgz"));
  const times = await Promise.all((await tarballs()).map(async (name) => (await fs.stat(path.join(artifacts, name))).mtimeMs));
  const addons = (await fs.readdir(root)).filter((name) => name.endsWith(".node"));
  const contents = manifest.files.filter((name) => !/[*/]/.test(name)).concat(addons, "package.json", "README.md");
  const changed = await Promise.all(contents.map(async (name) => (await fs.stat(path.join(root, name))).mtimeMs));
  if (times.length < 2 || Math.max(...changed) > Math.min(...times)) {
    await exec(process.execPath, ["scripts/package.mjs", "--built"], { cwd: root });
  }
  return (await tarballs()).map((name) => path.join(artifacts, name));
}

/**
 * Publishes the tarballs, and for each platform that was not built a package with its manifest only: package managers
 * decide by `os`, `cpu` and `libc`, as they do with the packages of all platforms. If one chooses wrongly, it installs a
 * package without an addon, and the program of the project fails.
 */
async function publishAll(registry, temporary) {
  const tarballs = await packed();
  const platforms = await fs.readdir(path.join(root, "npm"));
  const missing = platforms.filter((name) => !tarballs.some((file) => path.basename(file).startsWith(`${manifest.name}-${name}-`)));
  const placeholders = missing.map(async (name) => {
    const folder = path.join(temporary, "platforms", name);
    await fs.mkdir(folder, { recursive: true });
    await fs.copyFile(path.join(root, "npm", name, "package.json"), path.join(folder, "package.json"));
    await registry.publish(folder);
  });
  await Promise.all([...placeholders, ...tarballs.map((tarball) => registry.publish(tarball))]);
  return missing;
}

/** Runs one project and returns its row of the table. */
async function row(project, context) {
  const started = performance.now();
  const head = { project: project.name, steps: project.steps.length + 1 };
  const seconds = () => Number(((performance.now() - started) / 1000).toFixed(1));
  if (project.requires !== undefined && project.requires !== process.platform) {
    return { ...head, seconds: 0, result: "skipped", note: `requires ${project.requires}` };
  }
  try {
    const notes = await runProject(project, context);
    return { ...head, seconds: seconds(), result: "ok", note: notes.join("; ") };
  } catch (error) {
    console.error(`\n${project.name} (${project.title}): ${error.message}\n`);
    return { ...head, seconds: seconds(), result: "failed", note: error.message.split("\n")[0].slice(0, 100) };
  }
}

function print(rows) {
  const columns = ["project", "steps", "seconds", "result", "note"];
  const width = (column) => Math.max(column.length, ...rows.map((line) => String(line[column]).length));
  const line = (values) =>
    columns
      .map((column) => String(values[column]).padEnd(width(column)))
      .join("  ")
      .trimEnd();
  console.log(line(Object.fromEntries(columns.map((column) => [column, column]))));
  for (const values of rows) console.log(line(values));
  const count = (result) => rows.filter((values) => values.result === result).length;
  console.log(`${rows.length} projects: ${count("ok")} ok, ${count("failed")} failed, ${count("skipped")} skipped`);
  return count("failed") === 0;
}

const projects = await chooseProjects(process.argv.slice(2));
const temporary = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), "daytona-native-projects-")));
const registry = await startRegistry(path.join(cache, "registry"));
try {
  const missing = await publishAll(registry, temporary);
  console.log(`registry with the packed package; manifest only for ${missing.join(", ")}`);
  const packages = { version: manifest.version, ...locked() };
  const rows = [];
  for (const project of projects) {
    rows.push(await row(project, { registry, temporary, packages }));
    const { project: name, seconds, result } = rows.at(-1);
    console.log(`${result.padEnd(7)} ${name} (${seconds} s)`);
  }
  process.exitCode = print(rows) ? 0 : 1;
} finally {
  await registry.close();
  if (process.env.DAYTONA_KEEP === undefined) await fs.rm(temporary, { recursive: true, force: true });
  else console.log(`the projects are in ${temporary}`);
}
