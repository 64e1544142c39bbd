import { type Area, inOrder, settled } from "./case.js";

/**
 * Returns the classes and the code of the error of a command that times out. Ours ends the call itself at the timeout, and the
 * original waits for the service; so the message depends on which of the two is the first.
 */
async function timeoutOf(call: () => unknown): Promise<object> {
  const { classes, name, code } = (await settled(call)) as Record<string, unknown>;
  return { classes, name, code };
}

/** Commands and code. */
export const commands: Area = {
  name: "commands",
  cases: {
    "a command": ({ sandbox }) => sandbox.process.executeCommand("echo out; echo err >&2; echo 'grüße 🚀'"),
    "a command that fails": ({ sandbox }) => sandbox.process.executeCommand("echo before; exit 7"),
    "a command killed by a signal": ({ sandbox }) => sandbox.process.executeCommand("kill -9 $$"),
    "a command of several lines": ({ sandbox }) => sandbox.process.executeCommand("x=1\nfor i in 1 2; do\n  echo $x$i\ndone"),
    "bash syntax": ({ sandbox }) => sandbox.process.executeCommand("a=(1 2); [[ ${#a[@]} == 2 ]] && echo yes"),
    "a missing program": ({ sandbox }) => sandbox.process.executeCommand("no-such-program").then(({ exitCode }) => exitCode),
    "a command without output": ({ sandbox }) => sandbox.process.executeCommand("true"),
    "a large output": ({ sandbox }) => sandbox.process.executeCommand("seq 100000"),
    "bytes that are not UTF-8": ({ sandbox }) => sandbox.process.executeCommand("printf 'a\\377b'"),
    "a working directory": ({ sandbox, folder }) => sandbox.process.executeCommand("pwd", folder),
    "a relative working directory": ({ sandbox, folder }) =>
      sandbox.process.executeCommand("pwd", folder.replace("/home/daytona/", "")).then(({ result }) => result),
    "a missing working directory": ({ sandbox, folder }) => settled(() => sandbox.process.executeCommand("pwd", `${folder}/none`)),
    "environment variables": ({ sandbox }) =>
      sandbox.process.executeCommand('echo "$A|$B|$C"', undefined, { A: "it's", B: '$HOME "x"', C: "two\nlines" }),
    "an invalid name of a variable": ({ sandbox }) =>
      settled(() => sandbox.process.executeCommand("true", undefined, { "not a name": "x" })),
    "an empty command": ({ sandbox }) => settled(() => sandbox.process.executeCommand("")),
    "a command beyond its timeout": ({ sandbox }) =>
      timeoutOf(() => sandbox.process.executeCommand("echo started; sleep 60", undefined, undefined, 1)),
    "commands at once": ({ sandbox }) =>
      Promise.all([1, 2, 3, 4].map((i) => sandbox.process.executeCommand(`echo ${i}; sleep 0.1; echo ${i}`))),
  },
};

/** Code in the sandbox's language. */
export const code: Area = {
  name: "code",
  cases: {
    prints: ({ sandbox }) => sandbox.process.codeRun("import sys\nprint('out')\nprint('err', file=sys.stderr)"),
    "arguments and variables": ({ sandbox, sdk }) => {
      const params = Object.assign(new sdk.CodeRunParams(), { argv: ["a b", "c'd"], env: { NAME: "va lue" } });
      return sandbox.process.codeRun("import os, sys\nprint(sys.argv[1:], os.environ['NAME'])", params);
    },
    "an exception": ({ sandbox }) => sandbox.process.codeRun("raise ValueError('bad')").then(({ exitCode }) => exitCode),
    "a syntax error": ({ sandbox }) => sandbox.process.codeRun("def f(:").then(({ exitCode }) => exitCode),
    "an exit code": ({ sandbox }) => sandbox.process.codeRun("import sys; sys.exit(3)"),
    "no code": ({ sandbox }) => settled(() => sandbox.process.codeRun("")),
    "code beyond its timeout": ({ sandbox }) => timeoutOf(() => sandbox.process.codeRun("import time; time.sleep(60)", undefined, 1)),
    "a chart": async ({ sandbox }) => {
      const chart = { type: "chart", value: { type: "line", title: "T", elements: [{ label: "a", points: [[0, 1]] }] } };
      return await sandbox.process.codeRun(`print('dtn_artifact_k39fd2:' + ${JSON.stringify(JSON.stringify(chart))})`);
    },
  },
};

/** Sessions and their logs. */
export const sessions: Area = {
  name: "sessions",
  cases: {
    "a session keeps its state": async ({ sandbox: { process }, unique }) => {
      await process.createSession(unique);
      const results = await inOrder(
        () => process.executeSessionCommand(unique, { command: "cd /tmp; export A=1; f() { echo f$A; }" }),
        () => process.executeSessionCommand(unique, { command: "pwd; f; sleep 0.1; echo err >&2" }),
        () => process.executeSessionCommand(unique, { command: "(exit 4)" }),
        () => process.executeSessionCommand(unique, { command: "" }),
        () => process.executeSessionCommand(unique, { command: "cat <<E\n1\nE\necho 2" }),
        () => process.getSession(unique),
        () => process.deleteSession(unique),
        () => process.getSession(unique),
      );
      return results;
    },
    "a session that exists": async ({ sandbox: { process }, unique }) => {
      await process.createSession(unique);
      return [await settled(() => process.createSession(unique)), await process.deleteSession(unique)];
    },
    "a session without a name": ({ sandbox }) => settled(() => sandbox.process.createSession("")),
    "sessions are listed": async ({ sandbox: { process }, unique }) => {
      await process.createSession(unique);
      await process.executeSessionCommand(unique, { command: "echo 1" });
      const list = await process.listSessions();
      await process.deleteSession(unique);
      return list.filter(({ sessionId }) => sessionId === unique);
    },
    "a command and its log": async ({ sandbox: { process }, unique }) => {
      await process.createSession(unique);
      const { cmdId } = await process.executeSessionCommand(unique, { command: "echo out; sleep 0.1; echo err >&2; exit 0" });
      return await inOrder(
        () => process.getSessionCommand(unique, cmdId),
        () => process.getSessionCommandLogs(unique, cmdId),
        () => process.getSessionCommand(unique, "none"),
        () => process.getSessionCommandLogs(unique, "none"),
        () => process.sendSessionCommandInput(unique, cmdId, "late"),
        () => process.deleteSession(unique),
      );
    },
    "a log is followed": async ({ sandbox: { process }, unique }) => {
      await process.createSession(unique);
      const command = "for i in 1 2 3; do echo out$i; sleep 0.05; echo err$i >&2; sleep 0.05; done";
      const response = await process.executeSessionCommand(unique, { command, runAsync: true });
      const seen: string[] = [];
      const returned = await process.getSessionCommandLogs(
        unique,
        response.cmdId,
        (chunk) => seen.push(`stdout ${chunk}`),
        (chunk) => seen.push(`stderr ${chunk}`),
      );
      const again: string[] = [];
      await process.getSessionCommandLogs(
        unique,
        response.cmdId,
        (chunk) => again.push(chunk),
        () => {},
      );
      await process.deleteSession(unique);
      return { response, seen, returned, again: again.join("") };
    },
    "input reaches a command": async ({ sandbox: { process }, unique }) => {
      await process.createSession(unique);
      const { cmdId } = await process.executeSessionCommand(unique, { command: "read line; echo got $line", runAsync: true });
      const input = await settled(() => process.sendSessionCommandInput(unique, cmdId, "a line\n"));
      let log = "";
      await process.getSessionCommandLogs(
        unique,
        cmdId,
        (chunk) => (log += chunk),
        () => {},
      );
      await process.deleteSession(unique);
      return { input, log };
    },
    "a log of a missing command is followed": async ({ sandbox: { process }, unique }) => {
      await process.createSession(unique);
      const quiet = () => {};
      const result = await settled(() => process.getSessionCommandLogs(unique, "none", quiet, quiet));
      await process.deleteSession(unique);
      return result;
    },
    "a missing session": ({ sandbox: { process } }) =>
      inOrder(
        () => process.getSession("none"),
        () => process.executeSessionCommand("none", { command: "true" }),
        () => process.getSessionCommand("none", "none"),
        () => process.getSessionCommandLogs("none", "none"),
        () => process.sendSessionCommandInput("none", "none", "x"),
        () => process.deleteSession("none"),
      ),
    "the entrypoint": ({ sandbox: { process } }) =>
      inOrder(
        () => process.getEntrypointSession(),
        () => process.getEntrypointLogs(),
      ),
    "a shell that exits": async ({ sandbox: { process }, unique }) => {
      await process.createSession(unique);
      return await inOrder(
        () => process.executeSessionCommand(unique, { command: "exit 5" }),
        () => process.executeSessionCommand(unique, { command: "echo after" }),
        () => process.deleteSession(unique),
      );
    },
    "a command beyond the timeout of its call": async ({ sandbox: { process }, unique }) => {
      await process.createSession(unique);
      const result = await settled(() => process.executeSessionCommand(unique, { command: "sleep 30" }, 1));
      await process.deleteSession(unique);
      return result;
    },
  },
};
