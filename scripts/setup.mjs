// Prepares a checkout: installs packages and builds the addon, the local server and the facade. Skips steps that are up
// to date.
//
//   node scripts/setup.mjs            installs and builds what is missing or stale
//   node scripts/setup.mjs --force    rebuilds everything
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
// Not in node_modules, which an installation deletes.
const stamps = path.join(root, ".cache", "setup");
const packageJson = json("package.json");
const force = process.argv.includes("--force");

/** Sources of everything that cargo builds. */
const CARGO = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml"];
const SERVER_CRATES = ["api", "local", "sandbox-init", "sandbox-network"].map((name) => `crates/daytona-${name}`);

/** In order: a step may read the outputs of earlier ones. */
const STEPS = [
  {
    name: "addon",
    script: "build:native",
    sources: [
      ...CARGO,
      "build.rs",
      "scripts/declarations.mjs",
      "src",
      "crates/daytona-api",
      "crates/daytona-client",
      "crates/daytona-deepagents",
      "crates/daytona-launcher",
    ],
    outputs: ["native.d.cts", `${packageJson.napi.binaryName}.*.node`],
  },
  {
    name: "local server",
    script: "build:server",
    sources: [...CARGO, ...SERVER_CRATES, "scripts/build-server.mjs"],
    outputs: [process.platform === "win32" ? "daytona-local.exe" : "daytona-local"],
  },
  {
    name: "facade",
    script: "build:js",
    sources: ["js", "tsdown.config.ts", "tsconfig.json", "package.json", "native.d.cts", "scripts/declaration-comments.mjs"],
    outputs: [
      "index.js",
      "index.cjs",
      "index.d.ts",
      "index.d.cts",
      "internal.cjs",
      "internal-code.cjs",
      "internal.d.cts",
      "platform.cjs",
      "platform.d.cts",
      "sdk.cjs",
      "sdk-code.cjs",
      "sdk.d.cts",
      "local.cjs",
      "local.d.cts",
      "testing.js",
      "testing.cjs",
      "testing.d.ts",
      "testing.d.cts",
      "wrong-argument.cjs",
    ],
  },
];

const started = performance.now();
install();
const done = STEPS.map(build).filter(Boolean);
if (done.length === 0) say("up to date", started);
else if (done.length > 1) say(`ready: built ${done.join(", ")}`, started);

function install() {
  if (installed()) return;
  const from = performance.now();
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], "installing packages (npm ci)");
  say("packages installed", from);
}

/** Returns whether node_modules matches the lock file, according to the list that npm writes after an installation. */
function installed() {
  const list = "node_modules/.package-lock.json";
  if (!fs.existsSync(path.join(root, list))) return false;
  const { "": project, ...locked } = json("package-lock.json").packages;
  const present = json(list).packages;
  // Optional packages of other platforms are locked but not installed.
  const agrees = (name) =>
    present[name] === undefined
      ? locked[name].optional === true
      : present[name].version === locked[name]?.version && present[name].integrity === locked[name].integrity;
  // If package.json differs, npm ci reports it.
  const declared = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
  return (
    declared.every((kind) => isDeepStrictEqual(packageJson[kind], project[kind])) &&
    [...new Set([...Object.keys(locked), ...Object.keys(present)])].every(agrees)
  );
}

/** Runs a step if its sources have changed since its last build. Returns its name if it did. */
function build(step) {
  const stamp = path.join(stamps, step.script.replace(":", "-"));
  const wanted = digest(step.sources);
  const built = fs.existsSync(stamp) ? fs.readFileSync(stamp, "utf8") : null;
  if (!force && built === wanted && step.outputs.every(exists)) return null;

  const from = performance.now();
  fs.rmSync(stamp, { force: true });
  run("npm", ["run", "--silent", step.script], `building the ${step.name} (npm run ${step.script})`);
  const missing = step.outputs.filter((output) => !exists(output));
  if (missing.length > 0) fail(`npm run ${step.script} succeeded but did not write ${missing.join(", ")}`);
  fs.mkdirSync(stamps, { recursive: true });
  // Hashed before the build, so that sources that change during the build are stale.
  fs.writeFileSync(stamp, wanted);
  say(`${step.name} built`, from);
  return step.name;
}

/** Hashes contents rather than times, so that switching branches back and forth does not cause a build. */
function digest(sources) {
  const hash = createHash("sha256").update(`${process.version} ${process.platform} ${process.arch}\n`);
  for (const file of sources.flatMap((source) => files(path.join(root, source)))) {
    const content = fs.readFileSync(file);
    hash.update(`${path.relative(root, file)} ${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

function files(entry) {
  const stat = fs.statSync(entry, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isFile()) return [entry];
  return fs
    .readdirSync(entry)
    .sort()
    .flatMap((name) => files(path.join(entry, name)));
}

function exists(output) {
  if (!output.includes("*")) return fs.existsSync(path.join(root, output));
  const [prefix, suffix] = output.split("*");
  return fs.readdirSync(root).some((name) => name.startsWith(prefix) && name.endsWith(suffix));
}

function json(file) {
  return JSON.parse(fs.readFileSync(path.join(root, file), "utf8"));
}

function run(command, args, what) {
  console.log(`setup: ${what} …`);
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  if (error) fail(`${what}: cannot start ${command}: ${error.message}`);
  if (status !== 0) fail(`${what} failed (${signal ?? `exit code ${status}`}); its output is above`);
}

function say(what, from) {
  console.log(`setup: ${what} (${((performance.now() - from) / 1000).toFixed(1)} s)`);
}

function fail(reason) {
  console.error(`setup: ${reason}`);
  process.exit(1);
}
