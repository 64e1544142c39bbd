import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import * as original from "@langchain/daytona";
import * as ours from "daytona-native";
import { Daytona } from "daytona-native/sdk";
import { BaseSandbox, createDeepAgent } from "deepagents";
import { mismatch, ScriptedModel } from "../../examples/scripted-model.mjs";
import { differences } from "../differences.js";
import { execution } from "../suites/execution.js";
import { files } from "../suites/files.js";
import { lifecycle } from "../suites/lifecycle.js";
import { record } from "../suites/record.js";
import type { PackageUnderTest, Provider } from "../suites/suite.js";
import { tools } from "../suites/tools.js";

// Runs the parity suite and an agent in a folder with one version of deepagents, without a test runner, so that it can
// be compiled to either format. scripts/test-matrix.mjs starts it and reads the line that it prints.

const { DAYTONA_API_URL: apiUrl = "", DAYTONA_API_KEY: apiKey = "" } = process.env;
const provider = (name: string, api: unknown): Provider => ({ name, api: api as PackageUnderTest, auth: { apiUrl, apiKey } });
const [theirs, mine] = [provider("@langchain/daytona", original), provider("daytona-native", ours)];

async function parity() {
  const report = { cases: 0, equal: 0, listed: 0, wrong: [] as string[] };
  for (const suite of [execution, files, tools, lifecycle]) {
    const [theirSandbox, mySandbox] = await Promise.all([theirs, mine].map(({ api, auth }) => api.DaytonaSandbox.create({ auth })));
    for (const testCase of suite.cases) {
      const before = await record(theirs, theirSandbox, suite, testCase);
      const now = await record(mine, mySandbox, suite, testCase);
      const difference = differences.find((entry) => entry.suite === suite.name && entry.case === testCase.name);
      report.cases += 1;
      if (isDeepStrictEqual(now, before)) report.equal += 1;
      else if (difference !== undefined && isDeepStrictEqual(now, difference.ours)) report.listed += 1;
      else report.wrong.push(`${suite.name}: ${testCase.name}: ${JSON.stringify(now)} instead of ${JSON.stringify(before)}`);
    }
    await Promise.all([theirSandbox?.close(), mySandbox?.close()]);
  }
  return report;
}

interface ToolResult {
  name: string;
  text: string;
}

/** A turn that checks the results of the tools. */
const after = (wanted: RegExp, turn: object) => (results: ToolResult[]) =>
  results.every(({ text }) => wanted.test(text))
    ? turn
    : mismatch(
        String(wanted),
        results.find(({ text }) => !wanted.test(text)),
      );
const call = (name: string, args: object) => ({ say: name, calls: [{ name, args }] });

type Backend = NonNullable<Parameters<typeof createDeepAgent>[0]>["backend"];

/** An agent writes a program, finds its defect, repairs it, and runs it again. */
async function repair(backend: Backend) {
  const file = "/home/daytona/project/sum.py";
  const run = call("execute", { command: `python3 ${file}` });
  const script = [
    call("write_file", { file_path: file, content: "numbers = [1, 2, 3]\nprint('sum', sum(numbers) + 1)\n" }),
    after(/./, run),
    after(/sum 7/, call("grep", { pattern: "sum(numbers)", path: "/home/daytona/project" })),
    after(/sum\.py/, call("read_file", { file_path: file })),
    after(/numbers = \[1, 2, 3\]/, call("edit_file", { file_path: file, old_string: "sum(numbers) + 1", new_string: "sum(numbers)" })),
    after(/./, run),
    after(/sum 6/, { say: "It adds up." }),
  ];
  const deepAgent = createDeepAgent({ model: new ScriptedModel({ script }), backend });
  const { messages } = (await deepAgent.invoke({ messages: [{ role: "user", content: "Repair the sum" }] })) as {
    messages: { content: unknown }[];
  };
  const said = messages.at(-1)?.content;
  if (said !== "It adds up.") throw new Error(`the agent's last message was ${JSON.stringify(said)}`);
}

/** The agent with one sandbox, and with a factory. */
async function agent() {
  const sandbox = await ours.DaytonaSandbox.create({ auth: mine.auth });
  if (!(sandbox instanceof BaseSandbox)) throw new Error("the sandbox is not an instance of this deepagents' BaseSandbox");
  try {
    await repair(sandbox);
  } finally {
    await sandbox.close();
  }
  const labels = { factory: crypto.randomUUID() };
  await repair(ours.createDaytonaSandboxFactory({ auth: mine.auth, labels }));
  await deleted(labels);
}

/** Waits until the sandbox of an ended invocation is deleted. */
async function deleted(labels: Record<string, string>) {
  const daytona = new Daytona(mine.auth);
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    const { done } = await daytona.list({ labels }).next();
    if (done) return;
  }
  throw new Error("the factory's sandbox still exists 10 seconds after the invocation");
}

async function main() {
  const agentRun = await agent().then(
    () => "runs",
    (error: Error) => error.message,
  );
  console.log(JSON.stringify({ parity: await parity(), agent: agentRun }));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
