// The service's own TypeScript SDK at the local server: node typescript-git.mjs @daytona/sdk
// Git, with remotes in the sandbox by file:// and http://, with and without credentials.
import fs from "node:fs";
import { check, report } from "./checks.mjs";

const sdk = await import(process.argv[2]);
const { Daytona, DaytonaNotFoundError, DaytonaError } = sdk;
const isOld = process.argv[2] === "@daytonaio/sdk";
const daytona = new Daytona({ apiKey: process.env.DAYTONA_API_KEY, apiUrl: process.env.DAYTONA_API_URL, target: "us" });
const sandbox = await daytona.create({ language: "python" });
const { git } = sandbox;
const author = ["Ada", "ada@example.com"];

/** Runs a script in the sandbox and returns its output. */
async function run(script) {
  const { exitCode, result } = await sandbox.process.executeCommand(script);
  if (exitCode !== 0) throw new Error(result);
  return result;
}

/** Whether an error is of the class that the SDK has for a code; old ones have only one. */
const isA = (name) => (error) => error instanceof (sdk[name] ?? DaytonaError);

const home = (await run("echo $HOME")).trim();
await sandbox.fs.uploadFile(fs.readFileSync(new URL("../support/git-server.py", import.meta.url)), "server.py");
await run(
  "git config --global init.defaultBranch main; git config --global user.name S; git config --global user.email s@example.com; " +
    "mkdir remotes; cd remotes; git init -q --bare o.git; git clone -q o.git ../seed 2>/dev/null; cd ../seed; echo one > a.txt; " +
    "git add .; git commit -qm first; git push -q origin main; git push -q origin main:dev",
);
await sandbox.process.createSession("server");
await sandbox.process.executeSessionCommand("server", { command: "cd remotes && python3 ../server.py ../port", runAsync: true });
const http = `http://127.0.0.1:${await run("until test -e port; do sleep 0.02; done; cat port")}`;

for (const [kind, url] of [
  ["file", `file://${home}/remotes/o.git`],
  ["http", `${http}/o.git`],
]) {
  await check(`a clone over ${kind}`, async (assert) => {
    await git.clone(url, `deep/${kind}`);
    const status = await git.status(`deep/${kind}`);
    assert.deepEqual([status.currentBranch, status.fileStatus, status.ahead, status.behind], ["main", [], 0, 0]);
    assert.deepEqual((await git.branches(`deep/${kind}`)).branches, ["main"]);
  });
  await check(`a clone of a branch over ${kind}`, async (assert) => {
    await git.clone(url, `dev-${kind}`, "dev");
    assert.equal((await git.status(`dev-${kind}`)).currentBranch, "dev");
  });
  await check(`a push over ${kind}`, async (assert) => {
    const path = `deep/${kind}`;
    await sandbox.fs.uploadFile(Buffer.from(kind), `${path}/${kind}.txt`);
    await git.pull(path);
    await git.add(path, [`${kind}.txt`]);
    const staged = { name: `${kind}.txt`, extra: "", staging: "Added", worktree: "Unmodified" };
    assert.deepEqual((await git.status(path)).fileStatus, [staged]);
    const { sha } = await git.commit(path, `Add ${kind}`, ...author);
    assert.match(sha, /^[0-9a-f]{40}$/);
    assert.equal((await git.status(path)).ahead, 1);
    await git.push(path);
    assert.equal((await run("git -C remotes/o.git log -1 --format='%H %an' main")).trim(), `${sha} Ada`);
  });
}
await check("a remote that wants credentials", async (assert) => {
  await assert.rejects(git.clone(`${http}/private/o.git`, "private"), isA("DaytonaGitAuthFailedError"));
  await assert.rejects(git.clone(`${http}/private/o.git`, "private", undefined, undefined, "u", "no"), isA("DaytonaGitAuthFailedError"));
  await git.clone(`${http}/private/o.git`, "private", undefined, undefined, "u", "secret");
  await git.commit("private", "empty", ...author, true);
  await assert.rejects(git.push("private"), isA("DaytonaGitAuthFailedError"));
  await git.push("private", "u", "secret");
  await git.pull("private", "u", "secret");
  assert.equal(await run("grep -rl secret private || echo none"), "none\n");
});
await check("branches", async (assert) => {
  const path = "deep/file";
  await git.createBranch(path, "new");
  assert.deepEqual((await git.branches(path)).branches.sort(), ["main", "new"]);
  await assert.rejects(git.createBranch(path, "new"), isA("DaytonaGitBranchExistsError"));
  await git.checkoutBranch(path, "main");
  await git.deleteBranch(path, "new");
  assert.deepEqual((await git.branches(path)).branches, ["main"]);
  await assert.rejects(git.deleteBranch(path, "new"), isA("DaytonaGitBranchNotFoundError"));
  await assert.rejects(git.checkoutBranch(path, "new"), (error) => error instanceof DaytonaNotFoundError);
});
await check("a push that others were faster than", async (assert) => {
  await git.commit("deep/http", "mine", ...author, true);
  await assert.rejects(git.push("deep/http"), isA("DaytonaGitPushRejectedError"));
  await assert.rejects(git.pull("deep/http"), isA("DaytonaConflictError"));
});
await check("what does not exist", async (assert) => {
  const isNotFound = (error) => error instanceof DaytonaNotFoundError;
  await assert.rejects(git.status("none"), isNotFound);
  await assert.rejects(git.branches("none"), isNotFound);
  await assert.rejects(git.clone(`${http}/none.git`, "x"), isNotFound);
  await assert.rejects(git.clone(`${http}/o.git`, "x", "none"), isNotFound);
  await assert.rejects(git.clone("http://127.0.0.1:9/x.git", "x"), isA("DaytonaGitTransportFailedError"));
});
if (!isOld) {
  await check("a new repository, reset and restored", async (assert) => {
    await git.init("own", false, "trunk");
    assert.deepEqual((await git.branches("own")).branches, []);
    await sandbox.fs.uploadFile(Buffer.from("one"), "own/a");
    await git.add("own", ["."]);
    await git.commit("own", "first", ...author);
    await sandbox.fs.uploadFile(Buffer.from("two"), "own/a");
    await git.add("own", ["a"]);
    await git.restore("own", ["a"], true);
    assert.equal((await git.status("own")).fileStatus[0].worktree, "Modified");
    await git.restore("own", ["a"]);
    assert.deepEqual((await git.status("own")).fileStatus, []);
    await git.commit("own", "second", ...author, true);
    await git.reset("own", "hard", "HEAD~1");
    assert.equal(await run("git -C own log --format=%s; cat own/a"), "first\none");
  });
  await check("remotes", async (assert) => {
    await git.remoteAdd("own", "origin", `${http}/o.git`, true);
    assert.deepEqual((await git.remotes("own")).remotes, [{ name: "origin", url: `${http}/o.git` }]);
    await assert.rejects(git.remoteAdd("own", "origin", "/x"), isA("DaytonaConflictError"));
    await git.remoteAdd("own", "origin", `${http}/x.git`, false, true);
    assert.equal(await git.remoteGet("own", "origin"), `${http}/x.git`);
    assert.equal(await git.remoteGet("own", "none"), undefined);
  });
  await check("configuration", async (assert) => {
    await git.setConfig("test.key", "value");
    assert.equal(await git.getConfig("test.key"), "value");
    await git.configureUser("Local", "l@example.com", "local", "own");
    assert.equal(await git.getConfig("user.name", "local", "own"), "Local");
    assert.equal((await git.getConfig("test.none")) ?? undefined, undefined);
  });
  await check("stored credentials", async (assert) => {
    await git.dangerouslyAuthenticate("u", "secret", http.slice("http://".length), "http");
    await git.clone(`${http}/private/o.git`, "stored");
    await git.commit("stored", "m", ...author, true);
    await git.push("stored", undefined, undefined, undefined, undefined, true);
    assert.equal((await git.status("stored")).upstream, "origin/main");
  });
}

await daytona.delete(sandbox);
report();
