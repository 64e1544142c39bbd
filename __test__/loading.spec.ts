import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copyPackage } from "./support/copy-package.js";
import { type Run, runNode, runProgram } from "./support/run-program.js";
import { root } from "./support/server.js";

// How the addon and the local server's program are found where the package is installed, and what is said when one of them
// is missing or cannot be used. Each test has an installation of its own.

const require = createRequire(path.join(root, "package.json"));
const { version } = require("./package.json") as { version: string };
const addon = fs.readdirSync(root).find((name) => /^daytona-native\..*\.node$/.test(name));
if (addon === undefined) throw new Error("there is no addon");
const target = addon.split(".")[1] as string;
const platforms = fs.readdirSync(path.join(root, "npm"));

let folder: string;
const mounts: string[] = [];
beforeEach(async () => {
  folder = await fs.promises.realpath(await fs.promises.mkdtemp(path.join(os.tmpdir(), "daytona-native-loading-")));
  await copyPackage(path.join(folder, "node_modules/daytona-native"));
});
afterEach(async () => {
  // Lazily, because a server that ends may still run from there.
  for (const mounted of mounts.splice(0)) execFileSync("umount", ["--lazy", mounted]);
  await fs.promises.rm(folder, { recursive: true, force: true });
});

/** Puts the package of a platform into the installation, and returns its folder. It has this machine's files. */
function installPlatform(platform = target, { into = path.join(folder, "node_modules"), copies = false } = {}): string {
  const installed = path.join(into, `daytona-native-${platform}`);
  fs.cpSync(path.join(root, "npm", platform), installed, { recursive: true });
  const put = copies ? fs.copyFileSync : fs.symlinkSync;
  put(path.join(root, addon as string), path.join(installed, `daytona-native.${platform}.node`));
  put(path.join(root, "daytona-local"), path.join(installed, "daytona-local"));
  return installed;
}

/** Writes a bundle of the part of the package that this tests. */
function writeBundle(file: string): void {
  // What a bundler makes of platforms/bundled.mjs.
  const bundled = "({ loadInstalled: () => undefined })";
  fs.writeFileSync(file, fs.readFileSync(path.join(root, "platform.cjs"), "utf8").replace('require("#packages")', bundled));
}

/** A module that changes what a program sees of its machine, for `NODE_OPTIONS`. */
function pretend(source: string): Record<string, string> {
  const file = path.join(folder, "pretend.cjs");
  fs.writeFileSync(file, source);
  return { NODE_OPTIONS: `--require=${file}` };
}

const pretendPlatform = (platform: string, arch: string) =>
  pretend(
    `for (const [name, value] of Object.entries(${JSON.stringify({ platform, arch })})) Object.defineProperty(process, name, { value });`,
  );

interface Failure {
  code: string;
  message: string;
}

/** The error with which the package cannot be imported. */
async function importFailure(env: Record<string, string> = {}, cwd = folder): Promise<Failure> {
  const source = `import("daytona-native/sdk").then(() => ({ message: "imported" }), (error) => error)
    .then(({ code, message }) => console.log(JSON.stringify({ code, message })));`;
  const run = await runProgram(cwd, source, env, "commonjs");
  expect(run.stderr).toBe("");
  return JSON.parse(run.stdout) as Failure;
}

/** The error with which a local server cannot be started. `prepare` runs when the addon is loaded. */
async function startFailure(prepare = "", env: Record<string, string> = {}, cwd = folder): Promise<Failure & { name: string }> {
  const source = `import { LocalDaytona } from "daytona-native/local";
    ${prepare}
    const { name, code, message } = await LocalDaytona.start().then(() => ({ message: "started" }), (error) => error);
    console.log(JSON.stringify({ name, code, message }));`;
  const run = await runProgram(cwd, source, env);
  expect(run.stderr).toBe("");
  return JSON.parse(run.stdout) as Failure & { name: string };
}

/** Runs `npx daytona-local --help`. */
function npxLocal(env: Record<string, string> = {}, cwd = folder): Promise<Run> {
  return runNode(cwd, ["node_modules/daytona-native/bin/daytona-local.js", "--help"], env);
}

/** Expects that both ways to start the local server tell the same. */
async function expectNoServer(code: string, parts: string[], env: Record<string, string> = {}, cwd = folder): Promise<void> {
  const failure = await startFailure("", env, cwd);
  expect(failure).toMatchObject({ name: "DaytonaServiceUnavailableError", code });
  for (const part of [...parts, "Could not run the local server", target, version]) expect(failure.message).toContain(part);
  const run = await npxLocal(env, cwd);
  expect([run.code, run.stdout]).toEqual([1, ""]);
  expect(run.stderr).toBe(`daytona-local: ${failure.message}\n`);
}

const LOCAL = `import { DaytonaSandbox } from "daytona-native";
  const sandbox = await DaytonaSandbox.create({ target: "local" });
  await sandbox.close();
  console.log("ok");`;

/** Installs what the package's main entry point requires besides. */
function linkDeepagents(): void {
  const modules = path.join(root, "node_modules");
  for (const name of fs.readdirSync(modules).filter((entry) => !entry.startsWith(".") && !entry.startsWith("daytona-native"))) {
    fs.symlinkSync(path.join(modules, name), path.join(folder, "node_modules", name));
  }
}

describe("the packages of platforms", () => {
  it("have the names and the files that are searched", () => {
    expect(platforms).toEqual(expect.arrayContaining(["linux-x64-gnu", "linux-arm64-musl", "darwin-arm64", "win32-x64-msvc"]));
    const literals = fs.readFileSync(path.join(root, "platforms/installed.cjs"), "utf8");
    for (const platform of platforms) {
      const installed = path.join(root, "npm", platform);
      const manifest = require(path.join(installed, "package.json")) as { name: string; version: string; main: string; files: string[] };
      const exported = require(installed) as { version: string; addon: string; program?: string };
      expect(manifest).toMatchObject({ name: `daytona-native-${platform}`, version, main: "index.cjs", preferUnplugged: true });
      expect(exported.version).toBe(version);
      const files = [exported.addon, exported.program].filter((file) => file !== undefined);
      expect(files.map((file) => path.relative(installed, file))).toEqual(manifest.files.filter((name) => name !== "index.cjs"));
      expect(path.basename(exported.addon)).toBe(`daytona-native.${platform}.node`);
      expect(exported.program !== undefined).toBe(platform.startsWith("linux-"));
      // Literals, for tools that copy the files of a program.
      expect(literals).toContain(`require("${manifest.name}")`);
    }
  });

  it("are searched under each of their names", async () => {
    for (const platform of platforms) {
      const installed = path.join(folder, "node_modules", `daytona-native-${platform}`);
      fs.cpSync(path.join(root, "npm", platform), installed, { recursive: true });
    }
    const { message } = await importFailure(pretendPlatform("sunos", "x64"));
    for (const platform of platforms) expect(message).toContain(platform);
  });
});

describe("the addon and the program", () => {
  it("are found in the package of the platform", async () => {
    linkDeepagents();
    installPlatform();
    expect(await runProgram(folder, LOCAL)).toMatchObject({ stdout: "ok\n", stderr: "" });
    expect(await npxLocal()).toMatchObject({ code: 0, stdout: expect.stringContaining("--json") as string });
  });

  it("are those of the package, also when the program that uses it is beside others", async () => {
    installPlatform();
    // As in a checkout of this package with another build, or a folder of a bundle.
    for (const name of [addon, "daytona-local"]) fs.writeFileSync(path.join(folder, name), "of another version");
    const ownPlatform = path.join(folder, "node_modules/daytona-native/platform.cjs");
    fs.writeFileSync(
      path.join(folder, "program.cjs"),
      `console.log(typeof require("daytona-native/sdk").Sandbox, require(${JSON.stringify(ownPlatform)}).findLocalProgram());`,
    );
    const program = path.join(folder, `node_modules/daytona-native-${target}/daytona-local`);
    expect(await runNode(folder, ["program.cjs"])).toMatchObject({ stdout: `function ${program}\n`, stderr: "" });
  });

  it("are found by a bundle beside node_modules that a strict package manager made", async () => {
    const store = path.join(folder, "node_modules/.store/node_modules");
    fs.mkdirSync(store, { recursive: true });
    fs.renameSync(path.join(folder, "node_modules/daytona-native"), path.join(store, "daytona-native"));
    fs.mkdirSync(path.join(folder, "node_modules/@langchain"));
    fs.symlinkSync(path.join(store, "daytona-native"), path.join(folder, "node_modules/@langchain/daytona"));
    installPlatform(target, { into: store });
    fs.mkdirSync(path.join(folder, "dist"));
    writeBundle(path.join(folder, "dist/bundle.cjs"));
    const source = `const { findLocalProgram, loadAddon } = require("./dist/bundle.cjs");
      console.log(findLocalProgram(), typeof loadAddon().Sandbox);`;
    const run = await runProgram(folder, source, {}, "commonjs");
    expect([run.stdout, run.stderr]).toEqual([`${path.join(store, `daytona-native-${target}/daytona-local`)} function\n`, ""]);
  });

  it("are found in the folder of a bundle", async () => {
    writeBundle(path.join(folder, "bundle.cjs"));
    fs.rmSync(path.join(folder, "node_modules"), { recursive: true });
    const print = `const { findLocalProgram, loadAddon } = require("./bundle.cjs");
      try { console.log(typeof loadAddon().Sandbox, findLocalProgram()); } catch ({ message }) { console.log(message); }`;
    expect((await runProgram(folder, print, {}, "commonjs")).stdout).toContain("part of a bundle");
    for (const name of [addon, "daytona-local"]) fs.symlinkSync(path.join(root, name), path.join(folder, name));
    expect((await runProgram(folder, print, {}, "commonjs")).stdout).toBe(`function ${path.join(folder, "daytona-local")}\n`);
  });

  it("are found in the folder that DAYTONA_NATIVE_FOLDER names, and only there", async () => {
    linkDeepagents();
    const elsewhere = installPlatform(target, { into: path.join(folder, "elsewhere") });
    expect(await runProgram(folder, LOCAL, { DAYTONA_NATIVE_FOLDER: elsewhere })).toMatchObject({ stdout: "ok\n", stderr: "" });
    installPlatform();
    const failure = await importFailure({ DAYTONA_NATIVE_FOLDER: path.join(folder, "wrong") });
    expect(failure.code).toBe("PACKAGE_NOT_INSTALLED");
    expect(failure.message).toContain(`DAYTONA_NATIVE_FOLDER is ${path.join(folder, "wrong")}, which does not contain ${addon}`);
  });

  it("are found beside the archive of an Electron application", async () => {
    // Electron reads the archive as a folder, so here it is one.
    const installed = installPlatform(target, { into: path.join(folder, "app.asar/node_modules") });
    const unpacked = path.join(folder, "app.asar.unpacked/node_modules", path.basename(installed));
    fs.cpSync(installed, unpacked, { recursive: true, verbatimSymlinks: true });
    writeBundle(path.join(folder, "app.asar/main.cjs"));
    const run = await runProgram(folder, `console.log(require("./app.asar/main.cjs").findLocalProgram())`, {}, "commonjs");
    expect([run.stdout, run.stderr]).toEqual([`${path.join(unpacked, "daytona-local")}\n`, ""]);
  });

  it("need no permission to write", async (context) => {
    linkDeepagents();
    const mounted = mount(context);
    installPlatform(target, { into: mounted, copies: true });
    execFileSync("mount", ["-o", "remount,ro", mounted]);
    const installed = path.join(mounted, `daytona-native-${target}`);
    expect(() => fs.writeFileSync(path.join(installed, "a"), "")).toThrow("read-only");
    expect(await runProgram(folder, LOCAL, { DAYTONA_NATIVE_FOLDER: installed })).toMatchObject({ stdout: "ok\n", stderr: "" });
  });
});

describe("a package of this platform that is not installed", () => {
  it("is named with its version, what was seen and a command", async () => {
    const { code, message } = await importFailure();
    expect(code).toBe("PACKAGE_NOT_INSTALLED");
    expect(message).toContain(`Could not load the native addon of daytona-native for ${target}`);
    expect(message).toContain(`daytona-native-${target}@${version}`);
    expect(message).toContain("npm install --include=optional");
    expect(message).toContain(`npm install --save-optional daytona-native-${target}@${version}`);
    expect(message).toMatch(
      new RegExp(`on Node\\.js ${process.versions.node}, ${process.platform} ${process.arch}, (glibc [0-9.]+|musl)\\.$`),
    );
  });

  it("is told from one that lacks a file", async () => {
    const file = path.join(installPlatform(), addon);
    fs.rmSync(file);
    const { code, message } = await importFailure();
    expect(code).toBe("PACKAGE_NOT_INSTALLED");
    expect(message).toContain(`the package daytona-native-${target}@${version} is installed without ${file}`);
    expect(message).toContain("Delete node_modules");
  });

  it("is told from one that was installed for another platform", async () => {
    const other = target.startsWith("linux-arm64") ? "linux-x64-gnu" : "darwin-arm64";
    installPlatform(other);
    const { code, message } = await importFailure();
    expect(code).toBe("PACKAGE_OF_OTHER_PLATFORM");
    expect(message).toContain(`for another platform daytona-native-${other}`);
    expect(message).toContain("Delete node_modules and install the packages on this machine: npm install --include=optional");
  });

  it.skipIf(process.platform !== "linux")("is told from one for another libc, in both directions", async () => {
    const [gnu, musl] = [target.replace("musl", "gnu"), target.replace("gnu", "musl")];
    const pretendLibc = (loader: string) => {
      fs.writeFileSync(path.join(folder, "node"), `\u007fELF/lib/${loader}\u0000`);
      return pretend(`Object.defineProperty(process, "execPath", { value: ${JSON.stringify(path.join(folder, "node"))} });`);
    };
    installPlatform(gnu);
    const onMusl = await importFailure(pretendLibc("ld-musl-x86_64.so.1"));
    expect(onMusl.code).toBe("PACKAGE_OF_OTHER_PLATFORM");
    expect(onMusl.message).toMatch(new RegExp(`${musl}@.* daytona-native-${gnu}:.*, musl\\.$`));
    fs.rmSync(path.join(folder, `node_modules/daytona-native-${gnu}`), { recursive: true });
    installPlatform(musl);
    const onGlibc = await importFailure(pretendLibc("ld-linux-x86-64.so.2"));
    expect(onGlibc.code).toBe("PACKAGE_OF_OTHER_PLATFORM");
    expect(onGlibc.message).toMatch(new RegExp(`${gnu}@.* daytona-native-${musl}:.*, glibc`));
  });

  it("is told from one of another version", async () => {
    const entry = path.join(installPlatform(), "index.cjs");
    fs.writeFileSync(entry, fs.readFileSync(entry, "utf8").replace(version, "0.0.9"));
    const { code, message } = await importFailure();
    expect(code).toBe("PACKAGE_OF_OTHER_VERSION");
    expect(message).toContain(`the installed package daytona-native-${target} has version 0.0.9; ${version} is required`);
  });

  it.each([
    ["freebsd", "x64"],
    ["linux", "ia32"],
  ])("does not exist on %s %s", async (platform, arch) => {
    const { code, message } = await importFailure(pretendPlatform(platform, arch));
    expect(code).toBe("UNSUPPORTED_PLATFORM");
    expect(message).toContain(`for ${platform}-${arch}`);
    expect(message).toContain("there is no build for this platform");
    expect(message).toContain("linux-arm64-musl");
  });
});

describe("an addon that cannot be loaded", () => {
  /** Puts another file in place of the addon. */
  const replaceAddon = (content: string | Buffer) => {
    const file = path.join(installPlatform(), addon);
    fs.rmSync(file);
    fs.writeFileSync(file, content);
    return file;
  };

  it("because it is damaged is named with the reason", async () => {
    const file = replaceAddon("not an addon");
    const { code, message } = await importFailure();
    expect(code).toBe("CANNOT_LOAD");
    expect(message).toContain(`${file} is damaged or built for another system (`);
    expect(message).toContain("Delete node_modules");
  });

  it.skipIf(!target.endsWith("-gnu"))("because glibc is too old is named with the version that it needs", async () => {
    const bytes = fs.readFileSync(path.join(root, addon)).toString("latin1");
    replaceAddon(Buffer.from(bytes.replaceAll(/GLIBC_2\.\d\d\0/g, "GLIBC_2.99\0"), "latin1"));
    const { code, message } = await importFailure();
    expect(code).toBe("GLIBC_TOO_OLD");
    expect(message).toContain("requires glibc 2.99 or later");
    expect(message).toMatch(/glibc 2\.\d+\.$/);
  });

  it("because Node.js is too old is told with both versions", async () => {
    installPlatform();
    const { code, message } = await importFailure(
      pretend(`Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.8" } });`),
    );
    expect(code).toBe("NODE_TOO_OLD");
    expect(message).toMatch(/requires Node\.js 20\.[0-9.]+ or later, not 18\.20\.8/);
  });

  it("because addons are disabled is told with the option", async () => {
    installPlatform();
    const { code, message } = await importFailure({ NODE_OPTIONS: "--no-addons" });
    expect(code).toBe("ADDONS_DISABLED");
    expect(message).toContain("--no-addons");
  });

  it("because of a file system that is mounted with noexec is told", async (context) => {
    const mounted = mount(context, "noexec");
    const installed = installPlatform(target, { into: mounted, copies: true });
    const { code, message } = await importFailure({ DAYTONA_NATIVE_FOLDER: installed });
    expect(code).toBe("NOT_EXECUTABLE");
    expect(message).toContain(`${path.join(installed, addon)} may not be executed: its file system is mounted with noexec`);
  });
});

describe.skipIf(process.platform !== "linux")("a local server that cannot run", () => {
  /** Leaves the addon in the package's folder, so that only the program is missing. */
  const withAddon = () => fs.symlinkSync(path.join(root, addon), path.join(folder, "node_modules/daytona-native", addon));

  it("because its program is not installed is told as for the addon", async () => {
    withAddon();
    await expectNoServer("PACKAGE_NOT_INSTALLED", [`daytona-native-${target}@${version}`, "npm install --include=optional"]);
  });

  /** Puts another file in place of the program. */
  const replaceProgram = (content: Buffer) => {
    const file = path.join(installPlatform(), "daytona-local");
    fs.rmSync(file);
    fs.writeFileSync(file, content, { mode: 0o755 });
    return file;
  };
  const original = fs.readFileSync(path.join(root, "daytona-local"));

  it.each([
    ["is damaged", Buffer.from("not a program")],
    ["is for another processor", Buffer.concat([original.subarray(0, 18), Buffer.from([0xf3, 0]), original.subarray(20)])],
  ])("because its program %s is told with the reason", async (_, content) => {
    withAddon();
    const program = replaceProgram(content);
    await expectNoServer("CANNOT_LOAD", [`${program} is damaged or built for another system (it is not a program for Linux on`]);
  });

  const text = original.toString("latin1");
  const interpreter = /\0(\/[\w./-]*ld-(?:linux|musl)[\w.-]*)\0/.exec(text)?.[1];
  it.skipIf(interpreter === undefined)("because the libc of its program is missing is told with the reason", async () => {
    withAddon();
    const missing = (interpreter as string).replace("ld-", "no-");
    const program = replaceProgram(Buffer.from(text.replace(interpreter as string, missing), "latin1"));
    await expectNoServer("CANNOT_LOAD", [`${program} cannot start, because its dynamic linker or libc is not installed`]);
  });

  it("because its file system is mounted with noexec is told", async (context) => {
    withAddon();
    const mounted = mount(context, "noexec");
    const program = path.join(installPlatform(target, { into: path.join(mounted), copies: true }), "daytona-local");
    fs.symlinkSync(path.dirname(program), path.join(folder, "node_modules", `daytona-native-${target}`));
    await expectNoServer("NOT_EXECUTABLE", [`${program} may not be executed: its file system is mounted with noexec`]);
  });

  it("because its program lost its permissions is mended, or told with a command", async (context) => {
    withAddon();
    const mounted = mount(context);
    const program = path.join(installPlatform(target, { into: mounted, copies: true }), "daytona-local");
    fs.symlinkSync(path.dirname(program), path.join(folder, "node_modules", `daytona-native-${target}`));
    fs.chmodSync(program, 0o644);
    execFileSync("mount", ["-o", "remount,ro", mounted]);
    await expectNoServer("NOT_EXECUTABLE", [`${program} has no permission to be executed`, `chmod +x ${program}`, "read-only"]);
    execFileSync("mount", ["-o", "remount,rw", mounted]);
    expect(await npxLocal()).toMatchObject({ code: 0, stderr: "" });
    expect(fs.statSync(program).mode & 0o777).toBe(0o755);
  });

  it.each([
    ["darwin", "arm64"],
    ["win32", "x64"],
  ])("because the system is %s is told with alternatives", async (platform, arch) => {
    installPlatform();
    const prepare = `Object.defineProperty(process, "platform", { value: "${platform}" });`;
    const failure = await startFailure(prepare);
    expect(failure).toMatchObject({ name: "DaytonaServiceUnavailableError", code: "UNSUPPORTED_PLATFORM" });
    for (const part of ["Linux container", "WSL", "DAYTONA_API_KEY"]) expect(failure.message).toContain(part);
    const run = await npxLocal(pretendPlatform(platform, arch));
    expect(run.code).toBe(1);
    for (const part of ["Linux container", "WSL", "DAYTONA_API_KEY"]) expect(run.stderr).toContain(part);
  });
});

/** Mounts a file system in memory at a folder and returns the folder. Skips the test where that is not permitted. */
function mount(context: { skip: (reason: string) => never }, ...options: string[]): string {
  const mounted = path.join(folder, "mounted");
  fs.mkdirSync(mounted);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", ["size=64m", "mode=755", ...options].join(","), "tmpfs", mounted], { stdio: "ignore" });
  } catch {
    context.skip("this user cannot mount a file system");
  }
  mounts.push(mounted);
  return mounted;
}

describe("docs/troubleshooting.md", () => {
  it("has a section for each code", () => {
    const declared = /type InstallationErrorCode = ([^;]+);/.exec(fs.readFileSync(path.join(root, "platform.d.cts"), "utf8"))?.[1] ?? "";
    const codes = [...declared.matchAll(/"(\w+)"/g)].map(([, code]) => code);
    expect(codes).toContain("PACKAGE_NOT_INSTALLED");
    const document = fs.readFileSync(path.join(root, "docs/troubleshooting.md"), "utf8");
    const sections = [...document.matchAll(/^## ([A-Z_]+)$/gm)].map(([, code]) => code);
    expect(sections.toSorted()).toEqual(codes.toSorted());
  });
});
