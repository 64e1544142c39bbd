import { defineConfig, type UserConfig } from "tsdown";

const shared: UserConfig = {
  outDir: ".",
  clean: false,
  fixedExtension: false,
  platform: "node",
  target: "node20.9",
  dts: { sourcemap: false },
  sourcemap: false,
  hash: false,
  logLevel: "warn",
  inputOptions: { checks: { pluginTimings: false } },
  // The entry points find each other through the package's own "imports".
  deps: { neverBundle: [/^#/, "deepagents"] },
};

export default defineConfig([
  { ...shared, entry: { platform: "js/platform/index.ts" }, format: ["cjs"], outExtensions: () => ({ js: ".cjs", dts: ".d.cts" }) },
  // Once for the process, so that error classes are the same in both formats.
  { ...shared, entry: { sdk: "js/sdk/index.ts" }, format: ["cjs"], outExtensions: () => ({ js: ".cjs", dts: ".d.cts" }) },
  { ...shared, entry: { internal: "js/internal/index.ts" }, format: ["cjs"], outExtensions: () => ({ js: ".cjs", dts: ".d.cts" }) },
  { ...shared, entry: { local: "js/local/index.ts" }, format: ["cjs"], outExtensions: () => ({ js: ".cjs", dts: ".d.cts" }) },
  // Once a format: its classes extend those of the deepagents of that format.
  { ...shared, entry: { index: "js/index.ts" }, format: ["esm", "cjs"] },
  // Once a format: its default export is a function for every test runner.
  { ...shared, entry: { testing: "js/testing/index.ts" }, format: ["esm", "cjs"], outputOptions: { exports: "named" } },
]);
