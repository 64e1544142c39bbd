/** The program of one heading: its context, an equivalent program of this project, and the expected results. */
export interface Snippet {
  heading: string;
  /** Equivalent program of this project, which runs also without the page. */
  own: string;
  /** Statements before the code, for what is in scope. */
  before?: string;
  /** Statements after the code; the last one prints the result as JSON. */
  after: string;
  /** The expected result. */
  result: unknown;
  /** The expected output of the code itself. */
  stdout?: RegExp;
  /** The expected standard error. */
  stderr?: string;
  /** Another context, in which the code takes another path. */
  also?: Pick<Snippet, "before" | "after" | "result" | "stderr">;
}

const importSandbox = 'import { DaytonaSandbox } from "@langchain/daytona";';

export const snippets: Snippet[] = [
  {
    heading: "Authentication",
    own: 'const sandbox = await DaytonaSandbox.create({ auth: { apiKey: "key-of-my-own" } });',
    before: importSandbox,
    after: `
      const { output, exitCode } = await sandbox.execute("echo let in");
      await sandbox.close();
      print({ output, exitCode });`,
    result: { output: "let in\n", exitCode: 0 },
  },
  {
    heading: "Usage with deepagents",
    own: `
      import { ChatAnthropic } from "@langchain/anthropic";
      import { DaytonaSandbox } from "@langchain/daytona";
      import { createDeepAgent } from "deepagents";

      const sandbox = await DaytonaSandbox.create({ language: "typescript", timeout: 120 });
      const model = new ChatAnthropic({ model: "claude-sonnet-4-20250514" });
      const agent = createDeepAgent({ model, backend: sandbox, systemPrompt: "You write programs." });
      try {
        const result = await agent.invoke({ messages: [{ role: "user", content: "Greet the world in TypeScript" }] });
        if (result.messages.length < 4) throw new Error("no tool was called");
      } finally {
        await sandbox.close();
      }`,
    after: 'print({ closed: await failure(() => sandbox.execute("true")) });',
    result: { closed: "NOT_INITIALIZED" },
  },
  {
    heading: "Standalone usage",
    own: `
      import { DaytonaSandbox } from "@langchain/daytona";

      const sandbox = await DaytonaSandbox.create({ language: "typescript" });
      console.log((await sandbox.execute("npm --version")).output);
      await sandbox.close();`,
    after: 'print({ closed: await failure(() => sandbox.execute("true")) });',
    result: { closed: "NOT_INITIALIZED" },
    stdout: /^\d+\.\d+\.\d+\n/,
  },
  {
    heading: "Custom resources",
    own: `
      const sandbox = await DaytonaSandbox.create({
        language: "typescript",
        image: "node:20",
        resources: { cpu: 4, memory: 8, disk: 50 },
      });`,
    before: importSandbox,
    after: `
      const { cpu, memory, disk } = sandbox.sandbox;
      await sandbox.close();
      print({ cpu, memory, disk });`,
    result: { cpu: 4, memory: 8, disk: 50 },
  },
  {
    heading: "Accessing the Daytona SDK",
    own: `
      const daytonaSandbox = await DaytonaSandbox.create();
      const { sandbox: sdk } = daytonaSandbox;
      await sdk.fs.createFolder("src", "755");
      const [workDir, homeDir] = await Promise.all([sdk.getWorkDir(), sdk.getUserHomeDir()]);`,
    before: importSandbox,
    after: `
      const { output } = await daytonaSandbox.execute("stat -c '%F %a' src");
      await daytonaSandbox.close();
      print({ workDir, homeDir, output });`,
    result: { workDir: "/home/daytona", homeDir: "/home/daytona", output: "directory 755\n" },
  },
  {
    heading: "Reconnecting to existing sandboxes",
    own: `
      const sandbox = await DaytonaSandbox.create({ autoStopInterval: 60, language: "typescript" });
      const sandboxId = sandbox.id;
      await sandbox.stop();

      const reconnected = await DaytonaSandbox.connect(sandboxId);
      await reconnected.start();
      const result = await reconnected.execute("ls -la");`,
    before: importSandbox,
    after: `
      const seen = {
        same: reconnected.id === sandboxId,
        minutes: reconnected.sandbox.autoStopInterval,
        running: reconnected.isRunning,
        exitCode: result.exitCode,
        listed: / \\.\\.?\\n/.test(result.output),
      };
      await reconnected.close();
      print(seen);`,
    result: { same: true, minutes: 60, running: true, exitCode: 0, listed: true },
  },
  {
    heading: "Sandbox lifecycle",
    own: `
      const sandbox = await DaytonaSandbox.create();
      for (const step of ["stop", "start", "close"] as const) await sandbox[step]();`,
    before: importSandbox,
    after: 'print({ running: sandbox.isRunning, closed: await failure(() => sandbox.execute("true")) });',
    result: { running: false, closed: "NOT_INITIALIZED" },
  },
  {
    heading: "Factory functions",
    own: `
      import { createDaytonaSandboxFactory, createDaytonaSandboxFactoryFromSandbox } from "@langchain/daytona";

      const factory = createDaytonaSandboxFactory({ language: "typescript" });
      const sandbox = await DaytonaSandbox.create();
      const reuseFactory = createDaytonaSandboxFactoryFromSandbox(sandbox);`,
    before: importSandbox,
    after: `
      const made = await factory();
      const { output } = await made.execute("echo made");
      const seen = { output, isNew: made.id !== sandbox.id, reused: reuseFactory() === sandbox };
      await Promise.all([made.close(), sandbox.close()]);
      print(seen);`,
    result: { output: "made\n", isNew: true, reused: true },
  },
  {
    heading: "Error handling",
    own: `
      import { DaytonaSandboxError } from "@langchain/daytona";

      await sandbox.execute("some command").catch(async (error: unknown) => {
        if (!(error instanceof DaytonaSandboxError)) throw error;
        if (error.code === "NOT_INITIALIZED") await sandbox.initialize();
        else if (error.code === "COMMAND_TIMEOUT") console.error("Command took too long");
        else if (error.code === "AUTHENTICATION_FAILED") console.error("Check your Daytona API key");
      });`,
    // The first case of the switch initializes the new object.
    before: `${importSandbox}\nconst sandbox = new DaytonaSandbox();`,
    after: `
      const { output } = await sandbox.execute("echo repaired");
      await sandbox.close();
      print({ output });`,
    result: { output: "repaired\n" },
    also: {
      before: `${importSandbox}\nconst sandbox = await DaytonaSandbox.create({ timeout: 0.001 });`,
      after: "await sandbox.close();\nprint({});",
      result: {},
      stderr: "Command took too long\n",
    },
  },
];
