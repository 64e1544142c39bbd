// A deep agent at work in a Daytona sandbox, from nothing to a repaired program and a deleted sandbox.
//
//   npm run quickstart                                    offline: local Daytona, scripted model
//   ANTHROPIC_API_KEY=… npm run quickstart                local Daytona, Claude
//   DAYTONA_API_KEY=… DAYTONA_TARGET=eu npm run quickstart   the Daytona service
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
// A sandbox of the service costs money while it lives: Ctrl-C ends the agent, and `finally` deletes it.
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

/** With a key Claude does the work; without one a script does, and only the thinking is written down. */
async function chooseModel(folder) {
  if (process.env.ANTHROPIC_API_KEY) {
    const { ChatAnthropic } = await import("@langchain/anthropic");
    const name = process.env.ANTHROPIC_MODEL ?? "claude-sonnet-4-5";
    screen.fact("model", name);
    return new ChatAnthropic({ model: name });
  }
  screen.fact("model", "scripted: set ANTHROPIC_API_KEY to let Claude do it");
  return new ScriptedModel({ script: script(folder) });
}

function where(name) {
  if (name !== "local") return `the Daytona service, region ${name}`;
  return `this machine, a local Daytona (isolation: ${sandbox.isolation})`;
}

/** Asks for the sandbox until it is unknown: a service takes a moment to take one away. */
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
  console.error(`quickstart: sandbox ${id} is still there, half a minute after close()`);
  process.exitCode = 1;
}

/** Agents wrap an error once for every layer it passed; people want the first one. */
function rootCause(error) {
  return error.cause instanceof Error ? rootCause(error.cause) : error;
}
