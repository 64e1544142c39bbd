// What is said when a file of this machine's platform is missing or cannot be used: what was seen, why, and what to do.
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import {
  type Absence,
  FOLDER_VARIABLE,
  fileName,
  isBundled,
  isSupportedNode,
  type Kind,
  minimumNode,
  otherPlatforms,
  ownFolder,
  packageName,
  version,
} from "./packages.js";
import { describeRuntime, isLinuxProgram, PLATFORMS, platformName } from "./target.js";

/** Identifies why the addon cannot be loaded, or the program of the local server cannot run. */
export type InstallationErrorCode =
  | "UNSUPPORTED_PLATFORM"
  | "PACKAGE_NOT_INSTALLED"
  | "PACKAGE_OF_OTHER_PLATFORM"
  | "PACKAGE_OF_OTHER_VERSION"
  | "NODE_TOO_OLD"
  | "GLIBC_TOO_OLD"
  | "NOT_EXECUTABLE"
  | "ADDONS_DISABLED"
  | "CANNOT_LOAD";

/** A file of this machine's platform is missing or cannot be used. */
export class InstallationError extends Error {
  override name = "DaytonaInstallationError";
  /** Identifies the reason. */
  readonly code: InstallationErrorCode;

  constructor(kind: Kind, { code, reason, cure }: Failure, cause?: unknown) {
    const task = kind === "addon" ? "load the native addon" : "run the local server";
    super(
      `Could not ${task} of daytona-native for ${platformName()}: ${reason}. ${cure}. This is daytona-native ${version} on ${describeRuntime()}.`,
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
  }
}

interface Failure {
  readonly code: InstallationErrorCode;
  /** A clause. */
  readonly reason: string;
  /** Sentences without the last full stop. */
  readonly cure: string;
}

const INSTALL = "npm install --include=optional";
const REINSTALL = `Delete node_modules and install the packages on this machine: ${INSTALL}`;

/** Returns the error for a file that was not found. */
export function missing(kind: Kind, absence: Absence): InstallationError {
  return new InstallationError(kind, describeMissing(kind, absence));
}

function describeMissing(kind: Kind, { folder, incomplete, otherVersions }: Absence): Failure {
  const platform = platformName();
  const wanted = packageName(platform);
  const file = fileName(kind, platform);
  if (kind === "program" && process.platform !== "linux") {
    return {
      code: "UNSUPPORTED_PLATFORM",
      reason: "it isolates sandboxes by features of Linux, and is not built for other systems",
      cure:
        "Run the program in a Linux container or, on Windows, in WSL; or use a service: set DAYTONA_API_KEY, and DAYTONA_API_URL for " +
        "one that you host",
    };
  }
  if (folder !== undefined) {
    return {
      code: "PACKAGE_NOT_INSTALLED",
      reason: `${FOLDER_VARIABLE} is ${folder}, which does not contain ${file}`,
      cure: `Set ${FOLDER_VARIABLE} to a folder with the files of the package ${wanted}@${version}, or unset it`,
    };
  }
  if (!isSupported(platform)) {
    const names = PLATFORMS.join(", ");
    return { code: "UNSUPPORTED_PLATFORM", reason: "there is no build for this platform", cure: `Use one of ${names}` };
  }
  if (incomplete !== undefined) {
    return {
      code: "PACKAGE_NOT_INSTALLED",
      reason: `the package ${wanted}@${version} is installed without ${incomplete}`,
      cure: REINSTALL,
    };
  }
  if (otherVersions.length > 0) {
    return {
      code: "PACKAGE_OF_OTHER_VERSION",
      reason: `the installed package ${wanted} has version ${otherVersions.join(" and ")}; ${version} is required`,
      cure: REINSTALL,
    };
  }
  const nowhere = `neither the file ${file} in ${ownFolder() ?? "the folder of the bundle"} nor the package ${wanted}@${version} is present`;
  const others = otherPlatforms();
  if (others.length > 0) {
    const names = others.map(packageName).join(", ");
    return {
      code: "PACKAGE_OF_OTHER_PLATFORM",
      reason: `${nowhere}, but for another platform ${names}: node_modules was installed on, or for, another system`,
      cure: REINSTALL,
    };
  }
  return { code: "PACKAGE_NOT_INSTALLED", reason: nowhere, cure: curesMissing(wanted) };
}

/** What to do when the package of this platform is not installed. */
function curesMissing(wanted: string): string {
  if (isBundled()) {
    return (
      `This code is part of a bundle: leave daytona-native out of it, install ${wanted} where the bundle runs, copy the files of that ` +
      `package to the bundle's folder, or set ${FOLDER_VARIABLE} to a folder that contains them`
    );
  }
  if (fs.existsSync(path.join(__dirname, "Cargo.toml"))) return "Build it with: npm run setup";
  return (
    `Install daytona-native on the machine that runs it, with its optional dependencies (not with --omit=optional): ${INSTALL}. If a lock ` +
    `file of another system leaves that package out, add it: npm install --save-optional ${wanted}@${version}`
  );
}

/** Returns the error for an addon that Node.js could not load. */
export function unusableAddon(file: string, error: unknown): InstallationError {
  const { message, code } = error as NodeJS.ErrnoException;
  return new InstallationError("addon", describeUnusable(file, code === "ERR_DLOPEN_DISABLED" ? code : message), error);
}

/** Returns the error for a program that could not be started, or undefined if the reason is of another kind. */
export function unusableProgram(file: string, reason: string): InstallationError | undefined {
  const known = /GLIBC_|shared librar|\b(?:ENOENT|EACCES)\b|cannot run .*os error (?:2|13)\)/.test(reason);
  return known ? new InstallationError("program", describeUnusable(file, reason)) : undefined;
}

/** Tells the reason of a failure by the message of the dynamic linker or of the operating system. */
function describeUnusable(file: string, reason: string): Failure {
  const needed = /GLIBC_([0-9.]+)' not found/.exec(reason)?.[1];
  if (needed !== undefined) {
    return {
      code: "GLIBC_TOO_OLD",
      reason: `${file} requires glibc ${needed} or later`,
      cure: "Use a later release of the Linux distribution, or a base image with one",
    };
  }
  if (reason === "ERR_DLOPEN_DISABLED") {
    return {
      code: "ADDONS_DISABLED",
      reason: "this process may not load addons",
      cure: "Start Node.js without --no-addons and, with --permission, with --allow-addons",
    };
  }
  if (/failed to map segment|Operation not permitted/i.test(reason)) return notExecutable(file);
  if (/\bEACCES\b|os error 13\)/.test(reason)) return notExecutable(file);
  if (/symbol.*napi_|NODE_MODULE_VERSION/.test(reason)) {
    return {
      code: "NODE_TOO_OLD",
      reason: `${file} requires a later version of Node.js (${reason})`,
      cure: `Use Node.js ${minimumNode} or later`,
    };
  }
  if (/\bENOENT\b|os error 2\)/.test(reason)) {
    return { code: "CANNOT_LOAD", reason: `${file} cannot start, because its dynamic linker or libc is not installed`, cure: REINSTALL };
  }
  return {
    code: "CANNOT_LOAD",
    reason: `${file} is damaged or built for another system (${reason})`,
    cure: REINSTALL,
  };
}

/** Describes a file that may not be executed, although its permissions allow it. */
function notExecutable(file: string): Failure {
  return {
    code: "NOT_EXECUTABLE",
    reason: `${file} may not be executed: its file system is mounted with noexec, or a security policy forbids it`,
    cure: `Install the packages on a file system without noexec, or copy the files of that folder to one and set ${FOLDER_VARIABLE} to it`,
  };
}

/**
 * Checks that the local server's program can be executed. Adds the permission if it is missing: archives and copies lose it.
 * @throws {InstallationError} It cannot be executed.
 */
export function checkProgram(program: string): void {
  if (process.platform === "linux" && !isLinuxProgram(program)) {
    throw new InstallationError("program", describeUnusable(program, `it is not a program for Linux on ${process.arch}`));
  }
  if (isExecutable(program)) return;
  const { mode } = fs.statSync(program);
  if ((mode & 0o111) === 0o111) throw new InstallationError("program", notExecutable(program));
  try {
    fs.chmodSync(program, mode | 0o111);
  } catch (error) {
    const failure: Failure = {
      code: "NOT_EXECUTABLE",
      reason: `${program} has no permission to be executed, and it could not be added (${(error as Error).message})`,
      cure: `Add it: chmod +x ${program}`,
    };
    throw new InstallationError("program", failure, error);
  }
  if (!isExecutable(program)) throw new InstallationError("program", notExecutable(program));
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Checks the version of Node.js, of which an addon needs a minimum.
 * @throws {InstallationError} It is too old.
 */
export function checkNode(): void {
  if (isSupportedNode()) return;
  throw new InstallationError("addon", {
    code: "NODE_TOO_OLD",
    reason: `it requires Node.js ${minimumNode} or later, not ${process.versions.node}`,
    cure: "Use a later version of Node.js",
  });
}

function isSupported(platform: string): boolean {
  return (PLATFORMS as readonly string[]).includes(platform);
}
