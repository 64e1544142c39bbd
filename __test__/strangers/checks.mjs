// Counts checks and prints one line for each, and a closing line with the counts.
import assert from "node:assert/strict";

let [passed, failed] = [0, 0];

/** Runs one check; a failed one does not keep the others from running. */
export async function check(name, run) {
  try {
    await run(assert);
    passed += 1;
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error.stack ?? error}`);
  }
}

/** Prints the counts and ends the process. */
export function report() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
