// Builds the local server and puts its program beside the package files, where the facade and `npx
// daytona-local` look for it first.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const program = process.platform === "win32" ? "daytona-local.exe" : "daytona-local";

cargo("build", "--release", "--package", "daytona-local", "--bin", "daytona-local");
// The target folder may be set by the environment or a cargo configuration: ask rather than guess.
const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--no-deps", "--format-version", "1"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 << 20,
    stdio: ["ignore", "pipe", "inherit"],
  }),
);
install(path.join(metadata.target_directory, "release", program), path.join(root, program));

function cargo(...args) {
  execFileSync("cargo", args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
}

/** By rename, so that a server which runs keeps its file and no reader ever sees half of the new one. */
function install(from, to) {
  const part = `${to}.${process.pid}.part`;
  try {
    fs.copyFileSync(from, part);
    fs.chmodSync(part, 0o755);
    fs.renameSync(part, to);
  } finally {
    fs.rmSync(part, { force: true });
  }
}
