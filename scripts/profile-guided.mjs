// Records how often each part of the addon runs, for the compiler, which then makes what runs often fast and the rest small:
// a command takes a tenth less time.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { hostTarget, root } from "./targets.mjs";

/**
 * Lets the compiler make small what runs rarely, in programs of this size too; and takes for what runs often only the parts
 * that make up most of the counts, of which some are copies of bytes that count by millions.
 */
const SMALL_ELSEWHERE = ["-pgso-lwss-only=false", "-pgso-cutoff-instr-prof=600000", "-profile-summary-cutoff-hot=950000"].map(
  (option) => `-Cllvm-args=${option}`,
);

/** How large an output is, in bytes. */
const OUTPUT = String(4 << 20);

/**
 * Builds the addon of a target with a profile; without one where the addon does not run, or where a tool is missing.
 *
 * `program` is the local server where there is one. `build` builds the addon with additional flags of the compiler, for this
 * machine only or for others, and returns its file.
 */
export async function buildWithProfile(target, program, build) {
  if (target.platform !== hostTarget().platform) return build([], { forOthers: true });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "daytona-native-profile-"));
  try {
    const llvmProfdata = findLlvmProfdata();
    const certificate = createCertificate(folder);
    console.log("recording a profile of the addon, for which it is built once more");
    fs.copyFileSync(build(["-Cprofile-generate"], { forOthers: false }), path.join(folder, target.addon));
    if (program !== undefined) fs.copyFileSync(program, path.join(folder, target.program));
    const counts = path.join(folder, "counts");
    await record(folder, certificate, { LLVM_PROFILE_FILE: path.join(counts, "%p.profraw") });
    // A name of its own for each profile: cargo does not notice when the content of a file changes.
    const profile = path.join(folder, "addon.profdata");
    execFileSync(llvmProfdata, ["merge", "-o", profile, counts]);
    return build([`-Cprofile-use=${profile}`, ...SMALL_ELSEWHERE], { forOthers: true });
  } catch (error) {
    if (!(error instanceof MissingTool)) throw error;
    console.log(`without a profile, so that commands take longer: ${error.message}`);
    return build([], { forOthers: true });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

class MissingTool extends Error {}

/** Returns the program that merges profiles, in the version of the compiler. Installs it where rustup can. */
function findLlvmProfdata() {
  const options = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
  const sysroot = execFileSync("rustc", ["--print", "sysroot"], { ...options, cwd: root }).trim();
  const [, host] = /^host: (.*)$/m.exec(execFileSync("rustc", ["-vV"], { ...options, cwd: root }));
  const name = process.platform === "win32" ? "llvm-profdata.exe" : "llvm-profdata";
  const file = path.join(sysroot, "lib/rustlib", host, "bin", name);
  try {
    if (!fs.existsSync(file)) execFileSync("rustup", ["component", "add", "llvm-tools"], { ...options, cwd: root });
  } catch {
    // The toolchain is not that of rustup, or there is no network.
  }
  if (!fs.existsSync(file)) throw new MissingTool("llvm-profdata is missing. Install it with: rustup component add llvm-tools");
  return file;
}

/** Creates a certificate for the loopback interface, so that TLS is part of the profile. */
function createCertificate(folder) {
  const [key, file] = [path.join(folder, "key.pem"), path.join(folder, "certificate.pem")];
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", file];
  const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"];
  try {
    execFileSync("openssl", ["req", "-x509", ...made, ...names], { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    if (error.code === "ENOENT") throw new MissingTool("openssl is missing. Install it");
    throw new MissingTool(`openssl cannot create a certificate. Install OpenSSL 1.1.1 or later. It printed: ${error.stderr.trim()}`);
  }
  return { key, file };
}

/** Uses the addon in a folder: at mock servers without TLS and with it, and in a local sandbox. */
async function record(folder, { key, file }, env) {
  const tls = ["--key", key, "--certificate", file];
  for (const [options, trust] of [
    [[], {}],
    [tls, { NODE_EXTRA_CA_CERTS: file }],
  ]) {
    await atServer(options, (server) => work("commands", folder, { ...env, ...trust, ...server }));
    await atServer([...options, "--output", OUTPUT], (server) => work("service", folder, { ...env, ...trust, ...server }));
  }
  if (process.platform === "linux") await work("local", folder, env);
}

/** Does something with the environment of a mock server with these options. */
async function atServer(options, action) {
  const stdio = ["pipe", "pipe", "inherit"];
  const server = spawn(process.execPath, ["bench/mock-server.mjs", ...options], { cwd: root, stdio });
  const exited = once(server, "exit");
  try {
    const [line] = await once(createInterface({ input: server.stdout }), "line");
    const { apiUrl, apiKey } = JSON.parse(line);
    await action({ DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: apiKey });
  } finally {
    server.stdin.end();
    await exited;
  }
}

/** Does a part of the workload with the addon in a folder. */
async function work(part, folder, env) {
  const program = spawn(process.execPath, ["scripts/profile-workload.mjs", part], {
    cwd: root,
    env: { ...process.env, ...env, DAYTONA_NATIVE_FOLDER: folder },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(program, "exit");
  if (code !== 0) throw new Error(`scripts/profile-workload.mjs ${part} failed; the reason is above`);
}
