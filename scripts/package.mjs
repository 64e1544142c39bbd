// Packs what is published: the main package, and the package of this machine's platform with the addon and the local
// server's program. Writes the tarballs to `artifacts/`, in the order in which they are published.
//
//   node scripts/package.mjs    packs the addon and the program that `npm run setup` built
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const artifacts = path.join(root, "artifacts");
const packageJson = json(path.join(root, "package.json"));
const { binaryName } = packageJson.napi;
/** Files of a platform's package; the others are the main package's. */
const PLATFORM_FILES = ["*.node", "daytona-local"];

fs.rmSync(artifacts, { recursive: true, force: true });
fs.mkdirSync(artifacts);
const platforms = fs.readdirSync(path.join(root, "npm"));
for (const platform of platforms.filter((name) => fs.existsSync(addonOf(name)))) pack(stagePlatform(platform));
pack(stageMain());

/** Stages the package of a platform: its addon, and on Linux the program of the local server. */
function stagePlatform(platform) {
  const folder = stage(path.join("npm", platform));
  fs.cpSync(path.join(root, "npm", platform), folder, { recursive: true });
  fs.copyFileSync(addonOf(platform), path.join(folder, path.basename(addonOf(platform))));
  if (platform.startsWith("linux-")) {
    fs.copyFileSync(path.join(root, "daytona-local"), path.join(folder, "daytona-local"));
    fs.chmodSync(path.join(folder, "daytona-local"), 0o755);
  }
  return folder;
}

/** Stages the main package, which depends on the package of each platform in its own version. */
function stageMain() {
  const folder = stage("main");
  const files = packageJson.files.filter((entry) => !PLATFORM_FILES.includes(entry));
  for (const entry of [...files, "README.md", "LICENSE"]) {
    fs.cpSync(path.join(root, entry), path.join(folder, entry), { recursive: true });
  }
  const { devDependencies: _, scripts: __, napi: ___, ...published } = packageJson;
  const optionalDependencies = Object.fromEntries(platforms.map((platform) => [`${packageJson.name}-${platform}`, packageJson.version]));
  fs.writeFileSync(path.join(folder, "package.json"), `${JSON.stringify({ ...published, files, optionalDependencies }, null, 2)}\n`);
  return folder;
}

function stage(name) {
  const folder = path.join(root, ".cache", "package", name);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

function pack(folder) {
  const options = { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] };
  const [{ filename, size, unpackedSize, entryCount }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", artifacts], options),
  );
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(`${filename}: ${entryCount} files, ${megabytes(size)}, unpacked ${megabytes(unpackedSize)}`);
}

function addonOf(platform) {
  return path.join(root, `${binaryName}.${platform}.node`);
}

function json(file) {
  return JSON.parse(fs.readFileSync(file, "utf8"));
}
