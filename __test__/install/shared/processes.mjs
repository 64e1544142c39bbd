// Processes made by `cluster` and by `child_process.fork`, on one local server and on their own.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import cluster from "node:cluster";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { DaytonaSandbox } from "daytona-native";
import { LocalDaytona } from "daytona-native/local";

async function main() {
  const server = await LocalDaytona.start();
  const shared = { DAYTONA_API_URL: server.apiUrl, DAYTONA_API_KEY: server.apiKey };
  const file = fileURLToPath(import.meta.url);
  const forked = (env) => fork(file, ["work"], { env: { ...process.env, ...env } });
  const children = [cluster.fork(shared), cluster.fork(shared), forked(shared), forked({ DAYTONA_TARGET: "local" })];
  await Promise.all(
    children.map(async (child) => {
      const [[said], [code]] = await Promise.all([once(child, "message"), once(child, "exit")]);
      assert.deepEqual([said, code], ["worked\n", 0]);
    }),
  );
  await server.close();
  console.log("ok");
}

async function work() {
  const sandbox = await DaytonaSandbox.create();
  const { output } = await sandbox.execute("echo worked");
  await sandbox.close();
  process.send(output);
  process.disconnect();
}

await (cluster.isPrimary && process.argv[2] !== "work" ? main() : work());
