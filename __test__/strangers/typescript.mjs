// The service's own TypeScript SDK at the local server: node typescript.mjs @daytona/sdk
// Code, sessions, commands and files, as its documentation shows them.
import { check, report } from "./checks.mjs";

const { Daytona, DaytonaNotFoundError } = await import(process.argv[2]);
const isOld = process.argv[2] === "@daytonaio/sdk";
const daytona = new Daytona({ apiKey: process.env.DAYTONA_API_KEY, apiUrl: process.env.DAYTONA_API_URL, target: "us" });
const sandbox = await daytona.create({ language: "typescript", labels: { stranger: "typescript" } });
const python = await daytona.create({ language: "python" });
const { process: commands, fs } = sandbox;

/** Waits until a command has ended. */
async function waitForExit(session, id) {
  for (;;) {
    const command = await commands.getSessionCommand(session, id);
    if (command.exitCode !== undefined && command.exitCode !== null) return command;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

await check("hello world in Python", async (assert) => {
  const response = await python.process.codeRun('print("Hello World!")');
  assert.equal(response.exitCode, 0);
  assert.equal(response.result.trim(), "Hello World!");
});
await check("code with arguments and variables", async (assert) => {
  const params = { argv: ["one", "two"], env: { NAME: "value" } };
  const response = await python.process.codeRun("import os, sys; print(sys.argv[1:], os.environ['NAME'])", params);
  assert.equal(response.result.trim(), "['one', 'two'] value");
});
await check("code that fails", async (assert) => {
  const response = await python.process.codeRun("raise SystemExit(4)");
  assert.equal(response.exitCode, 4);
});
await check("a command", async (assert) => {
  const response = await commands.executeCommand("echo $A; pwd", "/tmp", { A: "b c" });
  assert.deepEqual([response.exitCode, response.result], [0, "b c\n/tmp\n"]);
});
await check("a session is created, found and listed", async (assert) => {
  await commands.createSession("s1");
  assert.equal((await commands.getSession("s1")).sessionId, "s1");
  assert.ok((await commands.listSessions()).some(({ sessionId }) => sessionId === "s1"));
});
await check("a session keeps its state", async (assert) => {
  await commands.executeSessionCommand("s1", { command: "cd /tmp && export KEPT=yes" });
  const response = await commands.executeSessionCommand("s1", { command: "pwd; echo $KEPT" });
  assert.equal(response.exitCode, 0);
  assert.match(response.output, /\/tmp\n.*yes\n/s);
});
await check("standard output and standard error are apart", async (assert) => {
  const { cmdId } = await commands.executeSessionCommand("s1", { command: "echo out; echo err >&2" });
  const logs = await commands.getSessionCommandLogs("s1", cmdId);
  assert.deepEqual([logs.stdout, logs.stderr], ["out\n", "err\n"]);
});
await check("an asynchronous command ends by itself", async (assert) => {
  const { cmdId, exitCode } = await commands.executeSessionCommand("s1", {
    command: "sleep 0.1; exit_code() { return 3; }; exit_code",
    runAsync: true,
  });
  assert.ok(exitCode === undefined || exitCode === null);
  assert.equal((await waitForExit("s1", cmdId)).exitCode, 3);
});
await check("a log is followed with callbacks", async (assert) => {
  const { cmdId } = await commands.executeSessionCommand("s1", {
    command: "for i in 1 2 3; do echo $i; echo e$i >&2; sleep 0.02; done",
    runAsync: true,
  });
  let [out, err] = ["", ""];
  await commands.getSessionCommandLogs(
    "s1",
    cmdId,
    (chunk) => (out += chunk),
    (chunk) => (err += chunk),
  );
  assert.deepEqual([out, err], ["1\n2\n3\n", "e1\ne2\ne3\n"]);
});
await check("10,000 lines are followed without loss", async (assert) => {
  const { cmdId } = await commands.executeSessionCommand("s1", { command: "seq 10000", runAsync: true });
  let out = "";
  await commands.getSessionCommandLogs(
    "s1",
    cmdId,
    (chunk) => (out += chunk),
    () => {},
  );
  assert.equal(out, Array.from({ length: 10_000 }, (_, i) => `${i + 1}\n`).join(""));
});
if (commands.sendSessionCommandInput !== undefined) {
  await check("input reaches a command", async (assert) => {
    const { cmdId } = await commands.executeSessionCommand("s1", { command: "read x; echo got $x", runAsync: true });
    await commands.sendSessionCommandInput("s1", cmdId, "yes\n");
    await waitForExit("s1", cmdId);
    assert.match((await commands.getSessionCommandLogs("s1", cmdId)).stdout, /got yes\n/);
  });
}
await check("a session that is deleted is gone", async (assert) => {
  await commands.deleteSession("s1");
  await assert.rejects(commands.getSession("s1"), (error) => error instanceof DaytonaNotFoundError);
});
await check("an unknown command is not found", async (assert) => {
  await commands.createSession("s2");
  await assert.rejects(commands.getSessionCommand("s2", "none"), (error) => error instanceof DaytonaNotFoundError);
  await commands.deleteSession("s2");
});
if (!isOld) {
  await check("there is no entrypoint", async (assert) => {
    await assert.rejects(commands.getEntrypointSession(), (error) => error instanceof DaytonaNotFoundError);
  });
  await check("a file as a stream, there and back", async (assert) => {
    const content = Buffer.alloc(3_000_000, 7);
    await fs.uploadFileStream(content, "stream.bin");
    const chunks = [];
    for await (const chunk of await fs.downloadFileStream("stream.bin")) chunks.push(chunk);
    assert.ok(Buffer.concat(chunks).equals(content));
  });
}
await check("files are written, listed and read", async (assert) => {
  await fs.uploadFile(Buffer.from("content"), "folder/file.txt");
  assert.deepEqual(
    (await fs.listFiles("folder")).map(({ name }) => name),
    ["file.txt"],
  );
  assert.equal((await fs.downloadFile("folder/file.txt")).toString(), "content");
});

await daytona.delete(sandbox);
await daytona.delete(python);
report();
