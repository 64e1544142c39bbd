// The replaced package's own tests, with this package in its place, at the local server:
//
//   DEEPAGENTSJS_DIR=<checkout of langchain-ai/deepagentsjs> node provider-tests.mjs auth.test.ts
//
// Installs the tarballs of `npm run package` in a throw-away project, and copies the tests there. They are not part of this
// repository. Two of the integration tests run TypeScript, which the local server leaves to Node.js 22.18 or later.
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const artifacts = path.join(root, "artifacts");
const checkout = process.env.DEEPAGENTSJS_DIR;
const [file] = process.argv.slice(2);
const tests = path.join(checkout, "libs/providers/daytona/src", file);
const standardTests = path.join(checkout, "libs/standard-tests/src");
for (const needed of [tests, standardTests]) {
  if (!fs.existsSync(needed)) throw new Error(`${needed} does not exist: DEEPAGENTSJS_DIR must be a checkout of langchain-ai/deepagentsjs`);
}

if (!fs.existsSync(artifacts)) throw new Error(`${artifacts} does not exist: run npm run package first`);
const project = fs.mkdtempSync(path.join(os.tmpdir(), "daytona-native-provider-"));
try {
  install();
  writeTests();
  const { numPassedTests, numFailedTests, testResults } = runTests();
  for (const { message, assertionResults } of testResults) {
    if (assertionResults.length === 0) console.log(`FAILED ${file}: ${message}`);
    for (const { status, fullName, failureMessages } of assertionResults) {
      if (status === "failed") console.log(`FAILED ${fullName}: ${failureMessages.join("\n")}`);
    }
  }
  console.log(`${numPassedTests} passed, ${numFailedTests} failed`);
  process.exitCode = numFailedTests === 0 && numPassedTests > 0 ? 0 : 1;
} finally {
  fs.rmSync(project, { recursive: true, force: true });
}

/** Installs the packed package under the name that it replaces, and what the tests need, in the versions of this checkout. */
function install() {
  const packed = fs.readdirSync(artifacts).map((tarball) => {
    const name = tarball.replace(/-\d+\.\d+\.\d+.*$/, "");
    return [name === "daytona-native" ? "@langchain/daytona" : name, `file:${path.join(artifacts, tarball)}`];
  });
  const { packages } = JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8"));
  const names = ["deepagents", "langchain", "@langchain/core", "@langchain/langgraph", "vitest"];
  const others = names.map((name) => [name, packages[`node_modules/${name}`].version]);
  const manifest = { private: true, type: "module", dependencies: Object.fromEntries([...packed, ...others]) };
  fs.writeFileSync(path.join(project, "package.json"), JSON.stringify(manifest));
  execFileSync("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: project, stdio: "pipe" });
}

/** Copies the tests; what they import from their own package comes from this one. */
function writeTests() {
  const source = path.join(project, "src");
  fs.mkdirSync(source);
  fs.copyFileSync(tests, path.join(source, file));
  fs.cpSync(standardTests, path.join(project, "standard-tests"), { recursive: true });
  fs.writeFileSync(path.join(source, "auth.ts"), 'export * from "@langchain/daytona";\n');
  fs.writeFileSync(path.join(source, "index.ts"), 'export * from "@langchain/daytona";\n');
  const alias = { "@langchain/sandbox-standard-tests/vitest": path.join(project, "standard-tests/vitest.ts") };
  fs.writeFileSync(path.join(project, "vitest.config.mjs"), `export default ${JSON.stringify({ resolve: { alias } })};\n`);
}

function runTests() {
  const report = path.join(project, "report.json");
  const args = ["run", `src/${file}`, "--globals", "--reporter=json", `--outputFile=${report}`];
  const { stderr } = spawnSync(process.execPath, [path.join(project, "node_modules/vitest/vitest.mjs"), ...args], {
    cwd: project,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (!fs.existsSync(report)) throw new Error(`Vitest wrote no report: ${stderr}`);
  return JSON.parse(fs.readFileSync(report, "utf8"));
}
