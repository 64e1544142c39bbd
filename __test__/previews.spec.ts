import { once } from "node:events";
import { request as httpRequest } from "node:http";
import type { Socket } from "node:net";
import { Daytona as OriginalDaytona } from "@daytona/sdk";
import { LocalDaytona } from "daytona-native/local";
import { Daytona, DaytonaInvalidArgumentError, DaytonaValidationError, type Sandbox, type SignedPortPreviewUrl } from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

// Programs of a sandbox that are used from outside, by clients that know nothing of the service.

const server = inject("daytona");
let daytona: Daytona;
let sandbox: Sandbox;

/** Says what it was asked, gives back what comes after an upgrade, and can fail, redirect and stream. */
const PROGRAM = `
const server = require("node:http").createServer(async (request, response) => {
  const { method, url, headers } = request;
  let body = "";
  for await (const chunk of request) body += chunk;
  if (url === "/redirect") return response.writeHead(302, { location: "/elsewhere" }).end();
  if (url === "/bad-gateway") return response.writeHead(502).end("of the program");
  response.setHeader("set-cookie", "of=program");
  response.end(JSON.stringify({ method, url, headers, body }));
});
server.on("upgrade", (request, socket) => {
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: echo\\r\\n\\r\\n");
  socket.pipe(socket);
});
server.listen(3000, "127.0.0.1", () => console.log("listening"));
`;

interface Seen {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

async function start(target: Sandbox): Promise<void> {
  await target.fs.uploadFile(Buffer.from(PROGRAM), "server.cjs");
  const program = await target.process.start("exec node server.cjs");
  await once(program.stdout, "data");
  await program.detach();
}

async function failureOf(response: Response): Promise<{ status: number; message: string; source: string }> {
  const { message, source } = (await response.json()) as { message: string; source: string };
  return { status: response.status, message, source };
}

beforeAll(async () => {
  daytona = new Daytona(server);
  sandbox = await daytona.create();
  await start(sandbox);
});
afterAll(() => sandbox.delete());

describe("a preview", () => {
  it("leads to the program, with its token", async () => {
    const { url, token, sandboxId } = await sandbox.getPreviewLink(3000);
    expect(sandboxId).toBe(sandbox.id);
    const headers = { "x-daytona-preview-token": token, cookie: "a=b", authorization: "Bearer of-the-program" };
    const response = await fetch(`${url}/path%20/x?q=%2F`, { method: "POST", body: "content", headers });
    const seen = (await response.json()) as Seen;
    expect(seen).toMatchObject({ method: "POST", url: "/path%20/x?q=%2F", body: "content" });
    expect(seen.headers).toMatchObject({
      authorization: "Bearer of-the-program",
      cookie: "a=b",
      host: "localhost:3000",
      "x-forwarded-host": new URL(url).host,
      "x-forwarded-proto": "http",
    });
    expect(JSON.stringify(seen)).not.toContain(token);
    expect(response.headers.getSetCookie()).toEqual(["of=program"]);
    expect(await sandbox.getPreviewLink(3000)).toEqual({ url, token, sandboxId });
  });

  it("opens in a browser, which keeps the token as a cookie", async () => {
    const { url, token } = await sandbox.getPreviewLink(3000);
    const opened = await fetch(`${url}/?a=1&DAYTONA_SANDBOX_AUTH_KEY=${token}`);
    expect(((await opened.json()) as Seen).url).toBe("/?a=1");
    const cookie = opened.headers.getSetCookie()[1] ?? "";
    expect(cookie).toMatch(new RegExp(`^daytona-sandbox-auth-${sandbox.id}=${token}; Path=/; HttpOnly; SameSite=Lax$`));
    const rest = await fetch(`${url}/style.css`, { headers: { cookie: `theme=dark; ${cookie.split(";")[0]}` } });
    expect(((await rest.json()) as Seen).headers.cookie).toBe("theme=dark");
  });

  it("does not share a host with another one, whose cookies would be sent along", async () => {
    const urls = await Promise.all([3000, 3001, 3002].map(async (port) => (await sandbox.getPreviewLink(port)).url));
    urls.push((await sandbox.getSignedPreviewUrl(3000)).url, server.apiUrl);
    expect(new Set(urls.map((url) => new URL(url).hostname)).size).toBe(urls.length);
  });

  it("does not pass the API key on", async () => {
    const { url, token } = await sandbox.getPreviewLink(3000);
    const response = await fetch(url, { headers: { authorization: `Bearer ${server.apiKey}` } });
    const seen = await response.text();
    expect(response.status).toBe(200);
    expect(seen).not.toContain(server.apiKey);
    expect(seen).not.toContain(token);
  });

  it("is refused without the token, and says what to do", async () => {
    const { url, token } = await sandbox.getPreviewLink(3000);
    const missing = await failureOf(await fetch(url));
    expect(missing).toMatchObject({ status: 401, source: "DAYTONA_PROXY" });
    expect(missing.message).toMatch(/^unauthorized: missing authentication.*X-Daytona-Preview-Token/);
    const other = await daytona.create();
    const stranger = (await other.getPreviewLink(3000)).token;
    for (const wrong of ["x", token.slice(1), token.toUpperCase(), stranger]) {
      const refused = await failureOf(await fetch(url, { headers: { "x-daytona-preview-token": wrong } }));
      expect(refused).toMatchObject({ status: 401 });
      expect(refused.message).toContain("the token of the preview is not valid");
    }
    const cookie = `daytona-sandbox-auth-${sandbox.id}=${stranger}`;
    expect((await fetch(url, { headers: { cookie } })).status).toBe(401);
    expect((await fetch(url, { headers: { authorization: "Bearer x" } })).status).toBe(401);
    await other.delete();
  });

  it("carries what follows an upgrade, such as a WebSocket", async () => {
    const { url, token } = await sandbox.getPreviewLink(3000);
    const headers = { connection: "Upgrade", upgrade: "echo", "x-daytona-preview-token": token };
    const request = httpRequest(url, { headers }).end();
    const [response, socket] = (await once(request, "upgrade")) as [{ statusCode: number }, Socket];
    expect(response.statusCode).toBe(101);
    socket.write("there and back");
    expect(String((await once(socket, "data"))[0])).toBe("there and back");
    socket.destroy();
  });

  it("leaves redirects and errors of the program as they are", async () => {
    const { url, token } = await sandbox.getPreviewLink(3000);
    const headers = { "x-daytona-preview-token": token };
    const moved = await fetch(`${url}/redirect`, { headers, redirect: "manual" });
    expect([moved.status, moved.headers.get("location")]).toEqual([302, "/elsewhere"]);
    const failed = await fetch(`${url}/bad-gateway`, { headers });
    expect([failed.status, await failed.text()]).toEqual([502, "of the program"]);
  });

  it("says so when nothing listens", async () => {
    const { url, token } = await sandbox.getPreviewLink(4567);
    const failure = await failureOf(await fetch(url, { headers: { "x-daytona-preview-token": token } }));
    expect(failure.status).toBe(502);
    expect(failure.message).toContain(`no program of sandbox ${sandbox.id} responds on port 4567`);
  });

  it("is public when the sandbox is, except for the toolbox", async () => {
    await using local = await LocalDaytona.start();
    const open = await new Daytona(local).create({ public: true });
    await start(open);
    const { url } = await open.getPreviewLink(3000);
    expect((await fetch(url)).status).toBe(200);
    const toolbox = await open.getPreviewLink(2280);
    expect((await fetch(`${toolbox.url}/version`)).status).toBe(401);
    const headers = { "x-daytona-preview-token": toolbox.token };
    expect(await (await fetch(`${toolbox.url}/version`, { headers })).json()).toHaveProperty("version");
  });

  it("outlives a stop with another token, and ends with the sandbox", async () => {
    const short = await daytona.create();
    await start(short);
    const { url, token } = await short.getPreviewLink(3000);
    const before = { "x-daytona-preview-token": token };
    expect((await fetch(url, { headers: before })).status).toBe(200);
    await short.stop();
    const stopped = await failureOf(await fetch(url, { headers: before }));
    expect(stopped).toMatchObject({ status: 400 });
    expect(stopped.message).toContain("Is the Sandbox started?");
    await short.start();
    await start(short);
    expect((await fetch(url, { headers: before })).status).toBe(401);
    const again = await short.getPreviewLink(3000);
    expect(again.url).toBe(url);
    const after = { "x-daytona-preview-token": again.token };
    expect((await fetch(url, { headers: after })).status).toBe(200);
    await short.delete();
    const seen = await fetch(url, { headers: after }).then(
      ({ status }) => status,
      (error: Error) => (error.cause as NodeJS.ErrnoException).code,
    );
    // A connection that was open says that the sandbox is gone.
    expect([404, "ECONNREFUSED", "UND_ERR_SOCKET", "ECONNRESET"]).toContain(seen);
  });

  it("counts as a use of the sandbox", async () => {
    const { url, token } = await sandbox.getPreviewLink(3000);
    await sandbox.refreshData();
    const before = sandbox.lastActivityAt;
    await (await fetch(url, { headers: { "x-daytona-preview-token": token } })).text();
    await sandbox.refreshData();
    expect(Date.parse(sandbox.lastActivityAt as string)).toBeGreaterThan(Date.parse(before as string));
  });

  it("needs a port", async () => {
    await expect(sandbox.getPreviewLink(0)).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
    for (const port of [-1, 65_536, 1.5, Number.NaN]) {
      await expect(sandbox.getPreviewLink(port)).rejects.toThrow(/port must be a whole number from 0 to 65535/);
    }
  });
});

describe("a signed preview URL", () => {
  it("needs no token until its validity is ended", async () => {
    const signed = await sandbox.getSignedPreviewUrl(3000, 600);
    expect(signed).toMatchObject({ sandboxId: sandbox.id, port: 3000 });
    const seen = (await (await fetch(`${signed.url}/a?b`)).json()) as Seen;
    expect(seen.url).toBe("/a?b");
    const other = await sandbox.getSignedPreviewUrl(3000);
    expect(other.url).not.toBe(signed.url);

    await sandbox.expireSignedPreviewUrl(3001, signed.token);
    await sandbox.expireSignedPreviewUrl(3000, "unknown");
    expect((await fetch(signed.url)).status).toBe(200);
    await sandbox.expireSignedPreviewUrl(signed.port, signed.token);
    const { status, message } = await failureOf(await fetch(signed.url));
    expect([status, message]).toEqual([401, expect.stringContaining("has expired. Get a new one")]);
    expect((await fetch(other.url)).status).toBe(200);
  });

  it("expires", async () => {
    const { url } = await sandbox.getSignedPreviewUrl(3000, 1);
    const { token } = await sandbox.getPreviewLink(3000);
    while ((await fetch(url)).status === 200) await sandbox.refreshActivity();
    // The time of the URL is over, whoever asks.
    expect((await fetch(url, { headers: { "x-daytona-preview-token": token } })).status).toBe(401);
  });

  it("is valid for a second to a day", async () => {
    for (const seconds of [0, 86_401]) {
      await expect(sandbox.getSignedPreviewUrl(3000, seconds)).rejects.toBeInstanceOf(DaytonaValidationError);
    }
    expect((await sandbox.getSignedPreviewUrl(3000, 86_400)).port).toBe(3000);
    await expect(sandbox.expireSignedPreviewUrl(3000, "")).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
  });

  it("is one of 64 of the sandbox; expired ones make room", async () => {
    const crowded = await daytona.create();
    const urls = [];
    for (let count = 0; count < 64; count++) urls.push(await crowded.getSignedPreviewUrl(3000, 600));
    await expect(crowded.getSignedPreviewUrl(3000)).rejects.toThrow(/64 previews/);
    await expect(crowded.getPreviewLink(3000)).rejects.toThrow(/64 previews/);
    await crowded.expireSignedPreviewUrl(3000, (urls[7] as SignedPortPreviewUrl).token);
    const next = await crowded.getSignedPreviewUrl(3000);
    expect(next.token).toMatch(/^[a-z0-9]{16}$/);
    await crowded.delete();
  });
});

describe("the original SDK", () => {
  it("gets the same previews", async () => {
    const original = await new OriginalDaytona({ ...server, target: "us" }).get(sandbox.id);
    expect(await original.getPreviewLink(3000)).toEqual(await sandbox.getPreviewLink(3000));
    const signed = await original.getSignedPreviewUrl(3000, 30);
    expect((await fetch(signed.url)).status).toBe(200);
    await original.expireSignedPreviewUrl(3000, signed.token);
    expect((await fetch(signed.url)).status).toBe(401);
  });

  it("uses the token for the toolbox where it cannot send headers", async () => {
    const { token } = await sandbox.getPreviewLink(1);
    const toolbox = `${sandbox.toolboxProxyUrl}/${sandbox.id}`;
    const seen = await fetch(`${toolbox}/proxy/3000/?x&DAYTONA_SANDBOX_AUTH_KEY=${token}`);
    expect(((await seen.json()) as Seen).url).toBe("/?x");
    const headers = { "x-daytona-preview-token": token };
    expect((await fetch(`${toolbox}/version`, { headers })).status).toBe(200);
    expect((await fetch(`${toolbox}/version?DAYTONA_SANDBOX_AUTH_KEY=x`)).status).toBe(401);
    // A token belongs to one sandbox.
    const other = await daytona.create();
    expect((await fetch(`${other.toolboxProxyUrl}/${other.id}/version`, { headers })).status).toBe(401);
    await other.delete();
    // And opens no other part of the service.
    expect((await fetch(`${server.apiUrl}/sandbox/${sandbox.id}`, { headers })).status).toBe(401);
  });
});

describe("SSH access", () => {
  it("is refused by the local server, which has none", async () => {
    const calls = [() => sandbox.createSshAccess(5), () => sandbox.revokeSshAccess("t"), () => sandbox.validateSshAccess("t")];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        statusCode: 501,
        message: expect.stringContaining("SSH access is not part of the local Daytona"),
      });
    }
    await expect(sandbox.revokeSshAccess("")).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
  });
});
