// Checks that files of Linux load with the oldest glibc that the packages support: that they need no symbol of a later
// version, and no library that a system may lack.
//
//   node scripts/check-glibc.mjs FILE...
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { OLDEST_GLIBC } from "./targets.mjs";

/** The libraries of glibc itself, and the one of gcc, which Node.js needs as well. */
const LIBRARIES = /^(libc|libm|libdl|libpthread|librt|libutil|libgcc_s|ld-linux-[\w-]+)\.so\.\d$/;

/**
 * Checks files, and prints which glibc each needs.
 * @throws If one of them does not load with the oldest glibc.
 */
export function checkGlibc(files) {
  const faults = files.flatMap(check);
  if (faults.length === 0) return;
  throw new Error(`${faults.join("\n")}\nBuild for glibc ${OLDEST_GLIBC} and later: node scripts/dist.mjs --target TARGET`);
}

/** Returns what keeps a file from being loaded. */
function check(file) {
  const symbols = symbolsOf(file);
  const libraries = librariesOf(file);
  if (!libraries.includes("libc.so.6")) return [`${file} is not linked with glibc`];
  const late = symbols.filter(({ version }) => compare(version, OLDEST_GLIBC) > 0);
  const faults = libraries
    .filter((library) => !LIBRARIES.test(library))
    .map((library) => `${file} needs ${library}, which a system may lack`);
  if (late.length > 0) {
    const names = late.map(({ name, version }) => `${name} (${version})`).join(", ");
    faults.push(`${file} does not load with glibc ${OLDEST_GLIBC}: it needs ${names}`);
  }
  if (faults.length === 0) {
    const versions = symbols.map(({ version }) => version).sort(compare);
    console.log(`${path.basename(file)}: needs glibc ${versions.at(-1)}`);
  }
  return faults;
}

/** The symbols of glibc that a file needs. A weak symbol needs its version of glibc, too. */
function symbolsOf(file) {
  const table = readelf("--dyn-syms", file).matchAll(/ UND (\S+)@GLIBC_([\d.]+)/g);
  return [...table].map(([, name, version]) => ({ name, version }));
}

function librariesOf(file) {
  return [...readelf("--dynamic", file).matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, library]) => library);
}

// Unlike objdump it reads files of every processor.
function readelf(option, file) {
  const { status, error, stdout, stderr } = spawnSync("readelf", ["--wide", option, file], { encoding: "utf8", maxBuffer: 64 << 20 });
  if (error !== undefined) throw new Error(`cannot run readelf: ${error.message}. Install binutils`);
  if (status !== 0 || stderr.includes("Error:")) throw new Error(`cannot read ${file}: ${stderr.trim()}`);
  return stdout;
}

function compare(a, b) {
  return a.localeCompare(b, "en", { numeric: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    if (process.argv.length === 2) throw new Error("no files. Usage: node scripts/check-glibc.mjs FILE...");
    checkGlibc(process.argv.slice(2));
  } catch (error) {
    console.error(`check-glibc: ${error.message}`);
    process.exitCode = 1;
  }
}
