// Packs what is published: the package of each platform, with the addon and the local server's program, and the main
// package. Writes the tarballs to `artifacts/`: npm run package.
//
//   node scripts/package.mjs                  builds for this machine with the profile `dist`, which takes minutes
//   node scripts/package.mjs --target T       builds for a target of package.json; may be repeated; see scripts/dist.mjs
//   node scripts/package.mjs --from FOLDER    packs builds of scripts/dist.mjs, a folder for each platform
//   node scripts/package.mjs --built          packs what `npm run setup` built for this machine: quick, but larger
//   node scripts/package.mjs --out FOLDER     writes to another folder
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { checkTarballs } from "./check-tarballs.mjs";
import { build } from "./dist.mjs";
import { hostTarget, packageJson, root, TARGETS, targetOf } from "./targets.mjs";

/** What an installation adds to a project at most, besides its peer: the main package and that of the platform. */
const LIMITS = { files: 30, bytes: 14e6 };

const { values } = parseArgs({
  options: {
    target: { type: "string", multiple: true },
    from: { type: "string" },
    built: { type: "boolean", default: false },
    out: { type: "string", default: "artifacts" },
  },
});
const out = path.resolve(root, values.out);
// Of this run, as two may write to different folders at a time.
const staging = path.join(root, ".cache", "package", String(process.pid));
const packed = path.join(staging, "tarballs");

try {
  const builds = await obtain();
  fs.mkdirSync(packed, { recursive: true });
  // In the order in which they are published.
  const platforms = builds.map(({ target, folder }) => ({ target, ...pack(stagePlatform(target, folder)) }));
  const main = pack(stageMain());
  replace(out);
  if (!values.built) check(main, platforms);
} catch (error) {
  console.error(`package: ${error.message}`);
  process.exitCode = 1;
} finally {
  fs.rmSync(staging, { recursive: true, force: true });
}

/** Returns the targets to pack, each with the folder of its addon and its program. */
async function obtain() {
  if (values.built) return [{ target: hostTarget(), folder: root }];
  if (values.from !== undefined) {
    const from = path.resolve(root, values.from);
    const present = TARGETS.filter(({ platform }) => fs.existsSync(path.join(from, platform)));
    if (present.length === 0) throw new Error(`there are no builds in ${from}. Build them with scripts/dist.mjs`);
    return present.map((target) => ({ target, folder: path.join(from, target.platform) }));
  }
  const targets = values.target?.map(targetOf) ?? [hostTarget()];
  const builds = [];
  for (const target of targets) builds.push({ target, folder: await build(target, { portable: values.target !== undefined }) });
  return builds;
}

/** Stages the package of a platform: its addon, and on Linux the program of the local server. */
function stagePlatform({ platform, files }, builds) {
  const folder = stage(platform);
  fs.cpSync(path.join(root, "npm", platform), folder, { recursive: true });
  for (const file of files) {
    if (!fs.existsSync(path.join(builds, file))) throw new Error(`${file} is not in ${builds}. Build it with scripts/dist.mjs`);
    fs.copyFileSync(path.join(builds, file), path.join(folder, file));
    // A build that went through an archive may have lost its mode.
    fs.chmodSync(path.join(folder, file), 0o755);
  }
  return folder;
}

/** Stages the main package, which depends on the package of each platform in its own version. */
function stageMain() {
  const folder = stage("main");
  const platformFiles = new Set(["*.node", ...TARGETS.flatMap(({ files }) => files)]);
  const files = packageJson.files.filter((entry) => !platformFiles.has(entry));
  for (const entry of [...files, "README.md", "LICENSE"]) {
    fs.cpSync(path.join(root, entry), path.join(folder, entry), { recursive: true });
  }
  const { devDependencies: _, scripts: __, napi: ___, ...published } = packageJson;
  const optionalDependencies = Object.fromEntries(TARGETS.map(({ platform }) => [`${packageJson.name}-${platform}`, packageJson.version]));
  fs.writeFileSync(path.join(folder, "package.json"), `${JSON.stringify({ ...published, files, optionalDependencies }, null, 2)}\n`);
  return folder;
}

function stage(name) {
  const folder = path.join(staging, name);
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

function pack(folder) {
  const options = { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], shell: process.platform === "win32" };
  const [{ filename, size, unpackedSize, entryCount }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", packed], options),
  );
  console.log(`${filename}: ${entryCount} files, ${megabytes(size)}, unpacked ${megabytes(unpackedSize)}`);
  return { unpackedSize, entryCount };
}

/** Replaces the tarballs of an earlier run, once all are packed. */
function replace(folder) {
  fs.mkdirSync(folder, { recursive: true });
  for (const name of fs.readdirSync(folder).filter((file) => file.endsWith(".tgz"))) fs.rmSync(path.join(folder, name));
  fs.cpSync(packed, folder, { recursive: true });
}

/** Checks the size of an installation on each platform, and the tarballs. */
function check(main, platforms) {
  for (const { target, unpackedSize, entryCount } of platforms) {
    const bytes = main.unpackedSize + unpackedSize;
    const files = main.entryCount + entryCount;
    console.log(`an installation for ${target.platform}: ${files} files, ${megabytes(bytes)}`);
    if (bytes > LIMITS.bytes || files > LIMITS.files) {
      throw new Error(`an installation for ${target.platform} has more than ${LIMITS.files} files or ${megabytes(LIMITS.bytes)}`);
    }
  }
  checkTarballs(out);
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
