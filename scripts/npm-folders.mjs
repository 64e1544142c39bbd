// Writes the package.json, the README and the module of each platform's package to `npm`: npm run build:npm. What is common to all
// packages of napi-rs is made by its own command from package.json; this adds what is particular to these.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { packageJson, readJson, root, TARGETS } from "./targets.mjs";

const SYSTEMS = { linux: "Linux", darwin: "macOS", win32: "Windows" };
const LIBRARIES = { gnu: " (glibc)", musl: " (musl, such as Alpine)" };
const npm = path.join(root, "npm");
const made = path.join(root, ".cache", "npm");

fs.rmSync(made, { recursive: true, force: true });
execFileSync(process.execPath, [path.join(root, "node_modules/@napi-rs/cli/dist/cli.js"), "create-npm-dirs", "--npm-dir", made], {
  cwd: root,
  stdio: ["ignore", "ignore", "pipe"],
});
// Anew, so that nothing of a target that was removed stays.
fs.rmSync(npm, { recursive: true, force: true });
for (const target of TARGETS) {
  const folder = path.join(npm, target.platform);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "package.json"), `${JSON.stringify(manifest(target), null, 2)}\n`);
  fs.writeFileSync(path.join(folder, "README.md"), readme(target));
  fs.writeFileSync(path.join(folder, "index.cjs"), entry(target, packageJson.version));
}

function manifest({ platform, files }) {
  const { name, version, ...common } = readJson(path.join(made, platform, "package.json"));
  return {
    name,
    version,
    ...common,
    description: `The native files of ${packageJson.name} for ${platform}`,
    repository: { ...packageJson.repository, directory: `npm/${platform}` },
    homepage: packageJson.homepage,
    bugs: packageJson.bugs,
    type: "commonjs",
    main: "index.cjs",
    files: ["index.cjs", ...files],
    // Yarn keeps packages in archives, from which neither an addon is loaded nor a program started.
    preferUnplugged: true,
  };
}

/** The module that tells daytona-native where the files are. */
function entry({ addon, program }, version) {
  const place = (name, file) => `exports.${name} = path.join(__dirname, "${file}");\n`;
  return `// Paths of the files of this package, which daytona-native loads. Does not load them itself.
const path = require("node:path");

exports.version = "${version}";
${place("addon", addon)}${program === undefined ? "" : place("program", program)}`;
}

function readme({ platform, triple, os, abi, program }) {
  const system = `${SYSTEMS[os]} on ${platform.split("-")[1]}${LIBRARIES[abi] ?? ""}`;
  const server = program === undefined ? "" : " and the program of its local server";
  return `# ${packageJson.name}-${platform}

The native addon of [${packageJson.name}](${packageJson.homepage})${server} for ${system}:
\`${triple}\`.

Do not install this package directly. \`npm install ${packageJson.name}\` installs the package of your platform, in its own version.
`;
}
