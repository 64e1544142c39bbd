import { defineConfig } from "vitest/config";
import type { ProjectConfig } from "vitest/node";
import { LongestFirst } from "./__test__/support/longest-first.js";

const files = (...names: string[]) => names.map((name) => `__test__/${name}.spec.ts`);

/**
 * Files of tests that use the package in the process of the test: one process loads it, deepagents and the SDKs to compare with, for
 * all of them.
 */
const SHARED = files(
  ...["agent-abort", "bad-files", "cancellation", "command-timeout", "commands", "computer-use", "differences", "ended", "error-codes"],
  ...["errors", "factory", "git", "handles", "interpreter", "leaks", "lifecycle", "local-files", "lsp", "metrics", "numbers", "options"],
  ...["parity", "printing", "pty", "sandboxes", "signed-urls", "values", "watch"],
);

/** Files that take long, and need no processor at a certain time: `npm test` runs them while the tests of Rust wait. */
const BESIDE_RUST = files("install", "minute", "replay");

// Few at once: a sandbox has processes of its own, and timing tests have to be able to run.
const WORKERS = { maxWorkers: 3 };

/** Settings of all projects. They do not extend the root's, because each would then start a local server of its own. */
const common: ProjectConfig = {
  // What a test waits for comes in milliseconds here; these are for a busy machine.
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // The package's own files run as Node.js runs them, as they do for its users.
  server: { deps: { external: [/\/(index|internal|internal-code|sdk|sdk-code|local|platform|testing|wrong-argument)\.c?js$/] } },
  unstubEnvs: true,
  pool: "forks",
  ...WORKERS,
};

export default defineConfig({
  test: {
    globalSetup: ["__test__/support/global-setup.ts"],
    sequence: { sequencer: LongestFirst },
    ...WORKERS,
    projects: [
      { test: { ...common, name: "own process", include: ["__test__/**/*.spec.ts"], exclude: [...SHARED, ...BESIDE_RUST] } },
      { test: { ...common, name: "beside Rust", include: BESIDE_RUST } },
      { test: { ...common, name: "shared process", include: SHARED, isolate: false } },
      // These load the addon in threads, and in realms of their own.
      ...(["threads", "vmThreads", "vmForks"] as const).map((pool) => ({
        test: { ...common, name: pool, pool, include: files("border") },
      })),
    ],
  },
});
