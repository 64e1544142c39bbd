// Imports, whole lives of sandboxes, and exits.
import { create, module, percentile, sdk, timed } from "./tools.mjs";

export async function importSdk() {
  return { ms: await timed(() => import(sdk)) };
}

export async function importPackage() {
  await import("deepagents");
  return { ms: await timed(() => import(module)) };
}

/** Measures creating, using and closing sandboxes, and many commands in one. */
export async function local() {
  const lives = [];
  for (let i = 0; i < 12; i++) {
    lives.push(
      await timed(async () => {
        const sandbox = await create();
        await sandbox.execute("true");
        await sandbox.close();
      }),
    );
  }
  const sandbox = await create();
  const commands = [];
  for (let i = 0; i < 220; i++) commands.push(await timed(() => sandbox.execute("true")));
  await sandbox.close();
  // The first ones include warm-up: connections, compiled code.
  return { lifeMs: percentile(lives.slice(2), 0.5), executeMs: percentile(commands.slice(20), 0.5) };
}

/** The runner measures the time from the output to the exit of the process. */
export async function exitClosed() {
  const sandbox = await create();
  await sandbox.execute("true");
  await sandbox.close();
  return {};
}

export async function exitOpen() {
  const sandbox = await create();
  await sandbox.execute("true");
  return {};
}
