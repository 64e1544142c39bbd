import { createHmac } from "node:crypto";
import { Daytona, DaytonaInvalidArgumentError, type Sandbox } from "daytona-native/sdk";
import { Daytona as OriginalDaytona } from "@daytona/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startRecordingProxy } from "./support/recording-proxy.js";

// URLs of files that need no key, used by a client that knows nothing of the service.

const server = inject("daytona");
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await new Daytona(server).create();
  await sandbox.fs.uploadFile(Buffer.from("signed content"), "/tmp/a b&c=é+/%41.txt");
});
afterAll(() => sandbox.delete());

const NAME = "/tmp/a b&c=é+/%41.txt";
const status = async (url: string, init?: RequestInit) => (await fetch(url, init)).status;

describe("a signed URL", () => {
  it("reads a file with any name, in whole and in part", async () => {
    const url = await sandbox.downloadUrl(NAME);
    expect(await (await fetch(url)).text()).toBe("signed content");
    const part = await fetch(url, { headers: { range: "bytes=7-13" } });
    expect([part.status, await part.text()]).toEqual([206, "content"]);
  });

  it("writes a file, as a form or as it is", async () => {
    const url = await sandbox.uploadUrl("signed/up.txt");
    const form = new FormData();
    form.append("file", new Blob(["from a form"]), "any-name.txt");
    const written = await fetch(url, { method: "POST", body: form });
    expect(await written.json()).toEqual({ name: "up.txt", path: "/home/daytona/signed/up.txt", type: "file" });
    expect((await sandbox.fs.downloadFile("signed/up.txt")).toString()).toBe("from a form");
    const type = { "content-type": "application/octet-stream" };
    expect(await status(url, { method: "POST", body: "as it is", headers: type })).toBe(200);
    expect((await sandbox.fs.downloadFile("signed/up.txt")).toString()).toBe("as it is");
  });

  it("leaves the old file when its upload breaks off", async () => {
    await sandbox.fs.uploadFile(Buffer.from("old"), "signed/kept.txt");
    const url = await sandbox.uploadUrl("signed/kept.txt");
    const controller = new AbortController();
    const body = new ReadableStream({
      start(stream) {
        stream.enqueue(new TextEncoder().encode("half of the new"));
      },
      pull: () => controller.abort(),
    });
    await expect(fetch(url, { method: "POST", body, duplex: "half", signal: controller.signal } as RequestInit)).rejects.toThrow();
    expect((await sandbox.fs.downloadFile("signed/kept.txt")).toString()).toBe("old");
    expect((await sandbox.process.executeCommand("ls -A signed | sort | tr '\\n' ' '")).result).toBe("kept.txt up.txt ");
  });

  it("permits nothing else", async () => {
    const url = new URL(await sandbox.downloadUrl(NAME));
    const changed = (change: (url: URL) => void) => {
      const other = new URL(url);
      change(other);
      return other.toString();
    };
    const refused = [
      changed((url) => url.searchParams.set("path", "/etc/passwd")),
      changed((url) => url.searchParams.append("path", "/etc/passwd")),
      changed((url) => url.searchParams.set("expires", "0")),
      changed((url) => url.searchParams.delete("signature")),
      changed((url) => url.searchParams.set("signature", "v1_AAAA")),
      changed((url) => (url.pathname = url.pathname.replace("files/download", "files/info"))),
      changed((url) => (url.pathname = url.pathname.replace(sandbox.id, "0d6a4a26-4a0e-4f0c-9f5e-2f1f8f9b7c11"))),
      await sandbox.uploadUrl(NAME),
    ];
    for (const url of refused) expect(await status(url), url).toBe(401);
    expect(await status(url.toString(), { method: "POST", body: "x" })).toBe(401);
    expect(await status(url.toString(), { method: "DELETE" })).toBe(401);
    expect(await status(url.toString())).toBe(200);
  });

  it("expires, or does not, and is not valid any more once the key is replaced", async () => {
    const seconds = (url: string) => Number(new URL(url).searchParams.get("expires")) - Date.now() / 1000;
    expect(seconds(await sandbox.downloadUrl(NAME))).toBeCloseTo(3600, -1);
    expect(seconds(await sandbox.downloadUrl(NAME, 60.9))).toBeCloseTo(60, -1);
    const forever = await sandbox.downloadUrl(NAME, 0);
    expect(new URL(forever).searchParams.get("expires")).toBe("0");
    expect(await sandbox.downloadUrl(NAME, -1)).toBe(forever);
    expect(await status(forever)).toBe(200);
    await sandbox.rotateSigningKey();
    expect(await status(forever)).toBe(401);
    expect(await status(await sandbox.downloadUrl(NAME, 0))).toBe(200);
    for (const ttl of [Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(sandbox.downloadUrl(NAME, ttl)).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
    }
  });

  it("is the one of the original, and outlives a stop", async () => {
    const original = await new OriginalDaytona({ ...server, target: "us" }).get(sandbox.id);
    expect(await sandbox.downloadUrl(NAME, 0)).toBe(await original.downloadUrl(NAME, 0));
    expect(await sandbox.uploadUrl("x/y z", 0)).toBe(await original.uploadUrl("x/y z", 0));
    const url = await sandbox.downloadUrl("kept", 0);
    await sandbox.fs.uploadFile(Buffer.from("kept"), "kept");
    await sandbox.stop();
    expect(await status(url)).toBe(400);
    await sandbox.start();
    expect(await (await fetch(url)).text()).toBe("kept");
  });

  it("needs one request for the key, for 15 seconds", async () => {
    const proxy = await startRecordingProxy(server.apiUrl);
    const same = await new Daytona({ apiUrl: proxy.apiUrl, apiKey: server.apiKey }).get(sandbox.id);
    const before = proxy.requests.length;
    const url = new URL(await same.downloadUrl("x", 0));
    await same.uploadUrl("y");
    expect(proxy.requests.slice(before)).toEqual(["GET /api/sandbox/<id>/signing-key"]);
    const key = (await (
      await fetch(`${server.apiUrl}/sandbox/${sandbox.id}/signing-key`, { headers: { authorization: `Bearer ${server.apiKey}` } })
    ).json()) as string;
    const code = createHmac("sha256", key).update("v1:files:GET:x:0").digest("base64url");
    expect(url.searchParams.get("signature")).toBe(`v1_${code}`);
    expect(JSON.stringify(same)).not.toContain(key);
    await proxy[Symbol.asyncDispose]();
  });
});
