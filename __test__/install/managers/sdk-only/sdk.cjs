const assert = require("node:assert/strict");
const { LocalDaytona } = require("daytona-native/local");
const { Daytona } = require("daytona-native/sdk");

async function main() {
  assert.throws(() => require("deepagents"), { code: "MODULE_NOT_FOUND" });
  // The main entry point says what is missing.
  assert.throws(() => require("daytona-native"), /deepagents/);
  const server = await LocalDaytona.start();
  const sandbox = await new Daytona(server).create();
  await sandbox.fs.uploadFile(Buffer.from("ok"), "a.txt");
  const content = await sandbox.fs.downloadFile("a.txt");
  await sandbox.delete();
  await server.close();
  console.log(content.toString());
}

main();
