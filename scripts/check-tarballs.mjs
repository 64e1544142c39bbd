// Checks packed tarballs as their users see them: publint looks at their fields and files, and attw at the types that
// TypeScript finds for each entry point, in each of its ways to resolve one.
//
//   node scripts/check-tarballs.mjs [FOLDER]    default artifacts
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { packageJson, root } from "./targets.mjs";

/**
 * Checks the tarballs in a folder.
 * @throws If one of them has a fault.
 */
export function checkTarballs(folder) {
  const tarballs = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith(".tgz")) : [];
  if (tarballs.length === 0) throw new Error(`there are no tarballs in ${folder}. Pack them with npm run package`);
  const faults = tarballs.flatMap((name) => {
    const file = path.join(folder, name);
    // Only the main package has types.
    const types = name === `${packageJson.name}-${packageJson.version}.tgz` ? faultsOfTypes(file) : [];
    return [...faultsOfFields(file), ...types].map((fault) => `${name}: ${fault}`);
  });
  if (faults.length > 0) throw new Error(faults.join("\n"));
  console.log(`${tarballs.length} tarballs: fields, files and types are correct`);
}

function faultsOfFields(file) {
  const { status, stdout, stderr } = run("publint", "run", "--strict", file);
  return status === 0 ? [] : [`publint: ${stdout}${stderr}`];
}

function faultsOfTypes(file) {
  const { stdout, stderr } = run("attw", file, "--format", "json");
  let result;
  try {
    result = JSON.parse(stdout);
  } catch {
    return [`attw: ${stdout}${stderr}`];
  }
  if (result.analysis.types === false) return ["attw: it has no types"];
  return result.analysis.problems.map(({ trace: _, ...problem }) => `attw: ${JSON.stringify(problem)}`);
}

/** Runs a program of a package in node_modules. */
function run(program, ...args) {
  const shell = process.platform === "win32";
  return spawnSync(path.join(root, "node_modules/.bin", program), args, { cwd: root, encoding: "utf8", shell, maxBuffer: 64 << 20 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    checkTarballs(path.resolve(root, process.argv[2] ?? "artifacts"));
  } catch (error) {
    console.error(`check-tarballs: ${error.message}`);
    process.exitCode = 1;
  }
}
