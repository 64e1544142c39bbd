import fs from "node:fs";
import path from "node:path";
import { inspect } from "node:util";
import { DaytonaSandbox } from "daytona-native";
import {
  DaytonaBadRequestError,
  DaytonaConflictError,
  DaytonaGitAuthFailedError,
  DaytonaGitBranchExistsError,
  DaytonaGitBranchNotFoundError,
  DaytonaGitDirtyWorktreeError,
  DaytonaGitMergeConflictError,
  DaytonaGitPushRejectedError,
  DaytonaGitRemoteRejectedError,
  DaytonaGitRepoNotFoundError,
  DaytonaGitTransportFailedError,
  DaytonaInternalServerError,
  DaytonaNotFoundError,
  type Git,
} from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { root } from "./support/server.js";

// Git through the public package, at the local server: repositories in a sandbox, and remotes there by file:// and http://.

const auth = inject("daytona");
let sandbox: DaytonaSandbox;
let git: Git;
let home: string;
let http: string;

/** Runs a script in the sandbox and returns its output; the test fails when it fails. */
async function run(script: string): Promise<string> {
  const { exitCode, output } = await sandbox.execute(script);
  expect(exitCode, output).toBe(0);
  return output;
}

beforeAll(async () => {
  sandbox = await DaytonaSandbox.create({ auth });
  git = sandbox.sandbox.git;
  home = await sandbox.getUserHomeDir();
  await sandbox.uploadFiles([["server.py", fs.readFileSync(path.join(root, "__test__/support/git-server.py"))]]);
  const { process } = sandbox.sandbox;
  await process.createSession("server");
  await process.executeSessionCommand("server", { command: "mkdir remotes && cd remotes && python3 ../server.py ../port", runAsync: true });
  http = `http://127.0.0.1:${await run("until test -e port; do sleep 0.02; done; cat port")}`;
  await git.configureUser("Someone", "someone@example.com");
  await git.setConfig("init.defaultBranch", "main");
});
afterAll(() => sandbox.close());

const author = ["Ada", "ada@example.com"] as const;

/** A repository with one commit. */
async function repository(): Promise<string> {
  const name = `r-${crypto.randomUUID()}`;
  await git.init(name, false, "main");
  await run(`echo one > ${name}/a.txt`);
  await git.add(name, ["."]);
  await git.commit(name, "first", ...author);
  return name;
}

/** A bare repository with one commit, and its name. */
async function remote(): Promise<string> {
  const name = `${crypto.randomUUID()}.git`;
  await git.init(`remotes/${name}`, true, "main");
  const seed = await repository();
  await git.remoteAdd(seed, "origin", `file://${home}/remotes/${name}`);
  await git.push(seed);
  return name;
}

/** The error of a call; the test fails when it succeeds. */
async function errorOf(call: Promise<unknown>): Promise<Error> {
  return await call.then(
    (value) => {
      throw new Error(`expected an error, got ${JSON.stringify(value)}`);
    },
    (error: Error) => error,
  );
}

describe("a repository", () => {
  it("is created, changed and committed", async () => {
    const name = `r-${crypto.randomUUID()}`;
    await git.init(name, false, "trunk");
    await run(`cd ${name}; echo x > 'žluť 日.txt'; echo '*.log' > .gitignore; echo x > a.log`);
    await git.add(name, ["."]);
    const { sha } = await git.commit(name, "žluť\n\nbody", ...author);
    expect(await run(`git -C ${name} rev-parse HEAD`)).toBe(`${sha}\n`);
    expect(await git.status(name)).toEqual({
      currentBranch: "trunk",
      fileStatus: [],
      branchPublished: false,
      ahead: 0,
      behind: 0,
      detached: false,
    });
    const [commit] = await git.history(name);
    expect(commit).toMatchObject({ hash: sha, author: "Ada", email: "ada@example.com", message: "žluť\n\nbody" });
    expect(new Date(commit?.timestamp ?? "").getTime()).toBeGreaterThan(Date.now() - 600_000);
  });

  it("has a state for each file", async () => {
    const name = await repository();
    await run(`cd ${name}; echo two >> a.txt; echo b > b; git add b; echo c >> b; mkdir d; touch d/1 d/2`);
    const file = (name: string, staging: string, worktree: string) => ({ name, extra: "", staging, worktree });
    expect((await git.status(name)).fileStatus).toEqual([
      file("a.txt", "Unmodified", "Modified"),
      file("b", "Added", "Modified"),
      file("d/1", "Untracked", "Untracked"),
      file("d/2", "Untracked", "Untracked"),
    ]);
  });

  it("commits nothing only when that is allowed", async () => {
    const name = await repository();
    expect(await errorOf(git.commit(name, "m", ...author))).toBeInstanceOf(DaytonaInternalServerError);
    const { sha } = await git.commit(name, "empty", ...author, true);
    expect((await git.history(name)).map(({ hash }) => hash)[0]).toBe(sha);
    expect(await git.history(name)).toHaveLength(2);
  });

  it("has branches", async () => {
    const name = await repository();
    await git.createBranch(name, "dev");
    expect(await git.branches(name)).toEqual({ branches: ["dev", "main"], current: "dev" });
    const { sha } = await git.commit(name, "on dev", ...author, true);
    await git.checkoutBranch(name, "main");
    expect((await git.status(name)).currentBranch).toBe("main");
    await git.checkoutBranch(name, sha);
    expect(await git.status(name)).toMatchObject({ currentBranch: "HEAD", detached: true });
    expect(await git.branches(name)).toEqual({ branches: ["dev", "main"] });
    expect(await errorOf(git.createBranch(name, "dev"))).toBeInstanceOf(DaytonaGitBranchExistsError);
    await git.deleteBranch(name, "dev");
    expect(await errorOf(git.deleteBranch(name, "dev"))).toBeInstanceOf(DaytonaGitBranchNotFoundError);
    expect(await errorOf(git.checkoutBranch(name, "dev"))).toBeInstanceOf(DaytonaGitBranchNotFoundError);
    await git.checkoutBranch(name, "main");
    expect(await errorOf(git.deleteBranch(name, "main"))).toBeInstanceOf(DaytonaConflictError);
  });

  it("keeps changes that a branch would overwrite", async () => {
    const name = await repository();
    await git.createBranch(name, "dev");
    await run(`cd ${name}; echo dev > a.txt; git commit -qam dev; git checkout -q main; echo mine > a.txt`);
    expect(await errorOf(git.checkoutBranch(name, "dev"))).toBeInstanceOf(DaytonaGitDirtyWorktreeError);
    expect(await run(`cat ${name}/a.txt; git -C ${name} branch --show-current`)).toBe("mine\nmain\n");
  });

  it("says that a merge has conflicts", async () => {
    const name = await repository();
    await git.createBranch(name, "dev");
    await run(
      `cd ${name}; echo d > a.txt; git commit -qam d; git checkout -q main; echo m > a.txt; git commit -qam m; git merge dev || true`,
    );
    expect((await git.status(name)).fileStatus).toMatchObject([{ staging: "Updated but unmerged", worktree: "Updated but unmerged" }]);
    expect(await errorOf(git.commit(name, "m", ...author))).toBeInstanceOf(DaytonaGitMergeConflictError);
  });

  it("is reset", async () => {
    const name = await repository();
    await git.commit(name, "second", ...author, true);
    await run(`cd ${name}; echo x > x; echo y > y; echo two >> a.txt; git add .`);
    await git.reset(name, undefined, undefined, ["x"]);
    const staged = async () => (await git.status(name)).fileStatus.filter(({ staging }) => staging !== "Untracked").map(({ name }) => name);
    expect(await staged()).toEqual(["a.txt", "y"]);
    await git.reset(name);
    expect(await run(`cd ${name}; git status --porcelain`)).toBe(" M a.txt\n?? x\n?? y\n");
    await git.reset(name, "hard", "HEAD~1");
    expect(await git.history(name)).toHaveLength(1);
    expect(await run(`cat ${name}/a.txt`)).toBe("one\n");
    expect(await errorOf(git.reset(name, "hard", "nope"))).toBeInstanceOf(DaytonaNotFoundError);
    expect(await errorOf(git.reset(name, "hardest"))).toBeInstanceOf(DaytonaBadRequestError);
    expect(await errorOf(git.reset(name, "hard", undefined, ["x"]))).toBeInstanceOf(DaytonaBadRequestError);
  });

  it("is restored", async () => {
    const name = await repository();
    await run(`cd ${name}; echo two > a.txt; git commit -qam two; echo three > a.txt; git add a.txt; echo four > a.txt`);
    await git.restore(name, ["a.txt"]);
    expect(await run(`cat ${name}/a.txt`)).toBe("three\n");
    await git.restore(name, ["a.txt"], true);
    expect(await run(`cd ${name}; git status --porcelain`)).toBe(" M a.txt\n");
    await git.restore(name, ["a.txt"], true, true, "HEAD~1");
    expect(await run(`cd ${name}; cat a.txt; git diff --cached --name-only`)).toBe("one\na.txt\n");
    expect(await errorOf(git.restore(name, ["nope"]))).toBeInstanceOf(DaytonaNotFoundError);
    expect(await errorOf(git.restore(name, ["a.txt"], false, true, "nope"))).toBeInstanceOf(DaytonaNotFoundError);
  });

  it("has remotes", async () => {
    const name = await repository();
    expect(await git.remotes(name)).toEqual({ remotes: [] });
    await git.remoteAdd(name, "origin", "https://example.com/a.git");
    await git.remoteAdd(name, "other", "https://user@example.com/b.git");
    const remotes = [
      { name: "origin", url: "https://example.com/a.git" },
      { name: "other", url: "https://user@example.com/b.git" },
    ];
    expect(await git.remotes(name)).toEqual({ remotes });
    expect(await git.remoteGet(name, "other")).toBe("https://user@example.com/b.git");
    expect(await git.remoteGet(name, "nope")).toBeUndefined();
    expect(await errorOf(git.remoteAdd(name, "origin", "https://example.com/c.git"))).toBeInstanceOf(DaytonaConflictError);
    const bare = `file://${home}/remotes/${await remote()}`;
    await git.remoteAdd(name, "origin", bare, true, true);
    expect(await git.remoteGet(name, "origin")).toBe(bare);
    expect(await run(`git -C ${name} branch -r`)).toBe("  origin/main\n");
  });

  it("is at the top of its folder, or there is none", async () => {
    const name = await repository();
    await run(`mkdir ${name}/sub plain-${name}`);
    for (const folder of [`${name}/sub`, `plain-${name}`, "nowhere", `${name}/a.txt`]) {
      for (const call of [
        () => git.status(folder),
        () => git.branches(folder),
        () => git.remotes(folder),
        () => git.history(folder),
        () => git.add(folder, []),
        () => git.checkoutBranch(folder, "main"),
        () => git.getConfig("user.name", "local", folder),
        () => git.push(folder),
      ]) {
        expect(await errorOf(call()), folder).toBeInstanceOf(DaytonaGitRepoNotFoundError);
      }
    }
  });
});

describe("the configuration", () => {
  it("is global unless another scope is named", async () => {
    const name = await repository();
    await git.setConfig("test.key", 'a value\nof two lines = "x"');
    expect(await git.getConfig("test.key")).toBe('a value\nof two lines = "x"');
    expect(await git.getConfig("test.key", "local", name)).toBeUndefined();
    await git.setConfig("test.key", "-v", "local", name);
    expect(await git.getConfig("test.key", "local", name)).toBe("-v");
    await git.configureUser("Local", "local@example.com", "local", name);
    expect(await git.getConfig("user.email", "local", name)).toBe("local@example.com");
    expect(await git.getConfig("user.name")).toBe("Someone");
    expect(await git.getConfig("test.none")).toBeUndefined();
  });

  it("refuses a key, a scope and a missing path", async () => {
    for (const call of [
      () => git.setConfig("nosection", "x"),
      () => git.getConfig("nosection"),
      () => git.setConfig("a.b", "x", "worldwide"),
      () => git.setConfig("a.b", "x", "local"),
    ]) {
      expect(await errorOf(call())).toBeInstanceOf(DaytonaBadRequestError);
    }
  });
});

describe.each(["file", "http"])("a remote over %s", (kind) => {
  const urlOf = (name: string) => (kind === "http" ? `${http}/${name}` : `file://${home}/remotes/${name}`);

  it("is cloned, with its branch, its commit or its depth", async () => {
    const name = await remote();
    const url = urlOf(name);
    const seed = await repository();
    await git.clone(url, `deep/${seed}/c`);
    const [first] = await git.history(`deep/${seed}/c`);
    const clone = `c-${name}`;
    await git.clone(url, clone);
    await git.createBranch(clone, "dev");
    await git.commit(clone, "on dev", ...author, true);
    await git.push(clone, undefined, undefined, "dev", "origin", true);
    expect(await git.status(clone)).toMatchObject({ branchPublished: true, upstream: "origin/dev", ahead: 0 });
    await git.clone(url, `b-${name}`, "dev");
    expect(await git.branches(`b-${name}`)).toEqual({ branches: ["dev"], current: "dev" });
    await git.clone(url, `d-${name}`, "dev", undefined, undefined, undefined, undefined, 1);
    expect(await git.history(`d-${name}`)).toHaveLength(1);
    await git.clone(url, `h-${name}`, "dev", first?.hash);
    expect(await git.status(`h-${name}`)).toMatchObject({ detached: true });
    expect(await git.remoteGet(clone, "origin")).toBe(url);
    expect(await errorOf(git.clone(url, clone))).toBeInstanceOf(DaytonaConflictError);
    expect(await errorOf(git.clone(url, `n-${name}`, "nope"))).toBeInstanceOf(DaytonaGitBranchNotFoundError);
    expect(await errorOf(git.clone(urlOf("nope.git"), `n-${name}`))).toBeInstanceOf(DaytonaGitRepoNotFoundError);
    expect(await run(`test -e n-${name} || echo none`)).toBe("none\n");
  });

  it("is cloned into a folder with files", async () => {
    const name = await remote();
    await run(`mkdir o-${name}; cd o-${name}; echo mine > own; echo mine > a.txt`);
    await git.clone(urlOf(name), `o-${name}`);
    expect(await run(`cd o-${name}; cat own a.txt; ls -A`)).toBe("mine\none\n.git\na.txt\nown\n");
    expect((await git.status(`o-${name}`)).fileStatus).toMatchObject([{ name: "own", staging: "Untracked" }]);
  });

  it("is pulled, forward only", async () => {
    const name = await remote();
    const [mine, theirs] = [`m-${name}`, `t-${name}`];
    await git.clone(urlOf(name), mine);
    await git.clone(urlOf(name), theirs);
    await run(`cd ${theirs}; echo two >> a.txt; git commit -qam two`);
    await git.push(theirs);
    await run(`echo dirty > ${mine}/a.txt`);
    expect(await errorOf(git.pull(mine))).toBeInstanceOf(DaytonaGitDirtyWorktreeError);
    expect(await git.history(mine)).toHaveLength(1);
    await git.restore(mine, ["a.txt"]);
    await git.pull(mine);
    expect(await run(`cat ${mine}/a.txt`)).toBe("one\ntwo\n");
    await git.commit(theirs, "three", ...author, true);
    await git.push(theirs);
    await git.commit(mine, "mine", ...author, true);
    expect(await errorOf(git.push(mine))).toBeInstanceOf(DaytonaGitPushRejectedError);
    expect(await errorOf(git.pull(mine))).toBeInstanceOf(DaytonaConflictError);
    expect(await errorOf(git.pull(mine, undefined, undefined, "nope"))).toBeInstanceOf(DaytonaGitBranchNotFoundError);
    expect(await errorOf(git.push(mine, undefined, undefined, "nope"))).toBeInstanceOf(DaytonaGitBranchNotFoundError);
    expect(await errorOf(git.push(mine, undefined, undefined, undefined, "nope"))).toBeInstanceOf(DaytonaNotFoundError);
  });

  it("may refuse a push", async () => {
    const name = await remote();
    await git.clone(urlOf(name), `p-${name}`);
    await run(`cd remotes/${name}/hooks; printf '#!/bin/sh\\necho no way >&2; exit 1\\n' > pre-receive; chmod +x pre-receive`);
    await git.commit(`p-${name}`, "m", ...author, true);
    const error = await errorOf(git.push(`p-${name}`));
    expect(error).toBeInstanceOf(DaytonaGitRemoteRejectedError);
    expect(error).toMatchObject({ statusCode: 422, code: "GIT_REMOTE_REJECTED", source: "DAYTONA_DAEMON" });
    expect(error.message).toContain("no way");
  });
});

describe("a remote that wants credentials", () => {
  it("is cloned, pulled and pushed with them, and they are stored nowhere", async () => {
    const name = await remote();
    const url = `${http}/private/${name}`;
    const clone = `c-${name}`;
    expect(await errorOf(git.clone(url, clone))).toBeInstanceOf(DaytonaGitAuthFailedError);
    const wrong = await errorOf(git.clone(url, clone, undefined, undefined, "u", "wrong-secret"));
    expect(wrong).toBeInstanceOf(DaytonaGitAuthFailedError);
    expect(inspect(wrong, { depth: 9 })).not.toContain("wrong-secret");
    await git.clone(url, clone, undefined, undefined, "u", "secret");
    await git.commit(clone, "m", ...author, true);
    expect(await errorOf(git.push(clone))).toBeInstanceOf(DaytonaGitAuthFailedError);
    await git.push(clone, "u", "secret");
    expect(await errorOf(git.pull(clone))).toBeInstanceOf(DaytonaGitAuthFailedError);
    await git.pull(clone, "u", "secret");
    await git.clone(url.replace("://", "://u:secret@"), `u-${name}`);
    expect(await git.remoteGet(`u-${name}`, "origin")).toBe(url);
    expect(await run(`grep -rIl -e secret ${clone} u-${name} .git-credentials 2>/dev/null || echo none`)).toBe("none\n");
    const stored = await errorOf(git.remoteAdd(clone, "other", url.replace("://", "://u:secret@")));
    expect(stored).toBeInstanceOf(DaytonaBadRequestError);
  });

  it("is used with stored ones after dangerouslyAuthenticate", async () => {
    const own = await DaytonaSandbox.create({ auth });
    try {
      const { git } = own.sandbox;
      await git.setConfig("credential.helper", "cache --timeout=1");
      await git.dangerouslyAuthenticate("u", "secret", "127.0.0.1:8080", "http");
      await git.dangerouslyAuthenticate("u2", "secret2");
      const { output } = await own.execute(
        "cat ~/.git-credentials; stat -c %a ~/.git-credentials; git config --global --get-all credential.helper",
      );
      expect(output).toBe("https://u2:secret2@github.com\nhttp://u:secret@127.0.0.1%3a8080\n600\ncache --timeout=1\nstore\n");
      expect(await errorOf(git.dangerouslyAuthenticate("u\nhost=evil", "p"))).toBeInstanceOf(DaytonaBadRequestError);
    } finally {
      await own.close();
    }
    await git.dangerouslyAuthenticate("u", "secret", http.slice("http://".length), "http");
    const name = await remote();
    await git.clone(`${http}/private/${name}`, `s-${name}`);
    await git.commit(`s-${name}`, "m", ...author, true);
    await git.push(`s-${name}`);
    await run("rm .git-credentials; git config --global --unset-all credential.helper");
  });
});

describe("what git cannot do", () => {
  it("is said: a remote that is not there", async () => {
    const error = await errorOf(git.clone("http://127.0.0.1:9/x.git", "nothing"));
    expect(error).toBeInstanceOf(DaytonaGitTransportFailedError);
    expect(error).toMatchObject({ statusCode: 502, retries: 0 });
    expect(error.message).toMatch(/^Could not clone the repository.*127\.0\.0\.1:9/s);
  });

  it("is said: no program", async () => {
    const without = await DaytonaSandbox.create({ auth, envVars: { PATH: "/nowhere" } });
    try {
      const error = await errorOf(without.sandbox.git.status("."));
      expect(error).toBeInstanceOf(DaytonaInternalServerError);
      expect(error.message).toContain("git is not installed. Sandboxes of a local server use the programs of the host: install it there");
    } finally {
      await without.close();
    }
  });

  it("ends at its timeout", async () => {
    await sandbox.sandbox.process.createSession("hanging");
    const script =
      "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], file=open('hanging', 'w'), flush=True); c = s.accept()[0]; c.recv(9999); print('gone' if c.recv(1) == b'' else 'there')";
    const { cmdId } = await sandbox.sandbox.process.executeSessionCommand("hanging", { command: `python3 -c "${script}"`, runAsync: true });
    const port = await run("until test -s hanging; do sleep 0.02; done; cat hanging");
    const error = await errorOf(
      git.clone(`http://127.0.0.1:${port.trim()}/x.git`, "hangs", undefined, undefined, undefined, undefined, undefined, undefined, {
        timeout: 1,
      }),
    );
    expect(error.constructor.name).toBe("DaytonaTimeoutError");
    let output = "";
    await sandbox.sandbox.process.getSessionCommandLogs(
      "hanging",
      cmdId,
      (chunk) => (output += chunk),
      () => {},
    );
    expect(output).toBe("gone\n");
    expect(await run("until ! test -e hangs; do sleep 0.02; done; echo removed")).toBe("removed\n");
  });
});
