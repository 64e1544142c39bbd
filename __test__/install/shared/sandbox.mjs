// A sandbox of the local server, used as an ECMAScript module: node sandbox.mjs [name of the package]
import assert from "node:assert/strict";

const name = process.argv[2] ?? "daytona-native";
const { DaytonaSandbox, DaytonaSandboxError } = await import(name);
const { BaseSandbox } = await import("deepagents");

const sandbox = await DaytonaSandbox.create({ target: "local", language: "python" });
assert(sandbox instanceof BaseSandbox);
const { output, exitCode } = await sandbox.execute("echo one && exit 3");
assert.deepEqual([output, exitCode], ["one\n", 3]);
await sandbox.uploadFiles([["a.txt", new TextEncoder().encode("two")]]);
const [{ content }] = await sandbox.downloadFiles(["a.txt"]);
assert.equal(new TextDecoder().decode(content), "two");
await assert.rejects(DaytonaSandbox.connect("missing", { target: "local" }), DaytonaSandboxError);
await sandbox.close();
console.log("ok");
