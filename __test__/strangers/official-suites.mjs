// The end-to-end suites of the official clients, at the local server:
//
//   DAYTONA_CLIENTS_DIR=<checkout of daytona/clients> node __test__/strangers/official-suites.mjs [typescript|python|python-async …]
//
// The suite for TypeScript runs twice: with the official client, and with `daytona-native/sdk` in its place. The suites are
// not part of this repository. Needs the built package, and for Python what `strangers.spec.ts` installs.
//
// Sandboxes have what those of the service have and a machine may lack: language servers, which are those of this project, and
// the repository that the suites clone. It is a copy on this machine: that in HELLO_WORLD_DIR, or a small one with its branches.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(import.meta.url);
const { LocalDaytona } = require(path.join(root, "local.cjs"));
const { Daytona } = require(path.join(root, "sdk.cjs"));
const checkout = process.env.DAYTONA_CLIENTS_DIR ?? "";
const python = path.join(root, ".cache/strangers-python/bin/python");
/** What the suite expects of Jest's global object. */
const SETUP = `import { vi } from "vitest";
globalThis.jest = { ...vi, setTimeout: (testTimeout) => vi.setConfig({ testTimeout, hookTimeout: testTimeout }) };
`;
const SUITES = {
  typescript: () => [typescript("@daytona/sdk"), typescript("daytona-native/sdk")],
  python: () => [pytest("test_e2e.py")],
  "python-async": () => [pytest("test_async_e2e.py")],
};

const names = process.argv.slice(2);
for (const name of names) if (!(name in SUITES)) throw new Error(`${name} is not a suite. Use some of ${Object.keys(SUITES).join(", ")}`);
if (!fs.existsSync(path.join(checkout, "sdk-typescript"))) {
  throw new Error(`DAYTONA_CLIENTS_DIR must be a checkout of daytona/clients: ${checkout} has no folder sdk-typescript`);
}
fs.mkdirSync(path.join(root, ".cache"), { recursive: true });
// Below the package, so that its dependencies and the package itself are found by name.
const project = fs.mkdtempSync(path.join(root, ".cache", "official-suites-"));
const server = await LocalDaytona.start(await sandboxOptions());
try {
  let failures = 0;
  for (const name of names.length > 0 ? names : Object.keys(SUITES)) {
    for (const { title, passed, failed } of SUITES[name]()) {
      for (const { test, message } of failed) console.log(`FAILED ${title}: ${test}\n    ${message.split("\n")[0]}`);
      console.log(`${title}: ${passed} passed, ${failed.length} failed`);
      failures += failed.length;
    }
  }
  process.exitCode = failures > 0 ? 1 : 0;
} finally {
  fs.rmSync(project, { recursive: true, force: true });
  await server.close();
}

/** Programs and repositories of sandboxes. */
async function sandboxOptions() {
  const modules = path.join(root, "node_modules");
  const repositories = path.join(project, "repositories");
  const repository = path.join(repositories, "octocat/Hello-World.git");
  fs.mkdirSync(repository, { recursive: true });
  if (process.env.HELLO_WORLD_DIR) fs.cpSync(process.env.HELLO_WORLD_DIR, repository, { recursive: true });
  else makeHelloWorld(repository);
  // A file, since git removes the variables of its configuration from the program that serves a local repository, which
  // must trust one that belongs to another user.
  const configuration = path.join(project, "gitconfig");
  const lines = ['[url "file:///srv/repositories/"]', "insteadOf = https://github.com/", "[safe]", "directory = *", ""];
  fs.writeFileSync(configuration, lines.join("\n"));
  return {
    binds: [modules, { source: repositories, target: "/srv/repositories" }, { source: configuration, target: "/srv/gitconfig" }],
    env: {
      GIT_CONFIG_SYSTEM: "/srv/gitconfig",
      PATH: `${path.join(modules, ".bin")}:${await usualPath()}`,
    },
  };
}

/** Returns the PATH of sandboxes that are given none. */
async function usualPath() {
  const plain = await LocalDaytona.start();
  try {
    const sandbox = await new Daytona({ apiUrl: plain.apiUrl, apiKey: plain.apiKey }).create();
    return (await sandbox.process.executeCommand("printenv PATH")).result.trim();
  } finally {
    await plain.close();
  }
}

/** Makes a bare repository with the branches of https://github.com/octocat/Hello-World. */
function makeHelloWorld(repository) {
  const git = (input, ...args) => {
    const identity = ["-c", "user.name=Octocat", "-c", "user.email=octocat@example.com"];
    const { status, stdout, stderr, error } = spawnSync("git", [...identity, ...args], { cwd: repository, input, encoding: "utf8" });
    if (error) throw error;
    if (status !== 0) throw new Error(`git ${args.join(" ")} failed: ${stderr}`);
    return stdout.trim();
  };
  git("", "init", "--quiet", "--bare", "--initial-branch=master");
  const readme = git("Hello World!\n", "hash-object", "-w", "--stdin");
  const tree = git(`100644 blob ${readme}\tREADME\n`, "mktree");
  const first = git("", "commit-tree", tree, "-m", "first commit");
  git("", "update-ref", "refs/heads/master", first);
  git("", "update-ref", "refs/heads/test", git("", "commit-tree", tree, "-p", first, "-m", "Create a branch"));
}

/** Runs the suite for Jest in Vitest; what it imports from its own package comes from another one. */
function typescript(sdk) {
  const folder = path.join(project, sdk.replaceAll("/", "-"));
  const tests = path.join(folder, "src/__tests__");
  fs.mkdirSync(tests, { recursive: true });
  const suite = path.join(checkout, "sdk-typescript/src/__tests__/e2e.test.ts");
  const source = fs.readFileSync(suite, "utf8");
  fs.writeFileSync(path.join(tests, "e2e.test.ts"), source);
  for (const [, module] of source.matchAll(/from '\.\.\/([^']+)'/g)) {
    const file = path.join(folder, "src", `${module}.ts`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `export * from "${sdk}";\n`);
  }
  fs.writeFileSync(path.join(folder, "setup.mjs"), SETUP);
  fs.writeFileSync(path.join(folder, "vitest.config.mjs"), 'export default { test: { globals: true, setupFiles: "./setup.mjs" } };\n');
  const report = path.join(folder, "report.json");
  const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
  run(process.execPath, [vitest, "run", "--root", folder, "--reporter=json", `--outputFile=${report}`], folder, report);
  const { testResults, numPassedTests } = JSON.parse(fs.readFileSync(report, "utf8"));
  const results = testResults.flatMap(({ assertionResults, message, name }) =>
    assertionResults.length > 0 ? assertionResults : [{ status: "failed", fullName: name, failureMessages: [message] }],
  );
  const failed = results
    .filter(({ status }) => status === "failed")
    .map(({ fullName, failureMessages }) => ({ test: fullName, message: failureMessages[0] ?? "" }));
  return { title: sdk, passed: numPassedTests, failed };
}

/** Runs a suite of the official client for Python. */
function pytest(file) {
  if (!fs.existsSync(python)) throw new Error(`${python} does not exist: run npx vitest run __test__/strangers.spec.ts first`);
  run(python, ["-m", "pip", "install", "--quiet", "pytest", "pytest-asyncio", "requests"], root);
  const report = path.join(project, `${file}.xml`);
  const folder = path.join(project, file.replace(".py", ""));
  fs.mkdirSync(folder);
  fs.copyFileSync(path.join(checkout, "sdk-python/tests", file), path.join(folder, file));
  run(python, ["-m", "pytest", "-q", "-o", "asyncio_mode=auto", `--junitxml=${report}`, file], folder, report);
  const cases = fs.readFileSync(report, "utf8").split("<testcase ").slice(1);
  const failed = cases
    .filter((text) => /<(failure|error) /.test(text))
    .map((text) => ({
      test: / name="([^"]*)"/.exec(text)?.[1] ?? "",
      message: /<(?:failure|error) message="([^"]*)"/.exec(text)?.[1].replaceAll("&#10;", " ") ?? "",
    }));
  const skipped = cases.filter((text) => text.includes("<skipped ")).length;
  return { title: file, passed: cases.length - failed.length - skipped, failed };
}

/** Runs a program to its end; `report` is the file that it must write. */
function run(command, args, cwd, report) {
  const env = { ...process.env, DAYTONA_API_URL: server.apiUrl, DAYTONA_API_KEY: server.apiKey, DAYTONA_TARGET: "us" };
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: "utf8", maxBuffer: 64 << 20 });
  if (error) throw error;
  if (report === undefined ? status !== 0 : !fs.existsSync(report)) throw new Error(`${command} failed:\n${stdout}\n${stderr}`);
}
