import { DaytonaSandbox } from "daytona-native";
import {
  Daytona,
  DaytonaConflictError,
  DaytonaConnectionError,
  DaytonaNotFoundError,
  type FileEvent,
  type FileSystem,
  type FileWatcher,
} from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { until } from "./support/processes.js";
import { sandboxObject, startScriptedServer } from "./support/scripted-server.js";

// Watching files, through the public package, at the local server.

const auth = inject("daytona");
let sandbox: DaytonaSandbox;
let fs: FileSystem;
let folders = 0;

beforeAll(async () => {
  sandbox = await DaytonaSandbox.create({ auth });
  fs = sandbox.sandbox.fs;
});
afterAll(() => sandbox.close());

/** A folder of its own for a test. */
async function folder(): Promise<string> {
  folders += 1;
  const path = `watched-${folders}`;
  await fs.createFolder(path, "755");
  return path;
}

async function run(script: string): Promise<void> {
  const { exitCode, output } = await sandbox.execute(script);
  expect({ exitCode, output }).toEqual({ exitCode: 0, output: "" });
}

/** The next changes, in a short form, until one has this form. */
async function read(events: AsyncIterable<FileEvent>, last: string): Promise<string[]> {
  const all: string[] = [];
  const iterator = events[Symbol.asyncIterator]();
  while (all.at(-1) !== last) {
    const { done, value } = await iterator.next();
    if (done) break;
    all.push(`${value.type} ${value.oldPath === undefined ? "" : `${value.oldPath} -> `}${value.path}${value.isDir ? "/" : ""}`);
  }
  return all;
}

describe("fs.watch", () => {
  it("reports changes in order, from the moment at which it resolves", async () => {
    const path = await folder();
    await using watcher = await fs.watch(path);
    await run(`cd ${path} && echo x > a && mv a b && chmod 600 b && rm b && mkdir sub && touch sub/unseen && mkdir end`);
    expect(await read(watcher, `create ${path}/end/`)).toEqual([
      `create ${path}/a`,
      `write ${path}/a`,
      `rename ${path}/a -> ${path}/b`,
      `chmod ${path}/b`,
      `remove ${path}/b`,
      `create ${path}/sub/`,
      `create ${path}/end/`,
    ]);
  });

  it("watches everything below a folder, also what is created later", async () => {
    const path = await folder();
    await fs.createFolder(`${path}/a/b`, "755");
    await using watcher = await fs.watch(path, { recursive: true });
    await run(`echo x > ${path}/a/b/file`);
    expect(await read(watcher, `write ${path}/a/b/file`)).toEqual([`create ${path}/a/b/file`, `write ${path}/a/b/file`]);
    await run(`mkdir -p ${path}/new/deep && echo x > ${path}/new/deep/file`);
    const seen = new Set(await read(watcher, `create ${path}/new/deep/file`));
    await run(`mv ${path}/new ${path}/moved && touch ${path}/moved/deep/last`);
    for (const event of await read(watcher, `create ${path}/moved/deep/last`)) seen.add(event);
    for (const event of [
      `create ${path}/new/`,
      `create ${path}/new/deep/`,
      `create ${path}/new/deep/file`,
      `rename ${path}/new -> ${path}/moved/`,
    ]) {
      expect([...seen]).toContain(event);
    }
  });

  it("ends when what it watches is gone", async () => {
    const path = await folder();
    await fs.uploadFile(Buffer.from("x"), `${path}/file`);
    const watcher = await fs.watch(`${path}/file`);
    await run(`rm ${path}/file`);
    const all = await read(watcher, "never");
    expect(all.at(-1)).toBe(`remove ${path}/file`);
    expect(await watcher.next()).toEqual({ done: true, value: undefined });
  });

  it("ends with its signal, with its loop and when it is closed", async () => {
    const path = await folder();
    const controller = new AbortController();
    const aborted = await fs.watch(path, { signal: controller.signal });
    const pending = aborted.next();
    controller.abort("enough");
    await expect(pending).rejects.toBe("enough");
    expect(await aborted.next().catch((reason) => reason)).toBe("enough");
    await expect(fs.watch(path, { signal: AbortSignal.abort("before") })).rejects.toBe("before");

    const left = await fs.watch(path);
    await run(`touch ${path}/a`);
    for await (const { type } of left) {
      expect(type).toBe("create");
      break;
    }
    expect(await left.next()).toEqual({ done: true, value: undefined });

    const closed = await fs.watch(path);
    const last = closed.next();
    await closed.close();
    expect(await last).toEqual({ done: true, value: undefined });
  });

  it("says that there is nothing to watch", async () => {
    await expect(fs.watch("nothing")).rejects.toBeInstanceOf(DaytonaNotFoundError);
    await expect(fs.watch("nothing")).rejects.toThrow(/Could not watch "nothing".*no such file/i);
  });

  it("has a limit, and watches that are closed do not count", async () => {
    const path = await folder();
    const opened: FileWatcher[] = [];
    let failure: unknown;
    for (let index = 0; index < 40 && failure === undefined; index += 1) {
      await fs.watch(path).then(
        (watcher) => opened.push(watcher),
        (error) => {
          failure = error;
        },
      );
    }
    expect(failure).toBeInstanceOf(DaytonaConflictError);
    expect(String(failure)).toMatch(/Close one/);
    for (const watcher of opened) await watcher.close();
    await until(async () => {
      const again = await fs.watch(path).catch(() => undefined);
      await again?.close();
      return again !== undefined;
    });
  });

  it("fails when the sandbox stops, and says how far it got", async () => {
    await using mine = await DaytonaSandbox.create({ auth });
    await mine.sandbox.fs.createFolder("f", "755");
    const watcher = await mine.sandbox.fs.watch("f");
    await mine.execute("touch f/a");
    expect((await watcher.next()).value).toMatchObject({ type: "create", path: "f/a", isDir: false });
    const pending = read(watcher, "never");
    pending.catch(() => {});
    await mine.stop();
    await expect(pending).rejects.toBeInstanceOf(DaytonaConnectionError);
    await expect(pending).rejects.toThrow(/\d changes were received/);
  });

  it("is not supported by a service without the operation", async () => {
    await using service = await startScriptedServer(({ path }, base) =>
      path.startsWith("/api/sandbox/")
        ? { status: 200, json: sandboxObject(base, "box") }
        : { status: 404, type: "text/plain", body: "404 page not found" },
    );
    const other = await new Daytona({ apiUrl: service.apiUrl, apiKey: "key" }).get("box");
    await expect(other.fs.watch(".")).rejects.toThrow(/not supported by this service/);
    await expect(other.fs.watch(".")).rejects.toBeInstanceOf(DaytonaNotFoundError);
  });
});
