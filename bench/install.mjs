// Measures what an installation of this package and of those that it replaces adds to a project, and what importing it costs.
//
//   npm run bench:install                 needs the tarballs of npm run package, and npm's registry
//   npm run bench:install -- --runs 15    number of runs for the medians (default 9; installations: a third of them)
//
// Prints a table with the targets, and writes it to README.md between <!-- bench:install --> and <!-- /bench:install -->.
// Machines are noisy: quote ratios of one run, never single times.
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { median } from "./compare.mjs";
import { atMost, summary, table } from "./table.mjs";

const exec = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const { devDependencies } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
const { packages: locked } = JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8"));
const { values } = parseArgs({ options: { runs: { type: "string", default: "9" } } });
const runs = Number(values.runs);

const OURS = "daytona-native";
const SUBJECTS = [
  { name: OURS, dependencies: tarballs(), entries: { package: OURS, sdk: `${OURS}/sdk` } },
  ...["@langchain/daytona", "@daytona/sdk"].map((name) => ({
    name,
    dependencies: { [name]: devDependencies[name] },
    entries: name.endsWith("/sdk") ? { sdk: name } : { package: name },
  })),
];
/** The peer, and its own peers: a project has them already, so they are not counted. */
const PEERS = Object.fromEntries(
  ["deepagents", "langchain", "@langchain/core", "@langchain/langgraph"].map((name) => [name, locked[`node_modules/${name}`].version]),
);

const parent = fs.mkdtempSync(path.join(os.tmpdir(), "daytona-native-bench-install-"));
try {
  const results = SUBJECTS.map((subject) => ({ ...subject, folder: path.join(parent, subject.name.replaceAll("/", "+")), installs: [] }));
  const base = path.join(parent, "base");
  fs.mkdirSync(base);
  await install(base, PEERS);
  // The first installation fills npm's cache.
  for (let run = 0; run <= Math.ceil(runs / 3); run++) {
    for (const { folder, dependencies, installs } of results) {
      fs.rmSync(folder, { recursive: true, force: true });
      fs.cpSync(base, folder, { recursive: true, verbatimSymlinks: true });
      const ms = await install(folder, { ...PEERS, ...dependencies });
      if (run > 0) installs.push(ms);
    }
  }
  const before = contents(base);
  for (const result of results) {
    const after = contents(result.folder);
    result.added = Object.fromEntries(Object.keys(after).map((key) => [key, after[key] - before[key]]));
  }
  for (const result of results) {
    result.imports = { package: [], sdk: [] };
    // What Node.js does for any module that imports deepagents, all of whose modules it visits again.
    fs.writeFileSync(path.join(result.folder, "only-deepagents.mjs"), 'export { BaseSandbox } from "deepagents";\n');
  }
  const bare = { package: [], sdk: [] };
  for (let run = 0; run < runs; run++) {
    bare.sdk.push(await load(parent));
    for (const { folder, entries, imports } of results) {
      if (entries.sdk) imports.sdk.push(await load(folder, entries.sdk));
      if (entries.package === undefined) continue;
      bare.package.push(await load(folder, "./only-deepagents.mjs", "deepagents"));
      imports.package.push(await load(folder, entries.package, "deepagents"));
    }
  }
  report(results, bare);
} finally {
  fs.rmSync(parent, { recursive: true, force: true });
}

/** The main package and that of this platform, as dependencies. */
function tarballs() {
  const folder = path.join(root, "artifacts");
  const packed = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith(".tgz")) : [];
  const platform = new RegExp(`^daytona-native-(${process.platform}-${process.arch}[^.]*-)?\\d`);
  const needed = packed.filter((name) => platform.test(name) && !(name.includes("musl") && isGlibc()));
  if (needed.length < 2) throw new Error(`${folder} does not contain the tarballs for this machine: run npm run package first`);
  return Object.fromEntries(needed.map((name) => [name.replace(/-\d+\.\d+\.\d+.*$/, ""), `file:${path.join(folder, name)}`]));
}

function isGlibc() {
  return process.report.getReport().header.glibcVersionRuntime !== undefined;
}

/** Installs the dependencies of a project. Returns the time in milliseconds. */
async function install(folder, dependencies) {
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  const from = performance.now();
  await exec("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund"], { cwd: folder });
  return performance.now() - from;
}

/** What is installed in a project: packages, files and megabytes, without what npm notes for itself. */
function contents(folder) {
  const modules = path.join(folder, "node_modules");
  const packages = Object.keys(JSON.parse(fs.readFileSync(path.join(modules, ".package-lock.json"), "utf8")).packages);
  const entries = fs.readdirSync(modules, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== ".package-lock.json");
  const bytes = files.map((entry) => fs.statSync(path.join(entry.parentPath ?? entry.path, entry.name)).size);
  return { packages: packages.length, files: files.length, megabytes: bytes.reduce((sum, size) => sum + size, 0) / 1e6 };
}

/**
 * Imports a package in a new process, after those that are not measured. Returns its time and memory. A module without content
 * is the first: what Node.js loads to import anything is not the package's, and a program has it before its first import.
 */
async function load(folder, name, ...before) {
  const program = `
    for (const name of ${JSON.stringify(["data:text/javascript,", ...before])}) await import(name);
    // deepagents goes on loading modules after its import.
    ${before.length === 0 ? "" : "await new Promise((resolve) => setTimeout(resolve, 500));"}
    const memory = process.memoryUsage.rss();
    const from = performance.now();
    ${name === undefined ? "" : `await import(${JSON.stringify(name)});`}
    const ms = performance.now() - from;
    console.log(JSON.stringify({ ms, megabytes: (process.memoryUsage.rss() - memory) / 1e6 }));`;
  const { stdout } = await exec(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder });
  return JSON.parse(stdout);
}

/** Prints the tables, and writes the short one to the README. */
function report(results, bare) {
  const [ours, ...originals] = results;
  const medianOf = (loads, key) => median(loads.map((load) => load[key]));
  const rows = [
    { what: "packages added", unit: "", of: ({ added }) => added.packages },
    { what: "files added", unit: "", of: ({ added }) => added.files, target: atMost(30) },
    { what: "unpacked size", unit: "MB", of: ({ added }) => added.megabytes, target: atMost(14) },
    { what: "npm install, warm cache", unit: "ms", of: ({ installs }) => median(installs) },
  ];
  for (const [kind, what, limit] of [
    ["package", "import after deepagents", { ms: 15 }],
    ["sdk", "import of the SDK", { ms: 12, megabytes: 10 }],
  ]) {
    for (const [key, unit, suffix] of [
      ["ms", "ms", "time"],
      ["megabytes", "MB", "memory"],
    ]) {
      const of = ({ imports }) => (imports[kind].length === 0 ? undefined : medianOf(imports[kind], key) - medianOf(bare[kind], key));
      rows.push({ what: `${what}, ${suffix}`, unit, of, target: limit[key] && atMost(limit[key]) });
    }
  }
  for (const original of originals) {
    const compared = rows.filter(({ of }) => of(original) !== undefined);
    const figures = compared.map((row) => ({ ...row, original: row.of(original), ours: row.of(ours) }));
    table(`Compared with ${original.name} ${devDependencies[original.name]} (medians)`, figures);
  }
  summary();
  writeReadme([
    `| | ${originals.map(({ name }) => `\`${name}\``).join(" | ")} | \`${OURS}\` |`,
    `| --- |${" ---: |".repeat(results.length)}`,
    ...rows.map(({ what, unit, of }) => `| ${what} | ${[...originals, ours].map((result) => cell(of(result), unit)).join(" | ")} |`),
  ]);
}

function cell(value, unit) {
  if (value === undefined) return "";
  if (unit === "ms" && value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value < 10 && unit === "MB" ? value.toFixed(1) : Math.round(value).toLocaleString("en-US")}${unit && ` ${unit}`}`;
}

function writeReadme(lines) {
  const file = path.join(root, "README.md");
  const text = fs.readFileSync(file, "utf8");
  const marked = /(<!-- bench:install -->\n)[\s\S]*?(<!-- \/bench:install -->)/;
  console.log(`\n${lines.join("\n")}`);
  if (!marked.test(text)) return console.log("\nREADME.md has no place for this table: <!-- bench:install --> and <!-- /bench:install -->");
  fs.writeFileSync(
    file,
    text.replace(marked, (_, open, close) => `${open}\n${lines.join("\n")}\n\n${close}`),
  );
  console.log("\nwrote the table to README.md");
}
