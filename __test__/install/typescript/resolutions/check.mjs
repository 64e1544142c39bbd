// Compiles the program with compilers and resolutions, and runs what they emit. Errors in the declarations of other packages
// do not count, but their number is printed.
//
//   node check.mjs typescript-5                 all resolutions
//   node check.mjs typescript-5 node10          one of them
//   node check.mjs typescript-5 node10 quick    with skipLibCheck
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const [compiler, only, quick] = process.argv.slice(2);

/** Each resolution with what it needs, the file that is compiled, and what is emitted. */
const RESOLUTIONS = [
  { moduleResolution: "node10", module: "commonjs", file: "program.ts", emits: "program.js", type: "commonjs" },
  { moduleResolution: "node16", module: "node16", file: "program.mts", emits: "program.mjs" },
  { moduleResolution: "node16", module: "node16", file: "program.cts", emits: "program.cjs" },
  { moduleResolution: "nodenext", module: "nodenext", file: "program.mts", emits: "program.mjs" },
  { moduleResolution: "nodenext", module: "nodenext", file: "program.cts", emits: "program.cjs" },
  { moduleResolution: "bundler", module: "esnext", file: "program.ts", emits: "program.js", type: "module" },
];
const STRICT = {
  target: "es2022",
  lib: ["es2022"],
  types: ["node"],
  strict: true,
  skipLibCheck: quick !== undefined,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: true,
};

/** TypeScript 6 deprecates node10, TypeScript 7 no longer has it. */
const deprecations = (compiler, moduleResolution) =>
  compiler === "typescript-6" && moduleResolution === "node10" ? { ignoreDeprecations: "6.0" } : {};

let failed = 0;
for (const { moduleResolution, module, file, emits, type } of RESOLUTIONS) {
  if (moduleResolution !== (only ?? moduleResolution) || (compiler === "typescript-7" && moduleResolution === "node10")) continue;
  const folder = path.resolve(`${moduleResolution}-${file}`);
  fs.mkdirSync(folder);
  fs.copyFileSync("program.ts", path.join(folder, file));
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify({ type: type ?? "module" }));
  const compilerOptions = { ...STRICT, ...deprecations(compiler, moduleResolution), module, moduleResolution };
  fs.writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
  const tsc = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", folder, "--pretty", "false"], { encoding: "utf8" });
  // The lines of an error after its first are indented.
  const errors = `${tsc.stdout}${tsc.stderr}`.split("\n").filter((line) => /^\S.*error/i.test(line));
  const foreign = errors.filter((line) => /node_modules\/(?!daytona-native)/.test(line));
  const own = errors.filter((line) => !foreign.includes(line));
  const packages = foreign.map((line) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(line)?.[1]);
  const others = foreign.length === 0 ? "" : `; ${foreign.length} errors in declarations of ${[...new Set(packages)].join(", ")}`;
  const run = own.length > 0 ? undefined : spawnSync(process.execPath, [path.join(folder, emits)], { encoding: "utf8" });
  const ok = run?.stdout === "one\n two\n 0\n";
  console.log(`${ok ? "compiles and runs" : "fails"}: ${compiler}, ${moduleResolution}, ${file}${others}`);
  if (ok) continue;
  failed += 1;
  console.log([...own, run?.stdout, run?.stderr].filter(Boolean).join("\n"));
}
console.log(failed === 0 ? "ok" : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
