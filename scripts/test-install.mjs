// Tests packed tarballs on the system where it runs, as users have them: installs the main package and the package of this
// platform into a new project, imports every entry point in both formats, and uses the client and, on Linux, the local server.
// Needs Node.js and npm only, so that it runs in a container as well.
//
//   node scripts/test-install.mjs [FOLDER]    folder of the tarballs, default artifacts
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { hostTarget, packageJson, root } from "./targets.mjs";

const tarballs = path.resolve(root, process.argv[2] ?? "artifacts");
const target = hostTarget();
/** On Windows npm and npx are scripts. */
const shell = process.platform === "win32";

const IMPORTS = ["daytona-native", "daytona-native/sdk", "daytona-native/local"];
/** Prints how many names the entry points export. */
const PROGRAMS = {
  "imports.mjs": `${IMPORTS.map((name, index) => `import * as m${index} from "${name}";`).join("\n")}
console.log([m0, m1, m2].map((exports) => Object.keys(exports).length > 0).join());`,
  "imports.cjs": `console.log([${IMPORTS.map((name) => `require("${name}")`).join(", ")}].map((exports) => Object.keys(exports).length > 0).join());`,
  // DAYTONA_API_URL configures the service; the mock has an empty result for each command.
  "service.mjs": `import { BaseSandbox } from "deepagents";
import { DaytonaSandbox } from "daytona-native";
const sandbox = await DaytonaSandbox.create();
const { exitCode } = await sandbox.execute("true");
const [uploaded] = await sandbox.uploadFiles([["/home/daytona/a.txt", new TextEncoder().encode("contents")]]);
const [{ content }] = await sandbox.downloadFiles(["/home/daytona/a.txt"]);
await sandbox.close();
console.log([sandbox instanceof BaseSandbox, exitCode, uploaded.error, new TextDecoder().decode(content)].join());`,
  "local.mjs": `import { DaytonaSandbox } from "daytona-native";
const sandbox = await DaytonaSandbox.create({ target: "local" });
const { output } = await sandbox.execute("echo $((6 * 7))");
await sandbox.close();
console.log(output.trim());`,
};

const project = fs.mkdtempSync(path.join(os.tmpdir(), "daytona-native-install-"));
try {
  install();
  expect("imports.mjs", "true,true,true");
  expect("imports.cjs", "true,true,true");
  await withMock((env) => expect("service.mjs", "true,0,,contents", env));
  if (target.program === undefined) expectNoLocalServer();
  else {
    expect("local.mjs", "42");
    execFileSync("npx", ["--no-install", "daytona-local", "--help"], { cwd: project, stdio: ["ignore", "ignore", "inherit"], shell });
  }
  console.log(`${packageJson.name} works on ${target.platform} with Node.js ${process.version}`);
} catch (error) {
  console.error(`test-install: ${error.message}`);
  process.exitCode = 1;
} finally {
  fs.rmSync(project, { recursive: true, force: true, maxRetries: 5 });
}

function install() {
  const version = packageJson.version;
  const names = [packageJson.name, `${packageJson.name}-${target.platform}`];
  const dependencies = Object.fromEntries(names.map((name) => [name, `file:${path.join(tarballs, `${name}-${version}.tgz`)}`]));
  fs.writeFileSync(path.join(project, "package.json"), JSON.stringify({ private: true, dependencies }));
  for (const [name, source] of Object.entries(PROGRAMS)) fs.writeFileSync(path.join(project, name), source);
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: project, stdio: "inherit", shell });
}

/** Runs a program in the project and compares what it prints. */
function expect(program, wanted, env = {}) {
  const printed = execFileSync(process.execPath, [program], { cwd: project, encoding: "utf8", env: { ...process.env, ...env } }).trim();
  if (printed !== wanted) throw new Error(`${program} printed ${JSON.stringify(printed)}, expected ${JSON.stringify(wanted)}`);
  console.log(`${program}: ok`);
}

/** Where there is no local server, the error says so. */
function expectNoLocalServer() {
  const source = `import("daytona-native").then(({ DaytonaSandbox }) => DaytonaSandbox.create({ target: "local" }))
    .then(() => console.log("created"), (error) => console.log(error.message));`;
  const printed = execFileSync(process.execPath, ["--eval", source], { cwd: project, encoding: "utf8" });
  if (!printed.includes("daytona-local")) throw new Error(`without a local server, create() reports ${printed}`);
  console.log("the missing local server is named");
}

/** Runs the mock server of the benchmark, and calls back with the environment that selects it. */
async function withMock(use) {
  const mock = spawn(process.execPath, [path.join(root, "bench/mock-server.mjs")], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(mock, "exit");
  try {
    const [line] = await once(createInterface({ input: mock.stdout }), "line");
    const { apiUrl, apiKey } = JSON.parse(line);
    use({ DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: apiKey });
  } finally {
    mock.stdin.end();
    await ended;
  }
}
