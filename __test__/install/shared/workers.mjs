// Eight worker threads at once on one local server, three of which are terminated in the middle of a call; then a worker that
// starts a local server of its own.
import assert from "node:assert/strict";
import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { DaytonaSandbox } from "daytona-native";
import { LocalDaytona } from "daytona-native/local";

const start = (data) => new Worker(new URL(import.meta.url), { workerData: data });

async function main() {
  const server = await LocalDaytona.start();
  const auth = { apiUrl: server.apiUrl, apiKey: server.apiKey };
  const workers = Array.from({ length: 8 }, (_, index) => start({ auth, index, ends: index >= 3 }));
  await Promise.all(workers.map((worker, index) => (index < 3 ? terminated(worker, auth) : finished(worker, index))));
  await finished(start({ auth: undefined, index: 8, ends: true }), 8);
  // The addon, which all threads share, still works.
  const sandbox = await DaytonaSandbox.create({ auth });
  assert.equal((await sandbox.execute("echo after")).output, "after\n");
  await server.close();
  console.log("ok");
}

async function terminated(worker, auth) {
  const [id] = await once(worker, "message");
  const sandbox = await DaytonaSandbox.connect(id, { auth });
  // Its command runs.
  await sandbox.execute("until [ -e started ]; do sleep 0.01; done", { timeout: 60 });
  await worker.terminate();
}

async function finished(worker, index) {
  const [[said], [code]] = await Promise.all([once(worker, "message"), once(worker, "exit")]);
  assert.deepEqual([said, code], [`worker ${index}\n`, 0]);
}

async function work({ auth, index, ends }) {
  const sandbox = await DaytonaSandbox.create(auth === undefined ? { target: "local" } : { auth });
  if (!ends) {
    parentPort.postMessage(sandbox.id);
    await sandbox.execute("touch started; sleep 600", { timeout: 0 });
  }
  const { output } = await sandbox.execute(`echo worker ${index}`);
  await sandbox.close();
  parentPort.postMessage(output);
}

await (isMainThread ? main() : work(workerData));
