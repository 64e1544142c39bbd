import { type Area, type Context, inOrder, settled, sh } from "./case.js";

const author = ["Ada", "ada@example.com"] as const;

/** Makes a repository with one commit on `main`. */
async function repository(context: Context): Promise<string> {
  const { sandbox, folder } = context;
  await sandbox.git.init(`${folder}/r`, false, "main");
  await sh(context, `echo one > ${folder}/r/a.txt`);
  await sandbox.git.add(`${folder}/r`, ["."]);
  await sandbox.git.commit(`${folder}/r`, "first", ...author);
  return `${folder}/r`;
}

/** Makes a repository with a remote, to which it is pushed. */
async function pushed(context: Context): Promise<string> {
  const r = await repository(context);
  const { sandbox, folder } = context;
  await sandbox.git.init(`${folder}/remote.git`, true, "main");
  await sandbox.git.remoteAdd(r, "origin", `file://${folder}/remote.git`);
  await sandbox.git.push(r);
  return r;
}

/** Git. */
export const git: Area = {
  name: "git",
  cases: {
    "a repository from the start": async (context) => {
      const { sandbox, folder } = context;
      const r = `${folder}/new`;
      return await inOrder(
        () => sandbox.git.init(r),
        () => sandbox.git.status(r),
        () => sh(context, `echo one > ${r}/a.txt`),
        () => sandbox.git.status(r),
        () => sandbox.git.add(r, ["a.txt"]),
        () => sandbox.git.status(r),
        () => sandbox.git.commit(r, "first", ...author),
        () => sandbox.git.status(r),
        () => sandbox.git.branches(r),
      );
    },
    "states of files": async (context) => {
      const r = await repository(context);
      await sh(
        context,
        `cd ${r} && for f in b c d 'e f'; do echo $f > "$f"; done && git add . && git -c user.name=A -c user.email=a@example.com commit -qm more`,
      );
      await sh(context, `cd ${r} && echo two > a.txt && rm b && git mv c c2 && echo 2 > d && git add d && echo 3 > d && echo n > new`);
      const { fileStatus, ...rest } = await context.sandbox.git.status(r);
      return { ...rest, fileStatus: fileStatus.sort((a, b) => a.name.localeCompare(b.name)) };
    },
    branches: async (context) => {
      const r = await repository(context);
      const { git } = context.sandbox;
      return await inOrder(
        () => git.createBranch(r, "dev"),
        () => git.branches(r),
        () => git.createBranch(r, "dev"),
        () => git.checkoutBranch(r, "main"),
        () => git.status(r),
        () => git.deleteBranch(r, "dev"),
        () => git.deleteBranch(r, "dev"),
        () => git.checkoutBranch(r, "none"),
        () => git.branches(r),
      );
    },
    commits: async (context) => {
      const r = await repository(context);
      const { git } = context.sandbox;
      return await inOrder(
        () => git.commit(r, "nothing", ...author),
        () => git.commit(r, "empty", ...author, true),
        () => git.add(r, ["none"]),
      );
    },
    "clone, push and pull": async (context) => {
      const r = await pushed(context);
      const { sandbox, folder } = context;
      const c = `${folder}/clone`;
      return await inOrder(
        () => sandbox.git.clone(`file://${folder}/remote.git`, c),
        () => sandbox.git.status(c),
        () => sandbox.git.branches(c),
        () => sh(context, `echo two > ${c}/b.txt`),
        () => sandbox.git.add(c, ["b.txt"]),
        () => sandbox.git.commit(c, "second", ...author),
        () => sandbox.git.status(c),
        () => sandbox.git.push(c),
        () => sandbox.git.pull(r),
        () => sh(context, `cat ${r}/b.txt`),
        () => sandbox.git.status(c),
        () => sandbox.git.clone(`file://${folder}/remote.git`, c),
        () => sandbox.git.clone(`file://${folder}/none.git`, `${folder}/other`),
        () => sandbox.git.clone(`file://${folder}/remote.git`, `${folder}/other`, "none"),
      );
    },
    "a branch and a commit are cloned": async (context) => {
      const r = await pushed(context);
      const { sandbox, folder } = context;
      const first = (await sh(context, `git -C ${r} rev-parse HEAD`)).trim();
      await sandbox.git.createBranch(r, "dev");
      await sandbox.git.commit(r, "on dev", ...author, true);
      await sandbox.git.push(r, undefined, undefined, "dev");
      return await inOrder(
        () => sandbox.git.clone(`file://${folder}/remote.git`, `${folder}/dev`, "dev"),
        () => sandbox.git.status(`${folder}/dev`),
        () => sandbox.git.clone(`file://${folder}/remote.git`, `${folder}/commit`, "dev", first),
        () => sandbox.git.status(`${folder}/commit`),
        () => sandbox.git.clone(`file://${folder}/remote.git`, `${folder}/shallow`, "dev", undefined, undefined, undefined, false, 1),
        () => sh(context, `git -C ${folder}/shallow rev-list --count HEAD`),
      );
    },
    "a push without a remote": async (context) => settled(async () => await context.sandbox.git.push(await repository(context))),
    "a pull that cannot be": async (context) => settled(async () => await context.sandbox.git.pull(await repository(context))),
    "reset and restore": async (context) => {
      const r = await repository(context);
      const { git } = context.sandbox;
      await sh(context, `echo two > ${r}/a.txt`);
      return await inOrder(
        () => git.add(r, ["a.txt"]),
        () => git.restore(r, ["a.txt"], true),
        () => git.status(r),
        () => git.restore(r, ["a.txt"]),
        () => git.status(r),
        () => git.commit(r, "second", ...author, true),
        () => git.reset(r, "soft", "HEAD~1"),
        () => git.reset(r, "hard"),
        () => git.reset(r, "sideways"),
        () => git.reset(r, "hard", "none"),
        () => git.restore(r, ["none"]),
      );
    },
    remotes: async (context) => {
      const r = await repository(context);
      const { git } = context.sandbox;
      return await inOrder(
        () => git.remotes(r),
        () => git.remoteAdd(r, "origin", "https://example.com/a.git"),
        () => git.remoteAdd(r, "origin", "https://example.com/b.git"),
        () => git.remoteAdd(r, "origin", "https://example.com/c.git", false, true),
        () => git.remotes(r),
        () => git.remoteGet(r, "origin"),
        () => git.remoteGet(r, "none"),
      );
    },
    configuration: async (context) => {
      const r = await repository(context);
      const { git } = context.sandbox;
      return await inOrder(
        () => git.setConfig("user.name", "Local", "local", r),
        () => git.getConfig("user.name", "local", r),
        () => git.getConfig("none.such", "local", r),
        () => git.configureUser("Ada", "ada@example.com", "local", r),
        () => git.getConfig("user.email", "local", r),
        () => git.getConfig("user.email", "sideways", r),
        () => git.setConfig("no-dot", "x", "local", r),
        () => git.setConfig("user.name", "x", "local"),
      );
    },
    "a missing repository": async ({ sandbox: { git }, folder }) =>
      inOrder(
        () => git.status(`${folder}/none`),
        () => git.branches(`${folder}/none`),
        () => git.add(`${folder}/none`, ["."]),
        () => git.commit(`${folder}/none`, "x", ...author),
        () => git.createBranch(`${folder}/none`, "x"),
        () => git.push(`${folder}/none`),
        () => git.pull(`${folder}/none`),
        () => git.remotes(`${folder}/none`),
        () => git.status(folder),
      ),
    credentials: async ({ sandbox: { git } }) =>
      inOrder(
        () => git.dangerouslyAuthenticate("user", "secret", "example.com", "https"),
        () => git.dangerouslyAuthenticate("", ""),
      ),
  },
};
