// Many sandboxes at once: each counts the primes of a range, and the results are added up. One that fails does not stop the
// others, and all are deleted in any case.
//
//   node examples/parallel-sandboxes.mjs
import { DaytonaSandbox } from "daytona-native";

const SANDBOXES = 4;
const RANGE = 5000;

const program = `
import sys
start, end = int(sys.argv[1]), int(sys.argv[2])
print(sum(all(n % d for d in range(2, int(n**0.5) + 1)) for n in range(max(start, 2), end)))
`;

async function countPrimes(start, end) {
  const sandbox = await DaytonaSandbox.create({
    target: "local",
    language: "python",
    timeout: 60,
    labels: { example: "parallel" },
    initialFiles: { "count.py": program },
  });
  try {
    const { output, exitCode } = await sandbox.execute(`python3 count.py ${start} ${end}`);
    if (exitCode !== 0) throw new Error(`${start} to ${end}: ${output}`);
    return Number(output);
  } finally {
    await sandbox.close();
  }
}

const ranges = Array.from({ length: SANDBOXES }, (_, index) => [index * RANGE, (index + 1) * RANGE]);
const results = await Promise.allSettled(ranges.map(([start, end]) => countPrimes(start, end)));

for (const [index, { status, value, reason }] of results.entries()) {
  const [start, end] = ranges[index];
  console.log(`${start} to ${end}: ${status === "fulfilled" ? `${value} primes` : reason.message}`);
}
console.log(`total: ${results.reduce((sum, { value = 0 }) => sum + value, 0)} primes below ${SANDBOXES * RANGE}`);
