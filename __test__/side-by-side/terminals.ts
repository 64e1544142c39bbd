import type { PtyHandle } from "daytona-native/sdk";
import { type Area, type Context, inOrder, settled } from "./case.js";

/** Opens a terminal that shows no prompt, runs a case in it and ends it. */
async function inTerminal<T>({ sandbox, unique }: Context, use: (pty: PtyHandle, output: () => string) => Promise<T>): Promise<T> {
  const decoder = new TextDecoder();
  let output = "";
  const onData = (data: Uint8Array) => {
    output += decoder.decode(data, { stream: true });
  };
  const pty = await sandbox.process.createPty({ id: unique, cols: 90, rows: 30, envs: { PS1: "", TERM: "dumb" }, onData });
  try {
    await pty.waitForConnection();
    return await use(pty, () => output);
  } finally {
    await pty.kill().catch(() => {});
    await pty.disconnect();
  }
}

/** The lines that a program has printed, which it marks. */
const marked = (output: string) => output.split(/\r?\n/).filter((line) => line.startsWith("> "));

/** Terminals. */
export const terminals: Area = {
  name: "terminals",
  cases: {
    "output and exit code": (context) =>
      inTerminal(context, async (pty, output) => {
        const before = [pty.isConnected(), pty.exitCode, pty.error, pty.sessionId];
        await pty.sendInput("stty -echo; echo '> hello'; tty -s && echo '> terminal'; stty size | sed 's/^/> /'\n");
        await pty.sendInput(new TextEncoder().encode("exit 3\n"));
        const result = await pty.wait();
        return { before, result, after: [pty.isConnected(), pty.exitCode, pty.error], lines: marked(output()), again: await pty.wait() };
      }),
    "exit with 0": (context) =>
      inTerminal(context, async (pty) => {
        await pty.sendInput("exit\n");
        return [await pty.wait(), pty.error];
      }),
    "a size that changes": (context) =>
      inTerminal(context, async (pty, output) => {
        const info = await pty.resize(120, 40);
        await pty.sendInput("stty -echo; stty size | sed 's/^/> /'; exit\n");
        await pty.wait();
        return { info, lines: marked(output()) };
      }),
    "information and lists": (context) =>
      inTerminal(context, async () => {
        const { process } = context.sandbox;
        return {
          info: await process.getPtySessionInfo(context.unique),
          listed: (await process.listPtySessions()).filter(({ id }) => id === context.unique),
          resized: await process.resizePtySession(context.unique, 100, 50),
        };
      }),
    "killed by its handle": (context) =>
      inTerminal(context, async (pty) => {
        const killed = await settled(() => pty.kill());
        return { killed, result: await pty.wait(), again: await settled(() => pty.kill()) };
      }),
    "killed by its id": (context) =>
      inTerminal(context, async (pty) => {
        const killed = await settled(() => context.sandbox.process.killPtySession(context.unique));
        return { killed, result: await pty.wait() };
      }),
    "a second connection": (context) =>
      inTerminal(context, async (first) => {
        let seen = "";
        const second = await context.sandbox.process.connectPty(context.unique, {
          onData: (data) => {
            seen += Buffer.from(data).toString();
          },
        });
        await second.waitForConnection();
        await first.sendInput("stty -echo; echo '> from the first'; exit 2\n");
        return { results: [await first.wait(), await second.wait()], id: second.sessionId, lines: marked(seen) };
      }),
    "a connection that ends": (context) =>
      inTerminal(context, async (pty) => {
        await pty.disconnect();
        return {
          connected: pty.isConnected(),
          input: await settled(() => pty.sendInput("x")),
          active: (await context.sandbox.process.getPtySessionInfo(context.unique)).active,
          again: await settled(() => pty.disconnect()),
          waited: await settled(() => pty.waitForConnection()),
        };
      }),
    "a terminal that exists": (context) =>
      inTerminal(context, () => settled(() => context.sandbox.process.createPty({ id: context.unique, onData: () => {} }))),
    "a missing terminal": ({ sandbox: { process } }) =>
      inOrder(
        () => process.getPtySessionInfo("none"),
        () => process.resizePtySession("none", 80, 24),
        () => process.killPtySession("none"),
        async () => {
          const pty = await process.connectPty("none", { onData: () => {} });
          await pty.waitForConnection();
          return "connected";
        },
      ),
    "a folder that is missing": ({ sandbox: { process }, folder, unique }) =>
      settled(async () => {
        const pty = await process.createPty({ id: unique, cwd: `${folder}/none`, onData: () => {} });
        await pty.kill();
      }),
  },
};
