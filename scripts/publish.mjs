// Publishes packed tarballs: the packages of the platforms first and the main package last, so that it can be installed as
// soon as it can be found. A version that is published already is skipped, so that a run that failed can be repeated.
//
//   node scripts/publish.mjs [FOLDER]              default artifacts
//   node scripts/publish.mjs --dry-run             checks everything, and publishes nothing
//   node scripts/publish.mjs --dry-run --partial   also with the packages of some platforms only
//   node scripts/publish.mjs --registry URL        another registry than npm's configuration has
//
// A pre-release gets the tag `next`, any other version `latest`. In GitHub Actions a statement of provenance is published, too.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { packageJson, root } from "./targets.mjs";

const { values, positionals } = parseArgs({
  options: {
    "dry-run": { type: "boolean", default: false },
    partial: { type: "boolean", default: false },
    registry: { type: "string" },
  },
  allowPositionals: true,
});
/** On Windows npm is a script. */
const SHELL = process.platform === "win32";
const dryRun = values["dry-run"];
const folder = path.resolve(root, positionals[0] ?? "artifacts");
const registry = values.registry === undefined ? [] : ["--registry", values.registry];

try {
  if (values.partial && !dryRun) throw new Error("--partial requires --dry-run: a release has the packages of all platforms");
  const tarballs = read();
  const ordered = order(tarballs);
  // Before anything is published, so that a registry that cannot be asked changes nothing.
  const published = await Promise.all(ordered.map(integrityInRegistry));
  ordered.forEach((tarball, index) => {
    publish(tarball, published[index]);
  });
} catch (error) {
  console.error(`publish: ${error.message}`);
  process.exitCode = 1;
}

/** Reads the tarballs of the folder. */
function read() {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith(".tgz")) : [];
  if (names.length === 0) throw new Error(`there are no tarballs in ${folder}. Pack them with npm run package`);
  return names.map((file) => {
    // Without the folder: tar takes what precedes a colon, as in C:\, for the name of a machine.
    const manifest = JSON.parse(execFileSync("tar", ["-xzOf", file, "package/package.json"], { cwd: folder, encoding: "utf8" }));
    return { ...manifest, file: path.join(folder, file) };
  });
}

/** Returns the tarballs in the order in which they are published. Fails if they are not one complete release. */
function order(tarballs) {
  const main = tarballs.find(({ name }) => name === packageJson.name);
  if (main === undefined) throw new Error(`the tarball of ${packageJson.name} is not in ${folder}`);
  const wanted = Object.entries(main.optionalDependencies ?? {});
  const platforms = wanted.map(([name, version]) => tarballs.find((tarball) => tarball.name === name && tarball.version === version));
  const missing = wanted.filter((_, index) => platforms[index] === undefined).map(([name, version]) => `${name}@${version}`);
  if (missing.length > 0) {
    const message = `${missing.length} of ${wanted.length} packages that ${main.name}@${main.version} depends on are not in ${folder}: ${missing.join(", ")}`;
    if (!values.partial) throw new Error(`${message}. Build and pack them first`);
    console.log(message);
  }
  const complete = [...platforms.filter((tarball) => tarball !== undefined), main];
  const others = tarballs.filter((tarball) => !complete.includes(tarball)).map(({ file }) => path.basename(file));
  if (others.length > 0) throw new Error(`${others.join(", ")} in ${folder} do not belong to ${main.name}@${main.version}. Remove them`);
  return complete;
}

/** Returns the integrity of the version that is published, or undefined if it is not. */
async function integrityInRegistry({ name, version }) {
  const args = ["view", `${name}@${version}`, "dist.integrity", "--json", ...registry];
  const { failed, stdout, stderr } = await new Promise((resolve) => {
    execFile("npm", args, { cwd: folder, shell: SHELL }, (error, stdout, stderr) => resolve({ failed: error !== null, stdout, stderr }));
  });
  // Where the package exists without this version, npm prints nothing.
  if (!failed) return stdout.trim() === "" ? undefined : JSON.parse(stdout);
  if (stdout.includes('"E404"')) return undefined;
  throw new Error(`cannot find out whether ${name}@${version} is published: ${stderr.trim()}. Nothing was published`);
}

function publish({ name, version, file }, published) {
  const id = `${name}@${version}`;
  if (published !== undefined) {
    const same = published === integrity(file);
    console.log(`${id}: published already${same ? "" : ", with other contents than this tarball has"}; skipped`);
    return;
  }
  const tag = version.includes("-") ? "next" : "latest";
  const provenance = !dryRun && process.env.ACTIONS_ID_TOKEN_REQUEST_URL !== undefined ? ["--provenance"] : [];
  const options = ["--access", "public", "--tag", tag, "--ignore-scripts", ...provenance, ...(dryRun ? ["--dry-run"] : []), ...registry];
  const { status, stderr } = spawnSync("npm", ["publish", file, ...options], { cwd: folder, encoding: "utf8", shell: SHELL });
  if (status !== 0) {
    throw new Error(
      `cannot publish ${id}: ${stderr.trim()}. Neither it nor what follows it was published; correct the cause and run this again`,
    );
  }
  console.log(dryRun ? `${id}: would be published with the tag ${tag}` : `${id}: published with the tag ${tag}`);
}

function integrity(file) {
  return `sha512-${createHash("sha512").update(fs.readFileSync(file)).digest("base64")}`;
}
