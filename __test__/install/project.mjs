// One throw-away project: a copy of a folder of `__test__/install`, with the packed package installed from the registry, and
// its steps.
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { MANAGERS, environment } from "./managers.mjs";
import { installNode, makePath, root } from "./tools.mjs";

/** Longest duration of one step, in milliseconds. */
const STEP_LIMIT = 300_000;

/** What a project is unless its project.json says otherwise. */
const DEFAULTS = {
  title: "",
  fast: false,
  manager: "npm",
  tools: [],
  node: process.versions.node.split(".")[0],
  type: undefined,
  daytona: true,
  deepagents: true,
  peers: false,
  alias: undefined,
  dependencies: {},
  manifest: {},
  ignoreScripts: false,
  installArgs: [],
  offline: false,
  files: [],
  env: {},
  steps: [],
  expect: "ok",
  requires: undefined,
};

/**
 * Returns the projects of a folder: one, or one for each of its variants, whose settings replace the project's.
 * @param {string} folder The folder with project.json.
 */
export async function readProjects(folder) {
  const { variants = { "": {} }, ...base } = JSON.parse(await fs.readFile(path.join(folder, "project.json"), "utf8"));
  const name = path.relative(path.join(root, "__test__/install"), folder).split(path.sep).join("/");
  return Object.entries(variants).map(([variant, settings]) => {
    const project = { ...DEFAULTS, ...base, ...settings, folder, name: variant === "" ? name : `${name}/${variant}` };
    const unknown = Object.keys({ ...base, ...settings }).filter((key) => !Object.hasOwn(DEFAULTS, key));
    if (unknown.length > 0) throw new Error(`${name}/project.json has unknown settings: ${unknown.join(", ")}`);
    project.dependencies = { ...base.dependencies, ...settings.dependencies };
    project.env = { ...base.env, ...settings.env };
    return project;
  });
}

/**
 * Installs a project and runs its steps.
 * @returns {Promise<string[]>} Notes for the table.
 * @throws {Error} A step failed; the message has its output.
 */
export async function runProject(project, { registry, temporary, packages }) {
  const folder = path.join(temporary, project.name.replaceAll("/", "-"));
  const cwd = path.join(folder, "project");
  await fs.cp(project.folder, cwd, { recursive: true });
  for (const file of project.files) await fs.cp(path.join(project.folder, file), path.join(cwd, path.basename(file)), { recursive: true });
  await writeManifest(project, cwd, packages);
  const bin = await makePath(path.join(folder, "bin"), [project.manager, ...project.tools], await installNode(project.node));
  // One home for all projects of a run, because it has the caches of package managers.
  const env = { ...(await environment({ url: registry.url, home: path.join(temporary, "home"), bin })), ...project.env };
  const manager = MANAGERS[project.manager];
  if (manager === undefined) throw new Error(`unknown package manager ${project.manager}; known are ${Object.keys(MANAGERS).join(", ")}`);
  const notes = [];
  try {
    await step([...manager.install, ...(project.ignoreScripts ? manager.ignoreScripts : []), ...project.installArgs], cwd, env);
    if (project.daytona) notes.push(...(await platformPackages(cwd)));
    await runSteps(project, cwd, env);
    if (project.offline) {
      await reinstall(manager, cwd, env, registry);
      await runSteps(project, cwd, env);
    }
    return notes;
  } finally {
    // Packages are a few hundred megabytes each time. The folder itself stays for a look when DAYTONA_KEEP is set.
    if (process.env.DAYTONA_KEEP === undefined) await fs.rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runSteps({ steps, expect }, cwd, env) {
  let stdout = "";
  for (const command of steps) stdout = await step(command, cwd, env);
  if (!stdout.trimEnd().endsWith(expect)) {
    throw new Error(`the output of the last step must end with ${JSON.stringify(expect)}:\n${stdout}`);
  }
}

/** Writes package.json: the package, under its name or an alias, deepagents, and what the project needs besides. */
async function writeManifest(project, cwd, { version, deepagents, peers }) {
  const named = Object.entries(project.dependencies).map(([name, range]) => [name, range.replace("{version}", version)]);
  const dependencies = Object.fromEntries(named);
  if (project.daytona && project.alias === undefined) dependencies["daytona-native"] = version;
  else if (project.daytona) dependencies[project.alias] = `npm:daytona-native@${version}`;
  if (project.deepagents) dependencies.deepagents ??= deepagents;
  if (project.peers) Object.assign(dependencies, { ...peers, ...dependencies });
  const own = await fs.readFile(path.join(cwd, "package.json"), "utf8").then(JSON.parse, () => ({}));
  const type = project.type === undefined ? {} : { type: project.type };
  const manifest = { name: "project", version: "1.0.0", private: true, ...type, ...own, ...project.manifest };
  manifest.dependencies = { ...own.dependencies, ...dependencies };
  await fs.writeFile(path.join(cwd, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Installs again from the lock file and the cache only; no request may reach the registry. */
async function reinstall(manager, cwd, env, registry) {
  for (const name of ["node_modules", ".pnp.cjs", ".pnp.loader.mjs", ".yarn"])
    await fs.rm(path.join(cwd, name), { recursive: true, force: true });
  const before = registry.requests();
  await step(manager.offline, cwd, { ...env, ...manager.offlineEnv });
  const requests = registry.requests() - before;
  if (requests > 0) throw new Error(`${manager.offline.join(" ")} sent ${requests} requests to the registry`);
}

/**
 * Checks which packages for a platform are installed. One has the addon, that of this machine; the registry has the others
 * without one, so a package manager that chooses another cannot go unnoticed.
 */
async function platformPackages(cwd) {
  const found = new Set();
  for await (const entry of installed(path.join(cwd, "node_modules"))) {
    const [, name] = /daytona-native-((?:linux|darwin|win32)-[\w-]+)$/.exec(entry) ?? [];
    if (name !== undefined) found.add(name);
  }
  return found.size > 1 ? [`installs the packages of ${found.size} platforms: ${[...found].sort().join(", ")}`] : [];
}

/** Paths of packages, also where pnpm and Bun keep those that the project itself does not depend on. */
async function* installed(folder) {
  for (const place of [folder, path.join(folder, ".pnpm/node_modules"), path.join(folder, ".bun/node_modules")]) {
    for (const name of await fs.readdir(place).catch(() => [])) yield path.join(place, name);
  }
}

/** Runs a command to its end and returns what it printed. */
async function step([command, ...args], cwd, env) {
  const file = path.join(env.PATH, command);
  const program = await fs.access(file).then(
    () => file,
    () => command,
  );
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let stdout = "";
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (stdout += chunk));
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk) => (output += chunk));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(-child.pid, "SIGKILL");
  }, STEP_LIMIT);
  const [code, signal] = await once(child, "close").finally(() => clearTimeout(timer));
  if (code === 0) return stdout;
  const end = late ? `did not exit within ${STEP_LIMIT / 1000} s` : `failed (${signal ?? `exit code ${code}`})`;
  throw new Error(`${[command, ...args].join(" ")} ${end}:\n${output.trim()}`);
}
