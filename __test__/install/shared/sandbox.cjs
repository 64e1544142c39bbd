// A sandbox of the local server, used as CommonJS: node sandbox.cjs [name of the package]
const assert = require("node:assert/strict");

const name = process.argv[2] ?? "daytona-native";
const { DaytonaSandbox, DaytonaSandboxError } = require(name);
const { LocalDaytona } = require(`${name}/local`);
const { Daytona, DaytonaNotFoundError } = require(`${name}/sdk`);
const { BaseSandbox } = require("deepagents");

async function main() {
  const server = await LocalDaytona.start();
  const sandbox = await DaytonaSandbox.create({ auth: server });
  assert(sandbox instanceof BaseSandbox);
  assert.equal((await sandbox.execute("echo one")).output, "one\n");
  await sandbox.uploadFiles([["a.txt", Buffer.from("two")]]);
  assert.equal((await sandbox.sandbox.fs.downloadFile("a.txt")).toString(), "two");
  await assert.rejects(DaytonaSandbox.connect("missing", { auth: server }), DaytonaSandboxError);
  await assert.rejects(new Daytona(server).get("missing"), DaytonaNotFoundError);
  await sandbox.close();
  await server.close();
  console.log("ok");
}

main();
