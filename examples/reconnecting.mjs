// A sandbox that outlives the object that created it: stop it, find it again by a label or its id, and continue.
//
//   node examples/reconnecting.mjs
import { DaytonaSandbox } from "daytona-native";
import { LocalDaytona } from "daytona-native/local";

// On the service, sandboxes stay between two runs of a program. Here both halves use one server, which ends with the program.
const auth = await LocalDaytona.start();
try {
  const id = await firstRun();
  await secondRun(id);
} finally {
  await auth.close();
}

async function firstRun() {
  const labels = { project: "notes" };
  const sandbox = await DaytonaSandbox.create({ auth, labels, autoStopInterval: 15 });
  await sandbox.execute("echo written by the first run > notes.txt");
  // A stopped sandbox keeps its files, not its processes. Without this, the service would stop it after 15 idle minutes.
  await sandbox.stop();
  console.log("stopped");
  return sandbox.id;
}

async function secondRun(id) {
  const sandbox = await DaytonaSandbox.connect(id, { auth });
  console.log(sandbox.isRunning ? "is running" : "is not running");
  await sandbox.start();
  const { output } = await sandbox.execute("cat notes.txt");
  console.log(output.trim());

  // Who does not know the id finds the sandbox by its labels.
  for await (const found of sandbox.client.list({ labels: { project: "notes" } })) {
    console.log(`found by its label: ${found.id === id ? "the same sandbox" : found.id}, ${found.state}`);
  }

  const deleted = await DaytonaSandbox.deleteAll({ project: "notes" }, { auth });
  console.log(`deleted ${deleted}`);
  const code = await DaytonaSandbox.connect(id, { auth }).catch((error) => error.code);
  console.log(code);
}
