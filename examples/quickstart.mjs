// Runs a deep agent in a new Daytona sandbox, where it fixes a program, and deletes the sandbox.
//
//   npm run quickstart                                       offline: local server, scripted model
//   ANTHROPIC_API_KEY=… npm run quickstart                   local server, Claude
//   DAYTONA_API_KEY=… DAYTONA_TARGET=eu npm run quickstart   Daytona service
import { setTimeout as wait } from "node:timers/promises";
import { createDeepAgent } from "deepagents";
import { DaytonaSandbox, DaytonaSandboxError } from "daytona-native";
import { request, script, systemPrompt } from "./basket-task.mjs";
import { Screen, seconds } from "./screen.mjs";
import { ScriptedModel } from "./scripted-model.mjs";

const started = performance.now();
const target = process.env.DAYTONA_TARGET ?? "local";
const screen = new Screen();

const options = { target, language: "python", labels: { example: "quickstart" } };
const sandbox = await DaytonaSandbox.create(options).catch((error) => {
  console.error(`quickstart: ${error.message}`);
  process.exit(1);
});
// A sandbox of the service is billed until it is deleted: Ctrl-C aborts the agent, and `finally` deletes the sandbox.
const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort(new Error("interrupted")));
try {
  screen.fact("sandbox", `${sandbox.id}, ready in ${seconds(performance.now() - started)}`);
  screen.fact("runs on", where(target));
  const folder = `${await sandbox.getWorkDir()}/till`;
  const model = await chooseModel(folder);

  const agent = createDeepAgent({ model, systemPrompt, backend: sandbox });
  const working = performance.now();
  await agent.invoke(
    { messages: [{ role: "user", content: request(folder) }] },
    { callbacks: [screen], signal: interrupt.signal, recursionLimit: 100 },
  );

  console.log();
  screen.fact("agent", `${screen.turns} turns, ${screen.calls} tool calls, ${seconds(performance.now() - working)}`);
} catch (error) {
  process.exitCode = 1;
  console.error(`\nquickstart: ${rootCause(error).message}`);
} finally {
  await sandbox.close();
}
await confirmGone(sandbox.id);
screen.fact("total", seconds(performance.now() - started));

/** Returns Claude if there is an API key, else a scripted model. The tool calls are real in both cases. */
async function chooseModel(folder) {
  if (process.env.ANTHROPIC_API_KEY) {
    const { ChatAnthropic } = await import("@langchain/anthropic");
    const name = process.env.ANTHROPIC_MODEL ?? "claude-sonnet-4-5";
    screen.fact("model", name);
    return new ChatAnthropic({ model: name });
  }
  screen.fact("model", "scripted (set ANTHROPIC_API_KEY to use Claude)");
  return new ScriptedModel({ script: script(folder) });
}

function where(name) {
  if (name !== "local") return `the Daytona service, region ${name}`;
  return `this machine, local server (isolation: ${sandbox.isolation})`;
}

/** Waits until the sandbox does not exist any more: the service deletes it in the background. */
async function confirmGone(id) {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; ) {
    try {
      await DaytonaSandbox.connect(id, { target });
    } catch (error) {
      if (!DaytonaSandboxError.isInstance(error) || error.code !== "SANDBOX_NOT_FOUND") throw error;
      screen.fact("sandbox", `${id} is gone`);
      return;
    }
    await wait(50);
  }
  console.error(`quickstart: sandbox ${id} still exists 30 seconds after close()`);
  process.exitCode = 1;
}

/** Returns the innermost cause: agents wrap an error once per layer. */
function rootCause(error) {
  return error.cause instanceof Error ? rootCause(error.cause) : error;
}
