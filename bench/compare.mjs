// Runs scenarios in processes of their own, alternately for this package and the original, at a server that runs meanwhile.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ORIGINAL = { module: "@langchain/daytona", sdk: "@daytonaio/sdk" };
const OURS = { module: "daytona-native", sdk: "daytona-native/sdk" };

export const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Measures a scenario of both packages alternately. Returns the medians of both and, if there is one, of a third measurement. */
export async function compare(scenario, env, runs, third) {
  const subjects = [() => measure(scenario, ORIGINAL, env), () => measure(scenario, OURS, env), third].filter(Boolean);
  const results = subjects.map(() => []);
  for (let run = 0; run < runs; run++) {
    // Each run starts with another subject.
    for (let at = 0; at < subjects.length; at++) {
      const index = (run + at) % subjects.length;
      results[index].push(await subjects[index]());
    }
  }
  return results.map((all) => Object.fromEntries(Object.keys(all[0]).map((key) => [key, median(all.map((result) => result[key]))])));
}

/** Runs a scenario in a new process and returns the figures that it prints. */
export async function measure(scenario, { module, sdk }, env = {}) {
  const child = spawn(process.execPath, [here("scenarios.mjs"), scenario, module, sdk], {
    env: { ...withoutDaytona(), ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let line = null;
  let printed;
  createInterface({ input: child.stdout }).on("line", (text) => {
    line = text;
    printed = performance.now();
  });
  const [code] = await once(child, "exit");
  const exitMs = performance.now() - printed;
  if (code !== 0 || line === null) throw new Error(`${scenario} of ${module} exited with code ${code}; its output is above`);
  return { ...JSON.parse(line), exitMs };
}

/** Runs a server, which prints its URL as a line of JSON, during a measurement. */
export async function withServer([program, ...args], use) {
  const child = spawn(process.execPath, [here(program), ...args], { env: withoutDaytona(), stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  try {
    const [line] = await Promise.race([
      once(createInterface({ input: child.stdout }), "line"),
      exited.then(([code]) => Promise.reject(new Error(`${program} exited with code ${code} before it was ready`))),
    ]);
    const { apiUrl, apiKey } = JSON.parse(line);
    return await use({ DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: apiKey });
  } finally {
    child.kill();
    await exited;
  }
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function withoutDaytona() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("DAYTONA_")));
}
