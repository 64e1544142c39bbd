// Writes the version of package.json, the only place where it is chosen, to the other files that have it.
//
//   node scripts/version.mjs            writes it; part of `npm run release:version`
//   node scripts/version.mjs --check    fails if a file has another one; part of `npm run check:generated`
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { packageJson, root, TARGETS } from "./targets.mjs";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const { version } = packageJson;

/** For each file, the places of the version: what precedes it, and the version itself as the second group. */
const PLACES = {
  "Cargo.toml": [/(\[workspace\.package\]\nversion = ")([^"]+)/, /(daytona-api = \{ path = "[^"]+", version = ")([^"]+)/],
  "Cargo.lock": crates().map((name) => new RegExp(`(name = "${name}"\\nversion = ")([^"]+)`)),
  "package-lock.json": [/(^\{\n {2}"name": "[^"]+",\n {2}"version": ")([^"]+)/, /("": \{\n\s+"name": "[^"]+",\n\s+"version": ")([^"]+)/],
  ...Object.fromEntries(
    TARGETS.flatMap(({ platform }) => [
      [`npm/${platform}/package.json`, [/("version": ")([^"]+)/]],
      [`npm/${platform}/index.cjs`, [/(exports\.version = ")([^"]+)/]],
    ]),
  ),
};

const others = Object.entries(PLACES).flatMap(([file, places]) => {
  const before = fs.readFileSync(path.join(root, file), "utf8");
  const after = places.reduce((text, place) => {
    if (!place.test(text)) fail(`cannot find the version in ${file}: nothing matches ${place}. Correct scripts/version.mjs`);
    return text.replace(place, `$1${version}`);
  }, before);
  if (after === before) return [];
  if (!values.check) fs.writeFileSync(path.join(root, file), after);
  return [file];
});
if (!values.check)
  console.log(others.length === 0 ? `version ${version} everywhere` : `version ${version} written to ${others.join(", ")}`);
else if (others.length > 0)
  fail(`the version is not ${version}, that of package.json, in ${others.join(", ")}. Run node scripts/version.mjs`);

/** The crates of the workspace, which have its version. */
function crates() {
  const members = fs.readdirSync(path.join(root, "crates")).map((name) => path.join("crates", name));
  return [".", ...members].map((member) => {
    const manifest = fs.readFileSync(path.join(root, member, "Cargo.toml"), "utf8");
    return /^\[package\]\nname = "([^"]+)"/m.exec(manifest)?.[1] ?? fail(`cannot find the name of the crate in ${member}/Cargo.toml`);
  });
}

function fail(reason) {
  console.error(`version: ${reason}`);
  process.exit(1);
}
