// Runs the program of the page and looks at what it prints: the version of npm in the sandbox.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import process from "node:process";

const printed = execFileSync(process.execPath, ["standalone.mjs"], { encoding: "utf8" });
assert.match(printed, /^\d+\.\d+\.\d+\s*$/);
console.log("ok");
