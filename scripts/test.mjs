// Runs the tests of both languages: npm test. Those of Rust mostly wait, so the tests of JavaScript that need no processor at a
// certain time run beside them (the project "beside Rust" of vitest.config.ts), and all others afterwards.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const vitest = [process.execPath, fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url)), "run"];

process.exitCode = await test();

/** Runs all tests, also after some failed. Returns an exit code that is not 0, or 0. */
async function test() {
  const cargo = ["cargo", "test", "--workspace"];
  // A compiler leaves nothing for tests that run beside it.
  const compiled = await run([...cargo, "--no-run"]);
  if (compiled !== 0) return compiled;
  const codes = await Promise.all([run(cargo), runAtOnce([...vitest, "--project=beside Rust"])]);
  codes.push(await run([...vitest, "--project=!beside Rust"]));
  return codes.find((code) => code !== 0) ?? 0;
}

/** Runs a program in this terminal. Returns its exit code. */
async function run(command) {
  return end(command, start(command, "inherit"));
}

/** Runs a program beside another one: its output is printed at once, when it has ended. Returns its exit code. */
async function runAtOnce(command) {
  const child = start(command, "pipe");
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk) => (output += chunk));
  const code = await end(command, child);
  process.stdout.write(output);
  return code;
}

function start([program, ...args], output) {
  return spawn(program, args, { cwd: root, stdio: ["ignore", output, output] });
}

async function end(command, child) {
  try {
    const [code, signal] = await once(child, "close");
    if (signal !== null) console.error(`test: ${command.join(" ")} was ended by ${signal}`);
    return code ?? 1;
  } catch (error) {
    console.error(`test: cannot run ${command[0]}: ${error.message}`);
    return 1;
  }
}
