// npm run test:matrix: runs the parity suite and an agent with several versions of deepagents, each installed with the
// packed package, in both formats. The peer range in package.json must match the versions that pass.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";

// Versions below the range must fail, otherwise the range is too narrow: 1.6 has no SandboxError, which the replaced
// package requires too, and releases of 1.7 lack one of their dependencies. The others are the minimum and later releases.
const VERSIONS = ["~1.6.0", "1.8.0", "~1.10.0", "~1.12.0", "~1.13.0", "latest"];
const FORMATS = { esm: { type: "module", module: ts.ModuleKind.ESNext }, cjs: { type: "commonjs", module: ts.ModuleKind.CommonJS } };
const FILES = [
  "__test__/support/matrix-runner.ts",
  "__test__/differences.ts",
  ...["execution", "files", "lifecycle", "record", "suite", "tools"].map((name) => `__test__/suites/${name}.ts`),
  "examples/scripted-model.mjs",
];

const exec = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(await fs.readFile(path.join(root, "package.json"), "utf8"));
const asked = process.argv.slice(2);

/** Returns whether a version is in the peer range of the package, which is a minimum. */
function isInRange(version) {
  const minimum = manifest.peerDependencies.deepagents.replace(">=", "");
  return version.localeCompare(minimum, "en", { numeric: true }) >= 0;
}

/** Packs the main package and that of this platform. Returns them as dependencies. */
async function pack(folder) {
  await exec(process.execPath, ["scripts/package.mjs", "--built", "--out", folder], { cwd: root });
  const files = (await fs.readdir(folder)).filter((file) => file.endsWith(".tgz"));
  return Object.fromEntries(files.map((file) => [file.replace(/-\d.*$/, ""), `file:${path.join(folder, file)}`]));
}

async function startServer() {
  const child = spawn(process.execPath, ["bin/daytona-local.js", "--json"], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const { apiUrl, apiKey } = JSON.parse(line);
  const close = async () => {
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  return { env: { DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: apiKey }, close };
}

/** Strips the types of the suites, into one folder per format. */
async function compile(folder) {
  for (const [format, { type, module }] of Object.entries(FORMATS)) {
    for (const file of FILES) {
      const source = await fs.readFile(path.join(root, file), "utf8");
      const compilerOptions = { module, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
      const { outputText } = ts.transpileModule(source.replaceAll('.mjs"', '.js"'), { compilerOptions });
      const target = path.join(folder, format, file.replace(/\.m?[tj]s$/, ".js"));
      await fs.mkdir(path.dirname(target), { recursive: true });
      await fs.writeFile(target, outputText);
    }
    await fs.writeFile(path.join(folder, format, "package.json"), JSON.stringify({ type }));
  }
}

/** Creates a folder with one version of deepagents, the package, and the one that it replaces. */
async function install(parent, version, packages) {
  const folder = await fs.mkdtemp(path.join(parent, "version-"));
  const dependencies = {
    deepagents: version,
    ...packages,
    "@langchain/daytona": manifest.devDependencies["@langchain/daytona"],
    "@langchain/core": "^1.0.0",
  };
  await fs.writeFile(path.join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  // --force installs versions outside the range, too.
  await exec("npm", ["install", "--force", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: folder });
  await compile(folder);
  const installed = JSON.parse(await fs.readFile(path.join(folder, "node_modules/deepagents/package.json"), "utf8"));
  return { folder, installed: installed.version };
}

async function run(folder, format, env) {
  const program = path.join(folder, format, "__test__/support/matrix-runner.js");
  try {
    const { stdout } = await exec(process.execPath, [program], { cwd: folder, env: { ...process.env, ...env }, maxBuffer: 1 << 26 });
    return JSON.parse(stdout.trim().split("\n").at(-1));
  } catch (error) {
    return { failed: String(error.stderr || error.message).trim() };
  }
}

function row(installed, format, { failed, parity, agent }) {
  const head = { deepagents: installed, format, "in range": isInRange(installed) ? "yes" : "no" };
  if (failed !== undefined) return { ...head, cases: "-", equal: "-", "as listed": "-", wrong: "-", agent: "-", passes: "no" };
  const { cases, equal, listed, wrong } = parity;
  const passes = wrong.length === 0 && agent === "runs" ? "yes" : "no";
  return { ...head, cases, equal, "as listed": listed, wrong: wrong.length, agent: agent === "runs" ? agent : "fails", passes };
}

const parent = await fs.mkdtemp(path.join(os.tmpdir(), "daytona-native-matrix-"));
const rows = [];
const notes = [];
const server = await startServer();
try {
  const packages = await pack(parent);
  for (const version of asked.length > 0 ? asked : VERSIONS) {
    const { folder, installed } = await install(parent, version, packages);
    for (const format of Object.keys(FORMATS)) {
      const result = await run(folder, format, server.env);
      const line = row(installed, format, result);
      rows.push(line);
      if (line.passes === "yes") continue;
      notes.push(`deepagents ${installed}, ${format}:`, ...[result.failed, result.agent, ...(result.parity?.wrong ?? [])].filter(Boolean));
    }
    await fs.rm(folder, { recursive: true });
  }
} finally {
  await server.close();
  await fs.rm(parent, { recursive: true, force: true });
}
for (const note of notes) console.log(note);
console.table(rows);
const failed = rows.filter((line) => line.passes !== line["in range"]).length;
console.log(`${rows.length - failed} results match the peer range, ${failed} do not`);
process.exitCode = failed === 0 ? 0 : 1;
