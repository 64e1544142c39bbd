import assert from "node:assert";
import process from "node:process";
import { LocalDaytona } from "daytona-native/local";
import { Daytona } from "daytona-native/sdk";

const program = "const greet = (name: string): string => `Hello ${name}`;\nconsole.log(greet('types'), process.argv[2]);\n";
const [major, minor] = process.versions.node.split(".").map(Number);
const runsTypeScript = major > 22 || (major === 22 && minor >= 18);

const server = await LocalDaytona.start();
try {
  const daytona = new Daytona(server);
  const sandbox = await daytona.create({ language: "typescript", networkBlockAll: true });
  await sandbox.fs.uploadFile(Buffer.from(program), "program.ts");
  const run = (command) => sandbox.process.executeCommand(command);
  assert.strictEqual((await run("node --version")).result.trim(), process.version, "the first node of the host's PATH");

  const commands = ["tsx program.ts 1", "ts-node -T program.ts 1"];
  if (runsTypeScript) commands.push("node program.ts 1", "npx tsx program.ts 1", "npx -y ts-node program.ts 1");
  for (const command of commands) {
    const { exitCode, result } = await run(command);
    if (runsTypeScript) assert.deepStrictEqual([command, exitCode, result], [command, 0, "Hello types 1\n"]);
    else assert.match(`${exitCode} ${result}`, /^127 (tsx|ts-node): TypeScript requires Node\.js 22\.18 or later/);
  }

  // A command of the project comes first.
  await run(
    "mkdir -p node_modules/.bin && printf '#!/bin/sh\\necho the project' > node_modules/.bin/tsx && chmod +x node_modules/.bin/tsx",
  );
  assert.strictEqual((await run("npx tsx program.ts")).result, "the project\n");

  const { exitCode, result } = await sandbox.process.codeRun("const five: number = 5; console.log(five)");
  if (runsTypeScript) assert.strictEqual(result, "5\n");
  else assert.match(`${exitCode} ${result}`, /^127 TypeScript needs ts-node, tsx, or Node\.js 22\.18/);
} finally {
  await server.close();
}
console.log("ok");
