// The targets of package.json ("napi.targets"), and what follows from the name of each.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
export const packageJson = readJson(path.join(root, "package.json"));

const CPUS = { x86_64: "x64", aarch64: "arm64" };
const SYSTEMS = { linux: "linux", darwin: "darwin", windows: "win32" };
/** The oldest glibc that the packages support: that of RHEL 7 and of the official binaries of Node.js until version 18. */
export const OLDEST_GLIBC = "2.17";

/**
 * A target of the addon: `triple` is its name for Rust, `platform` its name for npm, `files` what its package contains, with
 * the program of the local server on the systems where it runs.
 */
export const TARGETS = packageJson.napi.targets.map((triple) => {
  const [cpu, , system, abi] = triple.split("-");
  const platform = [SYSTEMS[system], CPUS[cpu], abi].filter((part) => part !== undefined).join("-");
  const addon = `${packageJson.napi.binaryName}.${platform}.node`;
  const program = system === "linux" ? "daytona-local" : undefined;
  return { triple, platform, os: SYSTEMS[system], abi, addon, program, files: [addon, program].filter((file) => file !== undefined) };
});

/** Returns the target with a name, as Rust or as npm names it. */
export function targetOf(name) {
  const target = TARGETS.find(({ triple, platform }) => name === triple || name === platform);
  if (target === undefined) {
    throw new Error(`unknown target ${name}. Use one of ${TARGETS.map(({ triple }) => triple).join(", ")}`);
  }
  return target;
}

/** Returns the target of this machine. */
export function hostTarget() {
  // Without this the report lists every network interface, which can wait for a name server.
  process.report.excludeNetwork = true;
  const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "gnu";
  const abi = { linux: libc, win32: "msvc" }[process.platform];
  return targetOf([process.platform, process.arch, abi].filter((part) => part !== undefined).join("-"));
}

export function readJson(file) {
  return JSON.parse(fs.readFileSync(file, "utf8"));
}
