// The service's own TypeScript SDK at the local server: node typescript.mjs @daytona/sdk
// Code, sessions, commands and files, as its documentation shows them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
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
await check("folders of the sandbox", async (assert) => {
  const home = await sandbox.getUserHomeDir();
  assert.match(home, /^\//);
  assert.equal(await sandbox.getWorkDir(), home);
});
await check("a language server that is not installed", async (assert) => {
  const bare = await daytona.create({ envVars: { PATH: "/nowhere" } });
  const lsp = await bare.createLspServer("python", "project");
  await assert.rejects(lsp.start(), /npm install -g pyright/);
  await assert.rejects(lsp.documentSymbols("a.py"), /Start it first/);
  await daytona.delete(bare);
});
if (!isOld) {
  await check("metrics now and over time", async (assert) => {
    const now = await sandbox.getMetricsLatest();
    assert.ok(now.memUsed > 0 && now.memUsed < now.memTotal && now.cpuCount === 1);
    const samples = await sandbox.getMetrics();
    assert.ok(samples.length > 0 && samples[0].timestamp instanceof Date && samples[0].memTotal === now.memTotal);
  });
}
/** Collects the output of a terminal. */
function collector() {
  const decoder = new TextDecoder();
  return {
    text: "",
    onData(data) {
      this.text += decoder.decode(data, { stream: true });
    },
  };
}
await check("a terminal prints everything and has an exit code", async (assert) => {
  const output = collector();
  const pty = await commands.createPty({
    id: "t1",
    cols: 100,
    rows: 30,
    envs: { NAME: "a value" },
    cwd: "/tmp",
    onData: (data) => output.onData(data),
  });
  await pty.waitForConnection();
  await pty.sendInput('stty size; echo "[$NAME] $PWD"; seq 5000; exit 3\n');
  const result = await pty.wait();
  assert.equal(result.exitCode, 3);
  // The older client does not wait for the output that came before.
  if (!isOld) assert.match(output.text, /30 100\r\n\[a value\] \/tmp\r\n1\r\n.*\n5000\r\n/s);
  await pty.disconnect();
});
await check("a terminal is listed, resized and killed", async (assert) => {
  const output = collector();
  const pty = await commands.createPty({ id: "t2", onData: (data) => output.onData(data) });
  assert.deepEqual(
    (await commands.listPtySessions()).map(({ id, active }) => [id, active]),
    [["t2", true]],
  );
  assert.equal((await pty.resize(120, 40)).cols, 120);
  const { cols, rows } = await commands.getPtySessionInfo("t2");
  assert.deepEqual([cols, rows], [120, 40]);
  await pty.kill();
  assert.equal((await pty.wait()).exitCode, 137);
  await assert.rejects(commands.getPtySessionInfo("t2"), (error) => error instanceof DaytonaNotFoundError);
});
await check("a terminal is connected to again", async (assert) => {
  const first = collector();
  const pty = await commands.createPty({ id: "t3", onData: (data) => first.onData(data) });
  await pty.sendInput("KEPT=yes; echo re''ady\n");
  while (!first.text.includes("ready")) await new Promise((resolve) => setTimeout(resolve, 10));
  await pty.disconnect();
  const second = collector();
  const again = await commands.connectPty("t3", { onData: (data) => second.onData(data) });
  await again.waitForConnection();
  await again.sendInput("echo kept=$KEPT; read x; exit\n");
  while (!second.text.includes("kept=yes")) await new Promise((resolve) => setTimeout(resolve, 10));
  await again.sendInput("\n");
  assert.equal((await again.wait()).exitCode, 0);
});
await check("an id is used once, and an unknown one is refused", async (assert) => {
  const pty = await commands.createPty({ id: "t4", onData() {} });
  await assert.rejects(commands.createPty({ id: "t4", onData() {} }));
  await assert.rejects(commands.connectPty("unknown", { onData() {} }));
  await pty.kill();
});
await check("files are written, listed and read", async (assert) => {
  await fs.uploadFile(Buffer.from("content"), "folder/file.txt");
  assert.deepEqual(
    (await fs.listFiles("folder")).map(({ name }) => name),
    ["file.txt"],
  );
  assert.equal((await fs.downloadFile("folder/file.txt")).toString(), "content");
});
await check("local files go there and back, and many at once", async (assert) => {
  const folder = mkdtempSync(path.join(tmpdir(), "stranger-"));
  const at = (name) => path.join(folder, name);
  writeFileSync(at("local"), "from a local file");
  await fs.uploadFile(at("local"), "folder/local.txt");
  await fs.uploadFiles([
    { source: at("local"), destination: "folder/again.txt" },
    { source: Buffer.from("bytes"), destination: "folder/bytes.txt" },
  ]);
  await fs.downloadFile("folder/local.txt", at("new/copy"));
  assert.equal(readFileSync(at("new/copy"), "utf8"), "from a local file");
  const results = await fs.downloadFiles([
    { source: "folder/bytes.txt" },
    { source: "folder/again.txt", destination: at("again") },
    { source: "none" },
  ]);
  assert.deepEqual(
    results.map(({ result }) => result?.toString()),
    ["bytes", at("again"), undefined],
  );
  assert.match(results[2].error, /file not found: none/);
  assert.equal(readFileSync(at("again"), "utf8"), "from a local file");
  rmSync(folder, { recursive: true });
});
await check("files are searched, changed, moved and deleted", async (assert) => {
  await fs.createFolder("work/deep", "755");
  await fs.uploadFile(Buffer.from("one\nneedle\n"), "work/deep/a.txt");
  const [match] = await fs.findFiles("work", "needle");
  assert.deepEqual([match.file, match.line, match.content], ["work/deep/a.txt", 2, "needle"]);
  assert.deepEqual((await fs.searchFiles("work", "*.txt")).files, ["work/deep/a.txt"]);
  const [replaced] = await fs.replaceInFiles(["work/deep/a.txt"], "needle", "thread");
  assert.equal(replaced.success, true);
  await fs.setFilePermissions("work/deep/a.txt", { mode: "600" });
  await fs.moveFiles("work/deep/a.txt", "work/b.txt");
  const details = await fs.getFileDetails("work/b.txt");
  assert.deepEqual([details.permissions, details.size, details.isDir], ["0600", 11, false]);
  await fs.deleteFile("work", true);
  await assert.rejects(fs.getFileDetails("work"), (error) => error instanceof DaytonaNotFoundError);
});
await check("a sandbox is stopped, waited for and started again", async (assert) => {
  await python.fs.uploadFile(Buffer.from("kept"), "kept");
  await python.stop();
  await python.waitUntilStopped();
  await python.start();
  await python.waitUntilStarted();
  assert.equal((await python.fs.downloadFile("kept")).toString(), "kept");
  await python.setAutostopInterval(7);
  await python.setAutoArchiveInterval(8);
  await python.setAutoDeleteInterval(9);
  await python.refreshData();
  assert.deepEqual([python.autoStopInterval, python.autoArchiveInterval, python.autoDeleteInterval], [7, 8, 9]);
});
await check("previews need a token, or are signed", async (assert) => {
  await fs.uploadFile(Buffer.from("page"), "site/index.html");
  await commands.executeCommand("(python3 -m http.server 3000 --directory site > /dev/null 2>&1 < /dev/null &)");
  const { url, token } = await sandbox.getPreviewLink(3000);
  assert.equal((await fetch(url)).status, 401);
  // Until the program listens.
  while ((await fetch(url, { headers: { "X-Daytona-Preview-Token": token } })).status === 502);
  assert.equal(await (await fetch(url, { headers: { "X-Daytona-Preview-Token": token } })).text(), "page");
  const signed = await sandbox.getSignedPreviewUrl(3000, 60);
  assert.equal(await (await fetch(signed.url)).text(), "page");
  await sandbox.expireSignedPreviewUrl(3000, signed.token);
  assert.equal((await fetch(signed.url)).status, 401);
});
await check("a volume is shared by sandboxes", async (assert) => {
  const volume = await daytona.volume.get(`typescript-${sandbox.id}`, true);
  const volumes = [{ volumeId: volume.id, mountPath: "/home/daytona/shared" }];
  const boxes = [await daytona.create({ volumes }), await daytona.create({ volumes })];
  assert.equal((await boxes[0].process.executeCommand("echo shared > shared/file")).exitCode, 0);
  assert.equal((await boxes[1].process.executeCommand("cat shared/file")).result, "shared\n");
  for (const box of boxes) await box.delete();
  await daytona.volume.delete(volume);
  assert.ok(!(await daytona.volume.list()).some(({ id }) => id === volume.id));
});
if (!isOld) {
  await check("signed URLs read and write, until the key is replaced", async (assert) => {
    const up = await sandbox.uploadUrl("signed/a b.txt");
    const form = new FormData();
    form.append("file", new Blob(["signed"]), "x");
    assert.equal((await fetch(up, { method: "POST", body: form })).status, 200);
    const down = await sandbox.downloadUrl("signed/a b.txt", 60);
    assert.equal(await (await fetch(down)).text(), "signed");
    await sandbox.rotateSigningKey();
    assert.equal((await fetch(down)).status, 401);
    assert.equal(await (await fetch(await sandbox.downloadUrl("signed/a b.txt"))).text(), "signed");
  });
  await check("network settings are changed while a sandbox runs", async (assert) => {
    const resolves = async (name) => (await sandbox.process.executeCommand(`getent hosts ${name}`)).exitCode === 0;
    await sandbox.updateNetworkSettings({ domainAllowList: "example.com,*.daytona.io" });
    assert.equal(sandbox.domainAllowList, "example.com,*.daytona.io");
    assert.equal(await resolves("unlisted.test"), false);
    await sandbox.updateNetworkSettings({ networkBlockAll: true });
    assert.equal(sandbox.networkBlockAll, true);
    await sandbox.updateNetworkSettings({ networkBlockAll: false });
    assert.equal(sandbox.networkBlockAll, false);
    await assert.rejects(sandbox.updateNetworkSettings({}), { name: "DaytonaInvalidArgumentError" });
  });
  await check("a folder is listed with its subfolders", async (assert) => {
    const entries = await fs.listFiles(".", { depth: 2 });
    assert.ok(entries.some((entry) => entry.path === "/home/daytona/signed/a b.txt"));
  });
  await check("lists are filtered and sorted, and the activity is refreshed", async (assert) => {
    await sandbox.refreshActivity();
    const labels = { stranger: "typescript" };
    const found = [];
    for await (const { id } of daytona.list({ labels, states: ["started"], sort: "createdAt", order: "asc", limit: 1 })) found.push(id);
    assert.ok(found.includes(sandbox.id));
    for await (const { id } of daytona.list({ labels, createdAtBefore: new Date(0) })) assert.fail(id);
  });
  await check("the environment is changed for what is started from now on", async (assert) => {
    await sandbox.updateEnv({ CHANGED: "yes" }, { unset: ["DAYTONA_SANDBOX_ID"] });
    assert.equal((await commands.executeCommand('echo "$CHANGED,$DAYTONA_SANDBOX_ID"')).result, "yes,\n");
  });
}
await check("computer use: a picture and a click, or which packages to install", async (assert) => {
  const { computerUse } = sandbox;
  try {
    await computerUse.start();
  } catch (error) {
    assert.match(error.message, /apt-get install/);
    return;
  }
  assert.equal((await computerUse.getStatus()).status, "active");
  const { screenshot } = await computerUse.screenshot.takeCompressed({ format: "jpeg", scale: 0.5 });
  assert.ok(
    Buffer.from(screenshot, "base64")
      .subarray(0, 2)
      .equals(Buffer.from([0xff, 0xd8])),
  );
  const { x, y } = await computerUse.mouse.click(100, 200);
  assert.deepEqual([x, y], [100, 200]);
  assert.equal(await computerUse.mouse.scroll(100, 200, "down", 2), true);
  await computerUse.keyboard.type("text");
  await computerUse.keyboard.press("c", ["ctrl"]);
  const [display] = (await computerUse.display.getInfo()).displays;
  assert.deepEqual([display.width, display.height], [1024, 768]);
  assert.deepEqual((await computerUse.display.getWindows()).windows, []);
  assert.equal((await computerUse.getProcessStatus("xvfb")).running, true);
  await computerUse.stop();
  assert.equal((await computerUse.getStatus()).status, "inactive");
});

if (python.codeInterpreter !== undefined) {
  const { codeInterpreter } = python;
  await check("an interpreter keeps its state, and its contexts are apart", async (assert) => {
    await codeInterpreter.runCode("x = 41");
    const context = await codeInterpreter.createContext("/tmp");
    assert.equal((await codeInterpreter.runCode("print(x + 1)")).stdout, "42\n");
    const apart = await codeInterpreter.runCode("import os; print('x' in globals(), os.getcwd())", { context });
    assert.equal(apart.stdout, "False /tmp\n");
    assert.deepEqual(await codeInterpreter.listContexts(), [context]);
    await codeInterpreter.deleteContext(context);
    assert.deepEqual(await codeInterpreter.listContexts(), []);
  });
  await check("an interpreter streams its output, and an exception is a result", async (assert) => {
    const seen = [];
    const result = await codeInterpreter.runCode("import os, sys\nprint(os.environ['A'])\nprint('err', file=sys.stderr)\n1/0", {
      envs: { A: "b c" },
      timeout: 10,
      onStdout: ({ output }) => seen.push(output),
      onStderr: ({ output }) => seen.push(output),
      onError: ({ name }) => seen.push(name),
    });
    assert.deepEqual(seen, ["b c\n", "err\n", "ZeroDivisionError"]);
    assert.deepEqual([result.stdout, result.stderr, result.error.value], ["b c\n", "err\n", "division by zero"]);
  });
  await check("an interpreter interrupts code at its timeout", async (assert) => {
    await codeInterpreter.runCode("n = 1");
    await assert.rejects(codeInterpreter.runCode("n = 2\nwhile True: pass", { timeout: 1 }), /timed out/);
    assert.equal((await codeInterpreter.runCode("print(n)")).stdout, "2\n");
  });
  await check("an unknown context is an error", async (assert) => {
    await assert.rejects(codeInterpreter.runCode("1", { context: { id: "none" } }), /context not found: none/);
  });
}

await daytona.delete(sandbox);
await daytona.delete(python);
report();
