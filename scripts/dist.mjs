// Builds what a platform's package contains, with the cargo profiles `dist` and `dist-program`, into `dist/<platform>`. Takes several minutes
// for each target.
//
//   node scripts/dist.mjs                                       this machine's target, with its own linker
//   node scripts/dist.mjs --target aarch64-unknown-linux-gnu    a target of package.json; may be repeated
//
// A Linux target that is asked for is linked by zig (cargo-zigbuild), so that it runs with glibc 2.17 and later, and is
// checked for that. macOS and Windows targets are built on such a machine.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { checkGlibc } from "./check-glibc.mjs";
import { buildWithProfile } from "./profile-guided.mjs";
import { hostTarget, OLDEST_GLIBC, root, targetOf } from "./targets.mjs";

/** Builds the addon, and the program where there is one. Returns the folder with both. */
export async function build(target, { portable }) {
  const folder = path.join(root, "dist", target.platform);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  // First of all: the flags of the compiler depend on where the sources of the dependencies are.
  execFileSync("cargo", ["fetch", "--locked", "--target", target.triple], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  let program;
  if (target.program !== undefined) {
    // With musl it is linked statically, which is the default there.
    const built = cargo(target, { portable, package: "daytona-local", profile: "dist-program", flags: [] });
    program = path.join(folder, target.program);
    fs.copyFileSync(
      built.find((file) => path.basename(file) === target.program),
      program,
    );
  }
  const addon = await buildWithProfile(target, program, (flags, { forOthers }) => {
    const options = { portable: portable && forOthers, package: "daytona-native", profile: "dist" };
    return cargo(target, { ...options, flags: [...addonFlags(target), ...flags] }).find(isLibrary);
  });
  fs.copyFileSync(addon, path.join(folder, target.addon));
  if (portable && target.abi === "gnu") checkGlibc(target.files.map((file) => path.join(folder, file)));
  return folder;
}

/** Flags of the compiler for an addon. */
function addonFlags({ abi }) {
  // A library that Node.js loads uses the C library of Node.js.
  if (abi === "musl") return ["-Ctarget-feature=-crt-static"];
  // A machine with Node.js has not always got Microsoft's run-time library.
  if (abi === "msvc") return ["-Ctarget-feature=+crt-static"];
  return [];
}

/** Builds a package of the workspace. Returns the files that it consists of. */
function cargo(target, { portable, package: name, profile, flags }) {
  const zig = portable && target.os === "linux";
  const triple = zig && target.abi === "gnu" ? `${target.triple}.${OLDEST_GLIBC}` : target.triple;
  const [command, ...first] = zig
    ? [process.execPath, path.join(root, "scripts/tool.mjs"), "cargo-zigbuild", "zigbuild"]
    : ["cargo", "build"];
  const args = [...first, "--locked", "--profile", profile, "--package", name, "--message-format", "json-render-diagnostics"];
  const env = { ...process.env, CARGO_ENCODED_RUSTFLAGS: [...flags, ...pathFlags()].join("\x1f") };
  const stdout = execFileSync(command, [...args, "--target", triple], {
    cwd: root,
    env,
    encoding: "utf8",
    maxBuffer: 256 << 20,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const messages = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  return messages
    .filter(({ reason, target: built }) => reason === "compiler-artifact" && built.name.replaceAll("_", "-") === name)
    .flatMap(({ filenames }) => filenames);
}

/** Replaces the folders of this machine in the messages of panics: they concern nobody, and make builds differ. */
function pathFlags() {
  const cargoHome = process.env.CARGO_HOME ?? path.join(os.homedir(), ".cargo");
  const sources = path.join(cargoHome, "registry", "src");
  const registries = fs.existsSync(sources) ? fs.readdirSync(sources).map((name) => path.join(sources, name)) : [];
  // Of several that match, the compiler uses the last.
  return [`${cargoHome}=/cargo`, ...registries.map((folder) => `${folder}=/cargo`), `${root}=/daytona-native`].map(
    (mapping) => `--remap-path-prefix=${mapping}`,
  );
}

function isLibrary(file) {
  return [".so", ".dylib", ".dll"].includes(path.extname(file));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { target: { type: "string", multiple: true } } });
  try {
    const targets = values.target?.map(targetOf) ?? [hostTarget()];
    for (const target of targets) {
      const folder = await build(target, { portable: values.target !== undefined });
      for (const file of target.files) {
        const size = fs.statSync(path.join(folder, file)).size;
        console.log(`${path.relative(root, path.join(folder, file))}: ${(size / 1e6).toFixed(2)} MB`);
      }
    }
  } catch (error) {
    console.error(`dist: ${error.message}`);
    process.exitCode = 1;
  }
}
