// Runs every check that a change must pass besides the tests: npm run ready. Continues after a failure, so that one run
// reports all of them.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

// Quick fixes first.
const GATES = [
  ["format", "npm run --silent check:format"],
  ["spelling", "npm run --silent check:spelling"],
  ["lint", "npm run --silent check:lint"],
  ["Rust documentation", "npm run --silent check:docs"],
  ["licences and sources", "npm run --silent check:deny"],
  ["generated files", "npm run --silent check:generated"],
  ["types", "npm run --silent check:types"],
  ["API reference", "npm run --silent check:reference"],
  ["unused code and dependencies", "npm run --silent check:unused"],
  ["package", "npm run --silent check:package"],
  ["crates", "npm run --silent check:crates"],
  ["workflows", "npm run --silent check:workflows"],
];

const failed = [];
for (const [name, command] of GATES) {
  const from = performance.now();
  console.log(`\n── ${name}: ${command}`);
  const { status } = spawnSync(command, { cwd: root, shell: true, stdio: ["ignore", "inherit", "inherit"] });
  const took = `${((performance.now() - from) / 1000).toFixed(1)} s`;
  console.log(status === 0 ? `── ${name}: ok (${took})` : `── ${name}: FAILED (${took})`);
  if (status !== 0) failed.push(name);
}

console.log(
  `\n${GATES.length - failed.length} of ${GATES.length} gates passed${failed.length > 0 ? `; failed: ${failed.join(", ")}` : ""}`,
);
process.exit(failed.length > 0 ? 1 : 0);
