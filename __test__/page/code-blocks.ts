import { turnIf, type Turn } from "../support/scripted-model.js";
import type { Snippet } from "./snippets.js";

/** A code block of a document of this project: where it is, its context, and the expected results. */
export interface CodeBlock extends Partial<Omit<Snippet, "own" | "heading">> {
  document: string;
  heading: string;
  /** Turns of the model, for a block with an agent. */
  turns?: Turn[];
  /** Environment variables. */
  env?: Record<string, string>;
}

const importSandbox = 'import { DaytonaSandbox, DaytonaSandboxError } from "daytona-native";';

/** The turns of a model that writes a program and runs it. */
const writeAndRun: Turn[] = [
  () => ({ tool: "write_file", input: { file_path: "/home/daytona/hello.py", content: 'print("Hello, " + "world!")\n' } }),
  ([written]) => turnIf(written, /hello\.py/, { tool: "execute", input: { command: "python3 /home/daytona/hello.py" } }),
  ([, ran]) => turnIf(ran, /Hello, world!/, { text: "It greets the world." }),
];

/**
 * The JavaScript blocks that need a context of their own, in the order of each document. A block without one is a program by
 * itself, or has the context of its document in `documentContexts`.
 */
export const codeBlocks: CodeBlock[] = [
  {
    document: "README.md",
    heading: "With an agent",
    turns: writeAndRun,
  },
  {
    document: "docs/agents.md",
    heading: "One sandbox for each invocation",
    before: `
      import { ChatAnthropic } from "@langchain/anthropic";
      import { createDaytonaSandboxFactory } from "daytona-native";
      import { Daytona } from "daytona-native/sdk";
      import { createDeepAgent } from "deepagents";
      import { LocalDaytona } from "daytona-native/local";
      const local = await LocalDaytona.start();
      Object.assign(process.env, { DAYTONA_API_URL: local.apiUrl, DAYTONA_API_KEY: local.apiKey });
      const model = new ChatAnthropic({ model: "claude-sonnet-4-20250514" });`,
    after: `
      await factory.close();
      print({ left: (await new Daytona().listAll()).length });
      await local.close();`,
    result: { left: 0 },
    turns: writeAndRun,
  },
  {
    document: "docs/agents.md",
    heading: "One sandbox for several invocations",
    before: `
      import { ChatAnthropic } from "@langchain/anthropic";
      import { DaytonaSandbox } from "daytona-native";
      import { createDeepAgent } from "deepagents";
      process.env.DAYTONA_TARGET = "local";
      const model = new ChatAnthropic({ model: "claude-sonnet-4-5" });`,
    turns: writeAndRun,
  },
  {
    document: "docs/agents.md",
    heading: "An aborted run",
    before: `
      ${importSandbox}
      const sandbox = await DaytonaSandbox.create({ target: "local" });
      await sandbox.execute("mkdir /tmp/work");`,
    after: `
      print({ isThere: (await sandbox.execute("test -e /tmp/work")).exitCode === 0 });
      await sandbox.close();`,
    result: { isThere: false },
  },
  {
    document: "docs/agents.md",
    heading: "Follow the output of a command",
    before: `
      ${importSandbox}
      const sandbox = await DaytonaSandbox.create({ target: "local" });`,
    after: "await sandbox.close();",
  },
  {
    document: "docs/agents.md",
    heading: "A command that exceeds its timeout",
    // With a timeout of a second, without a minute to wait for it.
    before: `
      import * as original from "daytona-native";
      const DaytonaSandbox = {
        create: (options: original.DaytonaSandboxOptions) => original.DaytonaSandbox.create({ ...options, target: "local", timeout: 1 }),
      };`,
    after: `
      print(await sandbox.execute("echo started; sleep 600"));
      await sandbox.close();`,
    result: { output: "started\n[The command timed out after 1 s and was killed]\n", exitCode: 124, truncated: false },
  },
  {
    document: "docs/errors.md",
    heading: "Errors",
    before: `
      ${importSandbox}
      const sandbox = await DaytonaSandbox.create({ target: "local" });`,
    after: "await sandbox.close();\nprint({});",
    result: {},
    also: {
      // A command that takes longer than its timeout, without a minute to wait for it.
      before: `
        ${importSandbox}
        const created = await DaytonaSandbox.create({ target: "local" });
        const sandbox = {
          execute: (command: string, { timeout }: { timeout: number }) => created.execute(command + "; sleep 60", { timeout: timeout / 600 }),
        };`,
      after: "await created.close();\nprint({});",
      result: {},
      stderr: "make took longer than 60 seconds and was killed make: *** No targets specified and no makefile found.  Stop.\n\n",
    },
  },
  {
    document: "docs/getting-started.md",
    heading: "3. Give it to an agent",
    turns: writeAndRun,
    stdout: /^It greets the world\.\n$/,
  },
  {
    document: "docs/local.md",
    heading: "Local server",
    before: importSandbox,
    after: `
      const stopped = await fetch(daytona.apiUrl).then(() => false, () => true);
      print({ hadId: sandbox.id.length > 0, stopped });`,
    result: { hadId: true, stopped: true },
  },
];
