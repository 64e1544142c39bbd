// Rebuilds the generated files that are committed and fails if they differ.
import { execSync, spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const GENERATED = [
  "js/internal/error-classes.ts",
  "js/internal/parameters.ts",
  "js/internal/records.ts",
  "index.d.ts",
  "sdk.d.cts",
  "local.d.cts",
  "testing.d.ts",
  "native.d.cts",
  "npm",
];
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

execSync("npm run --silent build:errors && npm run --silent build:native && npm run --silent build:js && npm run --silent build:npm", {
  cwd: root,
  stdio: ["ignore", "inherit", "inherit"],
});
execSync("node scripts/version.mjs --check", { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
const { status } = spawnSync("git", ["diff", "--exit-code", "--", ...GENERATED], { cwd: root, stdio: "inherit" });
const untracked = execSync(`git ls-files --others -- ${GENERATED.join(" ")}`, { cwd: root, encoding: "utf8" }).trim();
if (status !== 0 || untracked !== "") {
  console.error(
    `generated files differ from the committed ones${untracked && ` (not committed: ${untracked})`}. Commit the generated files`,
  );
  process.exit(1);
}
