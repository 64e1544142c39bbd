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

/** Returns the name of a file of this machine's platform. */
export function fileName(kind: Kind): string {
  if (kind === "addon") return `daytona-native.${platformName()}.node`;
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

/**
 * Searches a file of this machine's platform: in the folder that the variable names; else beside this code, as in a checkout,
 * or in the package of this platform. In a bundle, places are relative to the bundle.
 * @returns The path of the file, or what was found instead.
 */
export function search(kind: Kind): string | Absence {
  const folder = process.env[FOLDER_VARIABLE] || undefined;
  if (folder !== undefined) return existing(path.resolve(folder, fileName(kind))) ?? { folder, otherVersions: [] };
  const otherVersions = new Set<string>();
  let incomplete: string | undefined;
  for (const origin of origins()) {
    const beside = existing(path.join(path.dirname(origin), fileName(kind)));
    if (beside !== undefined) return beside;
  }
  for (const found of packages(platformName())) {
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
  return fs.existsSync(beside) ? beside : file;
}

function existing(file: string): string | undefined {
  return fs.existsSync(file) ? file : undefined;
}
