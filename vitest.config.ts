import { defineConfig } from "vitest/config";
import { LongestFirst } from "./__test__/support/longest-first.js";

const files = (...names: string[]) => names.map((name) => `__test__/${name}.spec.ts`);

/** Files of short tests that use the package in the process of the test: one process loads it, and deepagents, for all of them. */
const SHARED = files(
  ...["agent-abort", "bad-files", "cancellation", "command-timeout", "commands", "differences", "ended", "error-codes", "errors"],
  ...["factory", "leaks", "lifecycle", "numbers", "options", "parity", "printing", "values"],
);

export default defineConfig({
  test: {
    globalSetup: ["__test__/support/global-setup.ts"],
    // What a test waits for comes in milliseconds here; these are for a busy machine.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Few at once: a sandbox has processes of its own, and timing tests have to be able to run.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // The package's own files run as Node.js runs them, as they do for its users.
    server: { deps: { external: [/\/(index|internal|internal-code|sdk|sdk-code|local|platform|testing|wrong-argument)\.c?js$/] } },
    unstubEnvs: true,
    pool: "forks",
    projects: [
      { extends: true, test: { name: "own process", include: ["__test__/**/*.spec.ts"], exclude: SHARED } },
      { extends: true, test: { name: "shared process", include: SHARED, isolate: false } },
      // These load the addon in threads, and in realms of their own.
      ...(["threads", "vmThreads", "vmForks"] as const).map((pool) => ({
        extends: true as const,
        test: { name: pool, pool, include: files("border") },
      })),
    ],
  },
});
