// Where the files of this machine's platform are: the addon, and the program of the local server.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import manifest from "../../package.json" with { type: "json" };
import { PLATFORMS, platformName } from "./target.js";

/** Environment variable with a folder that contains the files of this platform's package. */
export const FOLDER_VARIABLE = "DAYTONA_NATIVE_FOLDER";

/** The files of this package that contain this code. */
const OWN_FILES = new Set(["internal-code.cjs", "platform.cjs"]);

/** A file of this platform's package. */
export type Kind = "addon" | "program";

/** What the package of a platform exports: its version, and the paths of its files. */
interface PlatformPackage {
  readonly version: string;
  readonly addon: string;
  readonly program?: string;
}

/** What a search found instead of a file. */
export interface Absence {
  /** The folder that the variable names. It was the only place to look in. */
  readonly folder?: string;
  /** The file that is missing in the package of this platform. */
  readonly incomplete?: string | undefined;
  /** Versions of this platform's package that were found and do not belong to this version. */
  readonly otherVersions: readonly string[];
}

/** The version of this package. Packages of platforms must have the same. */
export const version: string = manifest.version;

/** The earliest version of Node.js that this package supports. */
export const minimumNode: string = manifest.engines.node.replace(">=", "");

/** Returns the name of the package of a platform. */
export function packageName(platform: string): string {
  return `daytona-native-${platform}`;
}

/** Returns the name of a file of a platform. */
export function fileName(kind: Kind, platform: string): string {
  if (kind === "addon") return `daytona-native.${platform}.node`;
  return process.platform === "win32" ? "daytona-local.exe" : "daytona-local";
}

/** The folder of this code: of the package, or of a bundle that contains it. Undefined in a bundle that does not tell. */
export function ownFolder(): string | undefined {
  const [file] = origins();
  return file === undefined ? undefined : path.dirname(file);
}

/** Whether this code is part of a bundle, and not in the folder of its package. */
export function isBundled(): boolean {
  return typeof __filename !== "string" || !OWN_FILES.has(path.basename(__filename));
}

/** Loads the addon from where almost every installation has it. Undefined if it is not there. */
export function loadUsualAddon(): unknown {
  if (!isSupportedNode() || process.env[FOLDER_VARIABLE]) return undefined;
  const file = findUsual("addon", platformName());
  return file === undefined ? undefined : loadFile(file);
}

/** Whether this version of Node.js is supported. */
export function isSupportedNode(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [minMajor = 0, minMinor = 0] = minimumNode.split(".").map(Number);
  return major > minMajor || (major === minMajor && minor >= minMinor);
}

/**
 * Finds a file where almost every installation has it: beside this code, or in the package that Node.js finds from here. Does
 * nothing else, such as following links, because every import waits for this.
 */
function findUsual(kind: Kind, platform: string): string | undefined {
  if (isBundled()) return undefined;
  const beside = existing(path.join(__dirname, fileName(kind, platform)));
  if (beside !== undefined) return beside;
  const installed = loadPackage(platform, __filename);
  const file = installed?.version === version ? installed[kind] : undefined;
  return file === undefined ? undefined : existing(unpacked(file));
}

/**
 * Searches a file of this machine's platform: in the folder that the variable names; else beside this code, as in a checkout,
 * or in the package of this platform. In a bundle, places are relative to the bundle.
 * @returns The path of the file, or what was found instead.
 */
export function search(kind: Kind): string | Absence {
  const platform = platformName();
  const name = fileName(kind, platform);
  const folder = process.env[FOLDER_VARIABLE] || undefined;
  if (folder !== undefined) return existing(path.resolve(folder, name)) ?? { folder, otherVersions: [] };
  const usual = findUsual(kind, platform);
  if (usual !== undefined) return usual;
  const otherVersions = new Set<string>();
  let incomplete: string | undefined;
  for (const origin of origins()) {
    const beside = existing(path.join(path.dirname(origin), name));
    if (beside !== undefined) return beside;
  }
  for (const found of packages(platform)) {
    if (found[kind] === undefined) continue;
    if (found.version !== version) {
      otherVersions.add(found.version);
      continue;
    }
    const unarchived = unpacked(found[kind]);
    if (fs.existsSync(unarchived)) return unarchived;
    incomplete ??= unarchived;
  }
  return { incomplete, otherVersions: [...otherVersions] };
}

/** Returns the other platforms of which a package is installed. */
export function otherPlatforms(): string[] {
  return PLATFORMS.filter((platform) => platform !== platformName() && [...packages(platform)].length > 0);
}

/** The installed packages of a platform, those first that Node.js finds from this package. */
function* packages(platform: string): Generator<PlatformPackage> {
  if (!isBundled()) {
    // Found without `#packages`, which takes Node.js longer to resolve than all else here.
    const beside = loadPackage(platform, __filename);
    if (beside !== undefined) yield beside;
  }
  const { loadInstalled } = require("#packages") as { loadInstalled: (platform: string) => PlatformPackage | undefined };
  const installed = loadInstalled(platform);
  if (installed !== undefined) yield installed;
  for (const origin of origins()) {
    for (const file of [origin, ...installations(origin)]) {
      const found = loadPackage(platform, file);
      if (found !== undefined) yield found;
    }
  }
}

/** The files that packages are searched from. */
function origins(): string[] {
  // A bundle that is an ECMAScript module has no name of its file here. It is often the program that was started.
  return [typeof __filename === "string" ? __filename : undefined, process.argv[1]]
    .filter((file) => file !== undefined)
    .map((file) => realPath(path.resolve(file)));
}

/** Returns where a file is, not a link to it: `.bin/daytona-local` links to the script that runs the program of that name. */
function realPath(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch {
    // Code that was given to Node.js as an argument has no file.
    return file;
  }
}

/** The files of this package that are installed where a file is: strict package managers give only these the packages of platforms. */
function installations(origin: string): string[] {
  const requireOwn = createRequire(origin);
  return ["daytona-native", "@langchain/daytona"].flatMap((name) => {
    try {
      return [requireOwn.resolve(`${name}/package.json`)];
    } catch {
      return [];
    }
  });
}

/** Loads the package of a platform from where a file is. It contains paths only: this does not load the addon. */
function loadPackage(platform: string, from: string): PlatformPackage | undefined {
  try {
    return createRequire(from)(packageName(platform)) as PlatformPackage;
  } catch {
    return undefined;
  }
}

/** Loads a file as Node.js does, not as a bundler. */
export function loadFile(file: string): unknown {
  return createRequire(file)(file);
}

/** Electron packs an application into an archive, which it reads as a folder; programs and addons are beside it. */
function unpacked(file: string): string {
  const beside = file.replace(`${path.sep}app.asar${path.sep}`, `${path.sep}app.asar.unpacked${path.sep}`);
  return beside !== file && fs.existsSync(beside) ? beside : file;
}

function existing(file: string): string | undefined {
  return fs.existsSync(file) ? file : undefined;
}
