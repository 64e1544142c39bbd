// The SDK as an ECMAScript module. deepagents cannot be imported as one here, with this package or without it: when this
// changes, sandbox.mjs belongs to the steps, and docs/installing.md does not need to say so any more.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { LocalDaytona } from "daytona-native/local";
import { Daytona } from "daytona-native/sdk";

const { stderr } = spawnSync(process.execPath, ["deepagents.mjs"], { encoding: "utf8" });
assert.match(stderr, /ERR_REQUIRE_CYCLE_MODULE/);
const server = await LocalDaytona.start();
const sandbox = await new Daytona(server).create();
const { result } = await sandbox.process.executeCommand("printf ok");
await server.close();
console.log(result);
