import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { cleanEnv } from "../support/run-program.js";
import { root } from "../support/server.js";
import { pattern } from "./expected-output.js";

/** How a line of a shell block is checked, and what is wrong with it. */
interface Check {
  how: string;
  problem: string | null;
}

const { scripts, name: packageName } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as {
  name: string;
  scripts: Record<string, string>;
};

const KNOWN_PACKAGES = [packageName, "deepagents", "@langchain/anthropic", "@langchain/daytona", "@daytona/sdk", "vitest", "jest"];

/** The kinds of commands. The first whose pattern matches a line has it. */
const KINDS: { line: RegExp; how: string; problem?: (match: RegExpExecArray) => string | null }[] = [
  {
    line: /^(?:npm (?:install|i|uninstall)|pnpm (?:add|remove)|yarn (?:add|remove)|bun (?:add|remove)) (.+)$/,
    how: "not run, because they install from a registry; the names of the packages are checked",
    problem: ([, names = ""]) => {
      const unknown = names
        .split(" ")
        .filter((word) => !word.startsWith("-"))
        .map((word) => word.replace(/(?<=.)@npm:.*$/, ""))
        .filter((word) => !KNOWN_PACKAGES.includes(word));
      return unknown.length === 0 ? null : `${unknown.join(", ")} is not a package that the documents tell to install`;
    },
  },
  {
    line: /^(?:[A-Z_]+=\S+ )*npm (?:run )?(?:--silent )?([\w:]+)( -- .*)?$/,
    how: "run by other tests or by hand; that package.json has the script is checked",
    problem: ([, script = ""]) => (script in scripts || script === "ci" ? null : `package.json has no script ${script}`),
  },
  {
    line: /^(?:[A-Z_]+=\S+ )*node ((?:examples|bench|scripts)\/\S+)/,
    how: "run by other tests or by hand; that the file exists is checked",
    problem: ([, file = ""]) => (fs.existsSync(path.join(root, file)) ? null : `${file} does not exist`),
  },
  {
    line: /^\.ci\/\w+$/,
    how: "run by continuous integration; that the file exists is checked",
    problem: ([file]) => (fs.existsSync(path.join(root, file)) ? null : `${file} does not exist`),
  },
  { line: /^(?:[A-Z_]+=\S+ )*(?:node|npx vitest|npx jest)(?: .*)?$/, how: "not run, because they run the reader's own program" },
  { line: /^export [A-Z_]+=/, how: "not run, because they set the reader's own keys and addresses" },
  { line: /^(?:mkdir .*|npm init -y)$/, how: "not run, because they prepare the reader's own folder" },
  { line: /^(?:npx esbuild |cp node_modules\/|--banner:js=)/, how: "not run, because they bundle the reader's own program" },
  { line: /^git clone .*$/, how: "not run, because they need the network" },
  { line: /^(?:sudo |docker |apt-get )/, how: "not run, because they change the machine" },
];

/** Returns how a line of a shell block is checked. */
export function howToCheck(line: string): Check {
  for (const { line: pattern, how, problem } of KINDS) {
    const match = pattern.exec(line);
    if (match !== null) return { how, problem: problem?.(match) ?? null };
  }
  return { how: "unknown", problem: "no kind in __test__/page/shell.ts matches: add one that runs it, or says why it cannot be run" };
}

/** Runs the command of a console block until it has printed what the block shows, and interrupts it. */
export async function runConsole(code: string): Promise<void> {
  const [prompt = "", ...shown] = code.split("\n");
  const [, program, args = ""] = /^\$ npx (daytona-local)(?: (.*))?$/.exec(prompt) ?? [];
  if (program === undefined) throw new Error(`cannot run "${prompt}": only npx daytona-local is known`);
  // A fixed port may be in use on this machine.
  const given = args.split(" ").filter((arg) => arg !== "");
  const port = given.includes("--port") ? given[given.indexOf("--port") + 1] : undefined;
  const free = given.map((arg) => (arg === port ? "0" : arg));
  const child = spawn(process.execPath, ["bin/daytona-local.js", ...free], {
    cwd: root,
    env: cleanEnv(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const wanted = pattern(shown.map((line) => line.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:…").replace(/isolation: \w+/, "isolation: …")));
  let output = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    output += chunk;
    if (wanted.test(output)) child.kill("SIGINT");
    else if (output.split("\n").length > shown.length + 1) break;
  }
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGINT");
    await once(child, "exit");
  }
  if (!wanted.test(output)) throw new Error(`${prompt} printed\n${output}\nbut the document shows\n${shown.join("\n")}`);
}
