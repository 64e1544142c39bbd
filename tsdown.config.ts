import { defineConfig, type Rolldown, type UserConfig } from "tsdown";

/**
 * Moves the code of an entry point to a file beside it. To import CommonJS, Node.js scans the whole file for the names of its
 * exports, which takes longer than running it, and memory. So it gets a small file that lists them.
 */
const namesApart = {
  name: "names-apart",
  generateBundle(
    this: { emitFile(file: object): void },
    _: unknown,
    bundle: Record<string, { type: string; code: string; exports: string[] }>,
  ) {
    for (const [fileName, chunk] of Object.entries(bundle)) {
      if (!/^\w+\.cjs$/.test(fileName) || chunk.type !== "chunk") continue;
      const codeFile = fileName.replace(".cjs", "-code.cjs");
      this.emitFile({ type: "asset", fileName: codeFile, source: chunk.code });
      // The scanner takes the last line for the exports; nothing evaluates it.
      chunk.code = `const code = require("./${codeFile}");\nmodule.exports = code;\n0 && (module.exports = { ${chunk.exports.join(", ")} });\n`;
    }
  },
};

/**
 * Lets declarations import each other by relative paths: `moduleResolution: "node10"` does not read the "imports" of a package,
 * and would make `any` of every type that comes through them.
 */
const relativeDeclarations = {
  name: "relative-declarations",
  renderChunk: (code: string, { fileName }: { fileName: string }) =>
    /\.d\.c?ts$/.test(fileName) ? code.replace(/(["'])#(internal|native|platform|sdk)\1/g, '"./$2.cjs"') : undefined,
};

/**
 * Shortens what Node.js does before the code runs: entry points require each other by file rather than by the "imports" of the
 * package, and the code by its own file; the default import of a module of Node.js is the module, not a copy of all its
 * properties.
 */
const quickToLoad = {
  name: "quick-to-load",
  renderChunk: (code: string, { fileName }: { fileName: string }) => {
    if (/\.d\.c?ts$/.test(fileName)) return undefined;
    const codeFile = fileName.endsWith(".cjs") ? "-code" : "";
    return code
      .replace(/(["'])#(internal|sdk)\1/g, `"./$2${codeFile}.cjs"`)
      .replace(/(["'])#(platform|local|wrong-argument)\1/g, '"./$2.cjs"')
      .replace(/^(node_\w+) = __toESM\(\1, 1\);\n/gm, "")
      .replace(/\b(node_\w+)\.default\b/g, "$1");
  },
};

/** Leaves out of the code what its declarations say, and exports what other files export as values: they never change. */
function shortCode(options: Rolldown.OutputOptions, _: string, { cjsDts }: { cjsDts: boolean }): Rolldown.OutputOptions {
  return { ...options, comments: { legal: true, annotation: true, jsdoc: cjsDts }, externalLiveBindings: false };
}

const shared: UserConfig = {
  outDir: ".",
  clean: false,
  fixedExtension: false,
  platform: "node",
  target: "node20.19",
  dts: { sourcemap: false },
  sourcemap: false,
  hash: false,
  logLevel: "warn",
  // CommonJS is on purpose: it is loaded by both formats, and once for the process.
  checks: { legacyCjs: false },
  // Not in `plugins`, which tsdown leaves out where it makes the declarations of CommonJS.
  inputOptions: ({ checks, plugins, ...options }) => ({
    ...options,
    checks: { ...checks, pluginTimings: false },
    plugins: [plugins, relativeDeclarations, quickToLoad],
  }),
  outputOptions: shortCode,
  // The entry points find each other through the package's own "imports", which become paths when the code is written.
  deps: { neverBundle: [/^#/, "deepagents"] },
};

export default defineConfig([
  { ...shared, entry: { platform: "js/platform/index.ts" }, format: ["cjs"], outExtensions: () => ({ js: ".cjs", dts: ".d.cts" }) },
  // Once for the process, so that error classes are the same in both formats.
  {
    ...shared,
    plugins: [namesApart],
    entry: { sdk: "js/sdk/index.ts" },
    format: ["cjs"],
    outExtensions: () => ({ js: ".cjs", dts: ".d.cts" }),
  },
  {
    ...shared,
    entry: { "wrong-argument": "js/internal/wrong-argument.ts" },
    format: ["cjs"],
    outExtensions: () => ({ js: ".cjs" }),
    dts: false,
  },
  {
    ...shared,
    plugins: [namesApart],
    entry: { internal: "js/internal/index.ts" },
    format: ["cjs"],
    outExtensions: () => ({ js: ".cjs", dts: ".d.cts" }),
  },
  { ...shared, entry: { local: "js/local/index.ts" }, format: ["cjs"], outExtensions: () => ({ js: ".cjs", dts: ".d.cts" }) },
  // Once a format: its classes extend those of the deepagents of that format.
  { ...shared, entry: { index: "js/index.ts" }, format: ["esm", "cjs"] },
  // Once a format: its default export is a function for every test runner.
  {
    ...shared,
    entry: { testing: "js/testing/index.ts" },
    format: ["esm", "cjs"],
    outputOptions: (...given) => ({ ...shortCode(...given), exports: "named" }),
  },
]);
