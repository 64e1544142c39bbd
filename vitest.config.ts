import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["__test__/**/*.spec.ts"],
    globalSetup: ["__test__/support/global-setup.ts"],
    // What a test waits for comes in milliseconds here; these are for a busy machine.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two at once: a sandbox has processes of its own, and timing tests have to be able to run.
    maxWorkers: 2,
    pool: "forks",
    // The package's own files run as Node.js runs them, as they do for its users.
    server: { deps: { external: [/\/(index|internal|internal-code|sdk|sdk-code|local|platform|testing)\.c?js$/] } },
    unstubEnvs: true,
  },
});
