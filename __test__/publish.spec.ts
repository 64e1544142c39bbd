import { execFile } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cleanEnv } from "./support/run-program.js";
import { root } from "./support/server.js";

// scripts/publish.mjs, at a registry that keeps what is published in memory.

const exec = promisify(execFile);
const PLATFORMS = ["daytona-native-linux-x64-gnu", "daytona-native-linux-x64-musl"];
const RELEASE = [...PLATFORMS, "daytona-native"];

/** The part of a package's document that this registry keeps. */
interface Document {
  name: string;
  "dist-tags": Record<string, string>;
  versions: Record<string, unknown>;
}

let folder: string;
let registry: http.Server;
let documents: Map<string, Document>;
/** Names of the packages, in the order in which they were published. */
let published: string[];
/** The package that the registry rejects. */
let rejected: string | undefined;
/** Whether the registry is out of order. */
let broken: boolean;

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "daytona-native-publish-"));
  documents = new Map();
  published = [];
  rejected = undefined;
  broken = false;
  registry = http.createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
  await once(registry, "listening");
  await fs.writeFile(path.join(folder, "npmrc"), `//127.0.0.1:${port()}/:_authToken=test\nfetch-retries=0\nupdate-notifier=false\n`);
});
afterEach(async () => {
  registry.closeAllConnections();
  registry.close();
  await fs.rm(folder, { recursive: true, force: true });
});

async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const name = decodeURIComponent((request.url ?? "").slice(1).split("?")[0] ?? "");
  if (broken) {
    response.writeHead(503).end();
    return;
  }
  if (request.method === "GET") {
    const document = documents.get(name);
    response.writeHead(document === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(document ?? { error: "Not found" }));
    return;
  }
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  const sent = JSON.parse(body) as Document;
  if (name === rejected) {
    response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify({ error: "rejected by the test" }));
    return;
  }
  documents.set(name, { ...sent, versions: { ...documents.get(name)?.versions, ...sent.versions } });
  published.push(name);
  response.writeHead(201, { "content-type": "application/json" }).end("{}");
}

const port = () => (registry.address() as AddressInfo).port;

/** Writes the tarball of a package. */
async function pack(name: string, version: string, contents = "contents"): Promise<void> {
  const optionalDependencies = Object.fromEntries(PLATFORMS.map((platform) => [platform, version]));
  const manifest = { name, version, ...(name === "daytona-native" ? { optionalDependencies } : {}) };
  await fs.mkdir(path.join(folder, "package"), { recursive: true });
  await fs.writeFile(path.join(folder, "package/package.json"), JSON.stringify(manifest));
  await fs.writeFile(path.join(folder, "package/index.js"), contents);
  await exec("tar", ["-czf", `${name}-${version}.tgz`, "package"], { cwd: folder });
}

const packRelease = async (version: string) => {
  for (const name of RELEASE) await pack(name, version);
};

/** Runs the script. Returns what it prints, and its error. */
async function publish(...args: string[]): Promise<{ stdout: string; stderr: string; failed: boolean }> {
  const env = cleanEnv({ npm_config_userconfig: path.join(folder, "npmrc"), npm_config_cache: path.join(folder, "cache") });
  const options = ["scripts/publish.mjs", folder, "--registry", `http://127.0.0.1:${port()}`, ...args];
  try {
    return { ...(await exec(process.execPath, options, { cwd: root, env })), failed: false };
  } catch (error) {
    return { ...(error as { stdout: string; stderr: string }), failed: true };
  }
}

describe("publishing a release", { timeout: 60_000 }, () => {
  it("publishes the packages of the platforms first, and the main package last", async () => {
    await packRelease("1.0.0");
    const run = await publish();
    expect(run).toMatchObject({ stderr: "", failed: false });
    expect(published).toEqual(RELEASE);
    expect(documents.get("daytona-native")?.["dist-tags"]).toEqual({ latest: "1.0.0" });
  });

  it("gives a pre-release a tag that nobody installs unasked", async () => {
    await packRelease("1.0.0-next.1");
    await publish();
    expect(published).toEqual(RELEASE);
    expect(documents.get("daytona-native")?.["dist-tags"]).toEqual({ next: "1.0.0-next.1" });
  });

  it("publishes nothing in a dry run", async () => {
    await packRelease("1.0.0");
    const run = await publish("--dry-run");
    expect(run.failed).toBe(false);
    expect(run.stdout.match(/would be published/g)).toHaveLength(3);
    expect(published).toEqual([]);
  });

  it("is continued where it failed", async () => {
    await packRelease("1.0.0");
    rejected = PLATFORMS[1];
    const failed = await publish();
    expect(failed.failed).toBe(true);
    expect(failed.stderr).toContain(`cannot publish ${PLATFORMS[1]}@1.0.0`);
    expect(failed.stderr).toContain("run this again");
    expect(published).toEqual([PLATFORMS[0]]);

    rejected = undefined;
    const again = await publish();
    expect(again.failed).toBe(false);
    expect(again.stdout).toContain(`${PLATFORMS[0]}@1.0.0: published already; skipped`);
    expect(published).toEqual(RELEASE);
  });

  it("tells a published version that has other contents", async () => {
    await packRelease("1.0.0");
    await publish();
    await pack("daytona-native", "1.0.0", "other contents");
    const again = await publish();
    expect(again).toMatchObject({ stderr: "", failed: false });
    expect(again.stdout).toContain("daytona-native@1.0.0: published already, with other contents");
    expect(published).toEqual(RELEASE);
  });

  it("refuses a release without the package of a platform", async () => {
    await pack("daytona-native", "1.0.0");
    await pack("daytona-native-linux-x64-gnu", "1.0.0");
    // Of another version, so it does not count.
    await pack("daytona-native-linux-x64-musl", "0.9.0");
    const run = await publish();
    expect(run.failed).toBe(true);
    expect(run.stderr).toContain("1 of 2 packages");
    expect(run.stderr).toContain("daytona-native-linux-x64-musl@1.0.0");
    expect(published).toEqual([]);
  });

  it("refuses a tarball that does not belong to the release", async () => {
    await packRelease("1.0.0");
    await pack("daytona-native-linux-x64-musl", "0.9.0");
    const run = await publish();
    expect(run.failed).toBe(true);
    expect(run.stderr).toContain("daytona-native-linux-x64-musl-0.9.0.tgz");
    expect(published).toEqual([]);
  });

  it("publishes some platforms only in a dry run, where it says which are missing", async () => {
    await pack("daytona-native", "1.0.0");
    await pack("daytona-native-linux-x64-gnu", "1.0.0");
    const run = await publish("--dry-run", "--partial");
    expect(run.failed).toBe(false);
    expect(run.stdout).toContain("1 of 2 packages");
    expect((await publish("--partial")).stderr).toContain("--partial requires --dry-run");
    expect(published).toEqual([]);
  });

  it("publishes nothing if the registry cannot be asked", async () => {
    await packRelease("1.0.0");
    broken = true;
    const run = await publish();
    expect(run.failed).toBe(true);
    expect(run.stderr).toMatch(/cannot find out whether daytona-native.* is published: .*503[\s\S]*Nothing was published/);
  });
});
