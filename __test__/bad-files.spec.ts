import { DaytonaSandbox } from "daytona-native";
import { DaytonaFileReadFailedError } from "daytona-native/sdk";
import { createDeepAgent } from "deepagents";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ScriptedModel } from "../examples/scripted-model.mjs";
import { failureOf } from "./support/failure.js";
import { startServiceWith } from "./support/scripted-server.js";

// Files that can be neither read nor written: each has its own result, and the others are transferred. A transfer that stalls
// without a timeout is in minute.spec.ts.

const auth = inject("daytona");
const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | null | undefined) => bytes && new TextDecoder().decode(bytes);

/** Creates a program that runs, a socket, a FIFO, and a sparse file that fits into no memory. */
const setup = `
mkdir bad && cd bad && printf 1 > one && printf 2 > two && truncate -s 1T huge && mkfifo fifo &&
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")' && cp "$(command -v sleep)" busy || exit 1
./busy 600 > /dev/null 2>&1 &
until [ "$(readlink /proc/$!/exe)" = "$PWD/busy" ]; do :; done`;

let sandbox: DaytonaSandbox;
beforeAll(async () => {
  sandbox = await DaytonaSandbox.create({ auth });
  expect(await sandbox.execute(setup)).toMatchObject({ exitCode: 0 });
});
afterAll(() => sandbox.close());

type Expected = [path: string, error: string | null, reason: RegExp | undefined];

/** Asserts the result of each path. */
function expectResults(results: { path: string; error: string | null; reason?: string }[], expected: Expected[]): void {
  expect(results.map(({ path, error }) => [path, error])).toEqual(expected.map(([path, error]) => [path, error]));
  for (const [index, [path, , reason]] of expected.entries()) {
    if (reason === undefined) expect(results[index], path).not.toHaveProperty("reason");
    else expect(results[index]?.reason, path).toMatch(reason);
  }
}

describe("a file that cannot be transferred", () => {
  it("has its own result in an upload", async () => {
    const expected: Expected[] = [
      ["bad/three", null, undefined],
      ["bad/busy", "permission_denied", /text file busy$/],
      ["bad/socket", "invalid_path", /no such device or address$/],
      ["bad/fifo", "invalid_path", /not a regular file$/],
      ["/dev/full", "permission_denied", /no space left on device$/],
      ["/usr/bin/not-ours", "permission_denied", /permission denied|read-only file system/],
      [" bad/outer white space", null, undefined],
      ["bad/four", null, undefined],
    ];
    expectResults(await sandbox.uploadFiles(expected.map(([path]) => [path, encode(path)])), expected);
    expect((await sandbox.execute("cat bad/three bad/four && pgrep -x busy > /dev/null")).output).toBe("bad/threebad/four");
  });

  it("has its own result in a download", async () => {
    const expected: Expected[] = [
      ["bad/one", null, undefined],
      ["bad/socket", "invalid_path", /no such device or address$/],
      ["bad/fifo", "invalid_path", /not a regular file$/],
      ["/dev/tty", "invalid_path", /not a regular file$/],
      // It can be opened, but nothing can be read at its start.
      ["/proc/self/mem", "permission_denied", /stopped.*0 bytes/],
      ["bad/huge", "permission_denied", /1099511627776 bytes.*downloadFileStream/],
      ["bad/none", "file_not_found", /not found/],
      ["bad/two", null, undefined],
    ];
    const results = await sandbox.downloadFiles(expected.map(([path]) => path));
    expectResults(results, expected);
    expect(results.map(({ content }) => decode(content))).toEqual(["1", null, null, null, null, null, null, "2"]);
  });

  it("is an error with the reason in the SDK, which has no results", async () => {
    const { fs } = sandbox.sandbox;
    await expect(fs.uploadFile(Buffer.from("x"), "bad/busy")).rejects.toThrow(/bad\/busy.*text file busy/);
    const read = fs.downloadFile("/proc/self/mem");
    await expect(read).rejects.toBeInstanceOf(DaytonaFileReadFailedError);
    await expect(read).rejects.toThrow(/\/proc\/self\/mem.*stopped/);
  });

  it("as an initial file is an error of the service with the reason", async () => {
    const error = await failureOf(DaytonaSandbox.create({ auth, initialFiles: { ok: "1", "/dev/full": "2" } }));
    expect(error.code).toBe("FILE_OPERATION_FAILED");
    expect(error.message).toMatch(/\/dev\/full: permission_denied.*no space left on device/);
    expect([error.cause?.name, error.cause?.statusCode]).toEqual(["DaytonaValidationError", undefined]);
  });

  it("does not end an agent's run", async () => {
    const turn = (name: string, args: object) => ({ say: name, calls: [{ name, args }] });
    const file_path = "/home/daytona/bad/busy";
    const texts: string[] = [];
    const after = (next: object) => (results: { text: string }[]) => {
      texts.push(...results.map(({ text }) => text));
      return next;
    };
    const script = [
      turn("write_file", { file_path, content: "x" }),
      after(turn("edit_file", { file_path: "/proc/self/mem", old_string: "a", new_string: "b" })),
      after(turn("read_file", { file_path: "/home/daytona/bad/socket.png" })),
      after({ say: "done" }),
    ];
    await sandbox.execute("mv bad/socket bad/socket.png");
    const agent = createDeepAgent({ model: new ScriptedModel({ script }), backend: sandbox });
    const { messages } = (await agent.invoke({ messages: [{ role: "user", content: "Go" }] })) as { messages: { content: unknown }[] };
    expect(messages.at(-1)?.content).toBe("done");
    expect(texts).toEqual([
      expect.stringMatching(/Failed to write to .*busy: permission_denied/),
      expect.stringMatching(/\/proc\/self\/mem/),
      expect.stringMatching(/socket\.png/),
    ]);
  });
});

describe("a transfer that stalls", () => {
  it("is aborted by its signal and by its timeout", async () => {
    await using server = await startServiceWith(() => "hang");
    const waiting = await DaytonaSandbox.create({ auth: { apiUrl: server.apiUrl, apiKey: "key-of-a-test" } });
    for (const call of [
      (options: object) => waiting.uploadFiles([["f", encode("x")]], options),
      (options: object) => waiting.downloadFiles(["f"], options),
    ]) {
      const controller = new AbortController();
      const reason = new Error("not needed any more");
      const aborted = call({ signal: controller.signal });
      controller.abort(reason);
      await expect(aborted).rejects.toBe(reason);
      const error = await failureOf(call({ timeout: 0.2 }));
      expect([error.code, error.cause?.name]).toEqual(["FILE_OPERATION_FAILED", "DaytonaTimeoutError"]);
      expect(error.message).toMatch(/0\.2 s/);
    }
  });
});
