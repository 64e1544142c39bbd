// Installs what the tests of computer use need from Debian or Ubuntu: an X server, a window manager, programs with windows,
// and an encoder. Only where continuous integration runs as root; elsewhere, and when it fails, those tests are skipped.
//
//   CI=true node scripts/install-desktop.mjs
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

/** Packages by the program that each is needed for. */
const PACKAGES = {
  Xvfb: "xvfb",
  openbox: "openbox",
  xmessage: "x11-utils",
  zenity: "zenity",
  "dbus-daemon": "dbus-daemon",
  "at-spi-bus-launcher": "at-spi2-core",
  ffmpeg: "ffmpeg",
};

const FOLDERS = [...(process.env.PATH ?? "").split(path.delimiter), "/usr/bin", "/usr/libexec", "/usr/lib/at-spi2-core"];
const isPresent = (program) => FOLDERS.some((folder) => fs.existsSync(path.join(folder, program)));

const missing = Object.keys(PACKAGES).filter((program) => !isPresent(program));
const reason = missing.length === 0 ? "nothing is missing" : (whyNot() ?? install(missing.map((program) => PACKAGES[program])));
console.log(`desktop: ${reason}`);

function whyNot() {
  const what = `${missing.join(", ")} missing, tests of computer use are skipped`;
  if (process.env.CI !== "true") return `${what}: installed only with CI=true`;
  if (process.getuid?.() !== 0) return `${what}: installed only as root`;
  if (!isPresent("apt-get")) return `${what}: there is no apt-get`;
  return undefined;
}

function install(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [
    ["update", "-q"],
    ["install", "-q", "-y", "--no-install-recommends", ...packages],
  ]) {
    const { status, error, stderr } = spawnSync("apt-get", args, { env, encoding: "utf8", timeout: 600_000 });
    if (status !== 0) {
      const cause = error?.message ?? stderr.trim().split("\n").at(-1);
      return `apt-get ${args[0]} failed, tests of computer use are skipped: ${cause}`;
    }
  }
  return `installed ${packages.join(", ")}`;
}
