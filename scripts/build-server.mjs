// Builds the local server and copies its program next to the package files, where the facade and `npx daytona-local`
// look for it first.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const program = process.platform === "win32" ? "daytona-local.exe" : "daytona-local";

cargo("build", "--release", "--package", "daytona-local", "--bin", "daytona-local");
// The environment or a cargo configuration may set the target folder.
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

/** Replaces the program by a rename, so that a running server keeps its file and no reader sees a partial one. */
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
