// Which platform this is, in the names of the packages and files that are built for it.
import fs from "node:fs";
import process from "node:process";

/** The platforms that packages are built for; each has a folder in `npm`. */
export const PLATFORMS = [
  "darwin-arm64",
  "darwin-x64",
  "linux-arm64-gnu",
  "linux-arm64-musl",
  "linux-x64-gnu",
  "linux-x64-musl",
  "win32-arm64-msvc",
  "win32-x64-msvc",
] as const;

/** Returns the name of this machine's platform, as in the names of the packages and files for it: such as `linux-x64-gnu`. */
export function platformName(): string {
  return [process.platform, process.arch, abi()].filter((part) => part !== undefined).join("-");
}

/** Describes the JavaScript runtime and the machine, for error messages: such as `Node.js 22.1.0, linux x64, glibc 2.36`. */
export function describeRuntime(): string {
  const { versions, platform, arch } = process;
  const runtimes = { bun: "Bun", deno: "Deno", electron: "Electron" };
  const [own, name] = Object.entries(runtimes).find(([key]) => versions[key] !== undefined) ?? ["node", "Node.js"];
  return [`${name} ${versions[own]}`, `${platform} ${arch}`, describeLibc()].filter((part) => part !== undefined).join(", ");
}

/** The last part of a platform's name. */
function abi(): string | undefined {
  if (process.platform === "win32") return "msvc";
  if (process.platform !== "linux") return undefined;
  return isMusl() ? "musl" : "gnu";
}

/** Whether the program that runs this is linked to musl: its header names the dynamic linker of its libc. */
function isMusl(): boolean {
  const header = firstBytes(process.execPath);
  if (header.includes("/ld-musl-")) return true;
  if (header.includes("/ld-linux")) return false;
  // Not always, because a report takes longer than everything else here.
  const report = runtimeReport();
  return report !== undefined && report.glibcVersionRuntime === undefined;
}

/** Whether a file is a program for Linux on this processor. */
export function isLinuxProgram(file: string): boolean {
  const header = firstBytes(file);
  const machine = header.charCodeAt(18) | (header.charCodeAt(19) << 8);
  return header.startsWith("\u007fELF") && machine === { x64: 62, arm64: 183 }[process.arch as string];
}

/** The start of a file, with a character for each byte; empty if it cannot be read. */
function firstBytes(file: string): string {
  try {
    const descriptor = fs.openSync(file, "r");
    try {
      const bytes = new Uint8Array(4096);
      const read = bytes.subarray(0, fs.readSync(descriptor, bytes, 0, bytes.length, 0));
      // Like this, because it is read at every import, and the first use of a Buffer takes longer than all of it.
      return Reflect.apply(String.fromCharCode, undefined, read);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    return "";
  }
}

function describeLibc(): string | undefined {
  if (process.platform !== "linux") return undefined;
  if (isMusl()) return "musl";
  const version = runtimeReport()?.glibcVersionRuntime;
  return version === undefined ? "glibc" : `glibc ${version}`;
}

/** The header of the process's report, which has the version of glibc if the process uses it. Undefined if there is none. */
function runtimeReport(): { glibcVersionRuntime?: string } | undefined {
  const report = process.report as (NodeJS.ProcessReport & { excludeNetwork?: boolean }) | undefined;
  const excludeNetwork = report?.excludeNetwork ?? false;
  try {
    // Otherwise the report lists every connection, which can wait for a name server.
    if (report !== undefined) report.excludeNetwork = true;
    return (report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined)?.header;
  } catch {
    // A runtime other than Node.js may have no report, or ask for a permission.
    return undefined;
  } finally {
    if (report !== undefined) report.excludeNetwork = excludeNetwork;
  }
}
