// Brings a checkout to the state in which everything runs: packages installed, addon, local server and
// facade built. Does only what is missing or stale, so it costs nothing when nothing changed.
//
//   node scripts/setup.mjs            install and build what is needed
//   node scripts/setup.mjs --force    build everything again
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
// Not in node_modules, which an installation empties.
const stamps = path.join(root, ".cache", "setup");
const packageJson = json("package.json");
const force = process.argv.includes("--force");

/** Shared by everything cargo builds: a change here makes both programs stale. */
const CARGO = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml"];

/** In order: a later step may read what an earlier one wrote. */
const STEPS = [
  {
    name: "addon",
    script: "build:native",
    sources: [...CARGO, "build.rs", "src", "crates/daytona-api", "crates/daytona-client", "crates/daytona-deepagents"],
    outputs: ["native.cjs", "native.d.cts", `${packageJson.napi.binaryName}.*.node`],
  },
  {
    name: "local server",
    script: "build:server",
    sources: [...CARGO, "crates/daytona-api", "crates/daytona-local", "scripts/build-server.mjs"],
    outputs: [process.platform === "win32" ? "daytona-local.exe" : "daytona-local"],
  },
  {
    name: "facade",
    script: "build:js",
    sources: ["js", "tsdown.config.ts", "tsconfig.json", "package.json", "native.d.cts"],
    outputs: [
      "index.js",
      "index.cjs",
      "index.d.ts",
      "index.d.cts",
      "internal.cjs",
      "internal.d.cts",
      "sdk.cjs",
      "sdk.d.cts",
      "local.cjs",
      "local.d.cts",
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
  // npm ci accepts a range that was edited when the locked version is still in it.
  if (!installed()) fail("package.json asks for other packages than package-lock.json locks: run npm install and commit both");
  say("packages installed", from);
}

/** Whether node_modules holds what the lock file names; npm lists there what it installed, when it is done. */
function installed() {
  const list = "node_modules/.package-lock.json";
  if (!fs.existsSync(path.join(root, list))) return false;
  const { "": project, ...locked } = json("package-lock.json").packages;
  const present = json(list).packages;
  // Optional packages of other platforms are locked and not installed.
  const agrees = (name) =>
    present[name] === undefined
      ? locked[name].optional === true
      : present[name].version === locked[name]?.version &&
        present[name].integrity === locked[name].integrity &&
        fs.existsSync(path.join(root, name));
  const declared = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
  return (
    declared.every((kind) => isDeepStrictEqual(packageJson[kind], project[kind])) &&
    [...new Set([...Object.keys(locked), ...Object.keys(present)])].every(agrees)
  );
}

/** Builds one step when its sources differ from those of its last build; tells its name when it did. */
function build(step) {
  const stamp = path.join(stamps, step.script.replace(":", "-"));
  const wanted = digest(step.sources);
  const built = fs.existsSync(stamp) ? fs.readFileSync(stamp, "utf8") : null;
  if (!force && built === wanted && step.outputs.every(exists)) return null;

  const from = performance.now();
  fs.rmSync(stamp, { force: true });
  run("npm", ["run", "--silent", step.script], `building the ${step.name} (npm run ${step.script})`);
  const missing = step.outputs.filter((output) => !exists(output));
  if (missing.length > 0) fail(`npm run ${step.script} ended well but did not write ${missing.join(", ")}`);
  fs.mkdirSync(stamps, { recursive: true });
  // Hashed before the build: what changes while it runs is stale afterwards.
  fs.writeFileSync(stamp, wanted);
  say(`${step.name} built`, from);
  return step.name;
}

/** Contents, not times: a switch of branches and back is no reason to build. */
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
