import assert from "node:assert/strict";
import { LocalDaytona } from "daytona-native/local";
import { Daytona } from "daytona-native/sdk";

await assert.rejects(import("deepagents"), { code: "ERR_MODULE_NOT_FOUND" });
const server = await LocalDaytona.start();
const sandbox = await new Daytona(server).create();
const { result } = await sandbox.process.executeCommand("printf ok");
await sandbox.delete();
await server.close();
console.log(result);
