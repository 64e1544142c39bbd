import { once } from "node:events";
import { Readable } from "node:stream";
import { DaytonaSandbox } from "daytona-native";
import type { Daytona, Sandbox } from "daytona-native/sdk";

// Objects that live on after the call that returned them, and streams, from tables, so that none is forgotten: tests compare
// them with the declarations of the package.

/** A method of a handle. */
interface HandleMethod {
  /** Valid arguments, without the options that come last. */
  arguments?: unknown[];
  /** Whether the last argument is `{ timeout, signal }`. */
  takesOptions?: true;
  /** Whether it waits for the other side to do something. Wrong arguments are passed to a handle whose program has ended. */
  waits?: true;
  /** Whether it sends a request and waits for the response. */
  asks?: true;
}

/** A kind of handle. */
export interface HandleKind {
  name: string;
  /** Opens one whose program runs on, or that has ended. */
  open(sandbox: Sandbox, state: "running" | "ended"): Promise<object>;
  methods: Record<string, HandleMethod>;
}

const newId = () => `handle-${crypto.randomUUID()}`;

export const HANDLES: HandleKind[] = [
  {
    name: "PtyHandle",
    async open({ process }, state) {
      const pty = await process.createPty({ id: newId(), onData: () => {} });
      if (state === "ended") {
        await pty.sendInput("exit\n");
        await pty.wait();
      }
      return pty;
    },
    methods: {
      waitForConnection: { takesOptions: true },
      sendInput: { arguments: ["true\n"], takesOptions: true },
      resize: { arguments: [80, 24], takesOptions: true, asks: true },
      wait: { takesOptions: true, waits: true },
      kill: { takesOptions: true, asks: true },
      disconnect: { takesOptions: true },
      isConnected: {},
      toJSON: {},
      "[Symbol.asyncIterator]": {},
      "[Symbol.asyncDispose]": {},
    },
  },
  {
    name: "ProcessHandle",
    async open({ process }, state) {
      const handle = await process.start(state === "running" ? "cat" : "true");
      if (state === "ended") await handle.wait();
      return handle;
    },
    methods: {
      write: { arguments: ["input\n"], takesOptions: true, asks: true },
      closeStdin: { takesOptions: true, asks: true },
      kill: { arguments: ["SIGTERM"], takesOptions: true, asks: true },
      wait: { takesOptions: true, waits: true },
      detach: {},
      toJSON: {},
      "[Symbol.asyncDispose]": {},
    },
  },
  {
    name: "FileWatcher",
    open: ({ fs }) => fs.watch("."),
    methods: {
      next: { waits: true },
      return: {},
      close: {},
      "[Symbol.asyncIterator]": {},
      "[Symbol.asyncDispose]": {},
    },
  },
];

/** Calls a method of a handle. */
export function callHandle(handle: object, name: string, parameters: unknown[]): unknown {
  const [, symbol] = /^\[Symbol\.(\w+)\]$/.exec(name) ?? [];
  const key = symbol === undefined ? name : (Symbol as unknown as Record<string, symbol>)[symbol];
  const method = Reflect.get(handle, key ?? "") as (...parameters: unknown[]) => unknown;
  return method.apply(handle, parameters);
}

/** What a stream is opened in. */
interface StreamPlace {
  daytona: Daytona;
  sandbox: Sandbox;
  auth: { apiUrl: string; apiKey: string };
  /** A file of 20 MB. */
  file: string;
  /** Ends the stream, for those that a signal ends. */
  signal: AbortSignal;
}

/** A stream that runs. */
interface OpenStream {
  /** Ends it before its end. */
  end(): unknown;
  /** Settles when it has ended. */
  ended?: Promise<unknown>;
}

/** A stream: the method that opens it, and how a program ends it early. */
export interface EarlyEnd {
  method: string;
  how: string;
  open(place: StreamPlace, abort: () => void): Promise<OpenStream>;
}

/** A command that prints forever. */
const FOREVER = "while echo line; do sleep 0.02; done";
const THROWN = new Error("of the listener");

/** Runs a command in a session, and returns where its log is. */
async function printing({ process }: Sandbox): Promise<[session: string, command: string]> {
  const session = newId();
  await process.createSession(session);
  const { cmdId } = await process.executeSessionCommand(session, { command: FOREVER, runAsync: true });
  return [session, cmdId];
}

/** Resolves once `start` has called the listener that it is given. */
function firstCall(start: (listener: () => void) => Promise<unknown>): Promise<Promise<unknown>[]> {
  return new Promise((resolve, reject) => {
    const ended = start(() => resolve([ended]));
    ended.catch(reject);
  });
}

/** A stream that reports to a listener until its signal is aborted. */
async function aborted(start: (listener: () => void) => Promise<unknown>, abort: () => void): Promise<OpenStream> {
  const [ended] = await firstCall(start);
  return { end: abort, ended };
}

/** A stream whose listener throws at the second call. */
async function throwing(start: (listener: () => void) => Promise<unknown>): Promise<OpenStream> {
  let throws = false;
  const [ended] = await firstCall((listener) =>
    start(() => {
      listener();
      if (throws) throw THROWN;
    }),
  );
  return {
    end() {
      throws = true;
    },
    ended,
  };
}

/** Reads a stream once and leaves the loop. */
async function leaves(iterable: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of iterable) break;
}

/** Reads what a stream has first. */
async function first(stream: Readable): Promise<void> {
  await once(stream, "readable");
  stream.read();
}

export const EARLY_ENDS: EarlyEnd[] = [
  {
    method: "FileSystem.downloadFileStream",
    how: "destroyed",
    async open({ sandbox, file }) {
      const stream = await sandbox.fs.downloadFileStream(file);
      await first(stream);
      return { end: () => stream.destroy(), ended: once(stream, "close") };
    },
  },
  {
    method: "FileSystem.downloadFileStream",
    how: "left in a loop",
    async open({ sandbox, file }) {
      const stream = await sandbox.fs.downloadFileStream(file);
      return { end: () => leaves(stream) };
    },
  },
  {
    method: "FileSystem.downloadFileStream",
    how: "aborted",
    async open({ sandbox, file, signal }, abort) {
      const stream = await sandbox.fs.downloadFileStream(file, { signal });
      await first(stream);
      return { end: abort, ended: once(stream, "close") };
    },
  },
  {
    method: "FileSystem.uploadFileStream",
    how: "whose source is destroyed",
    async open({ sandbox, file }) {
      const source = new Readable({ read() {} });
      source.push(Buffer.alloc(100_000));
      const [ended] = await firstCall((onProgress) => sandbox.fs.uploadFileStream(source, `${file}-up`, { onProgress }));
      return { end: () => source.destroy(THROWN), ended };
    },
  },
  {
    method: "FileSystem.uploadFileStream",
    how: "aborted",
    open({ sandbox, file, signal }, abort) {
      const source = new Readable({ read() {} });
      source.push(Buffer.alloc(100_000));
      return aborted((onProgress) => sandbox.fs.uploadFileStream(source, `${file}-up`, { onProgress, signal }), abort);
    },
  },
  {
    method: "FileSystem.watch",
    how: "left in a loop",
    async open({ sandbox }) {
      const watcher = await sandbox.fs.watch(".");
      await sandbox.fs.uploadFile(Buffer.from("x"), newId());
      return { end: () => leaves(watcher) };
    },
  },
  {
    method: "FileSystem.watch",
    how: "closed while a change is awaited",
    async open({ sandbox }) {
      const watcher = await sandbox.fs.watch("/tmp");
      const ended = watcher.next();
      return { end: () => watcher.close(), ended };
    },
  },
  {
    method: "Process.getSessionCommandLogs",
    how: "aborted",
    async open({ sandbox, signal }, abort) {
      const [session, command] = await printing(sandbox);
      return await aborted((listener) => sandbox.process.getSessionCommandLogs(session, command, listener, listener, { signal }), abort);
    },
  },
  {
    method: "Process.getSessionCommandLogs",
    how: "whose listener throws",
    async open({ sandbox }) {
      const [session, command] = await printing(sandbox);
      return await throwing((listener) => sandbox.process.getSessionCommandLogs(session, command, listener, listener));
    },
  },
  {
    method: "Process.createPty",
    how: "left in a loop, and disconnected",
    async open({ sandbox }) {
      const pty = await sandbox.process.createPty({ id: newId() });
      await pty.sendInput(`${FOREVER}\n`);
      return {
        async end() {
          await leaves(pty);
          await pty.disconnect();
        },
      };
    },
  },
  {
    method: "Process.createPty",
    how: "disconnected while its end is awaited",
    async open({ sandbox }) {
      const pty = await sandbox.process.createPty({ id: newId(), onData: () => {} });
      await pty.sendInput(`${FOREVER}\n`);
      const ended = pty.wait();
      return { end: () => pty.disconnect(), ended };
    },
  },
  {
    method: "Process.connectPty",
    how: "disposed of",
    async open({ sandbox: { process } }) {
      const id = newId();
      const pty = await process.createPty({ id });
      await pty.disconnect();
      const again = await process.connectPty(id);
      return { end: () => again[Symbol.asyncDispose]() };
    },
  },
  {
    method: "Process.start",
    how: "whose outputs are destroyed, and detached",
    async open({ sandbox }) {
      const handle = await sandbox.process.start(FOREVER);
      await first(handle.stdout);
      return {
        async end() {
          handle.stdout.destroy();
          handle.stderr.destroy();
          await handle.detach();
        },
      };
    },
  },
  {
    method: "Process.start",
    how: "detached while its end is awaited",
    async open({ sandbox }) {
      const handle = await sandbox.process.start(FOREVER);
      const ended = handle.wait();
      return { end: () => handle.detach(), ended };
    },
  },
  {
    method: "Process.attach",
    how: "disposed of",
    async open({ sandbox: { process } }) {
      const { id } = await process.start(FOREVER).then(async (handle) => {
        await handle.detach();
        return handle;
      });
      const again = await process.attach(id);
      await first(again.stdout);
      return { end: () => again[Symbol.asyncDispose]() };
    },
  },
  {
    method: "CodeInterpreter.runCode",
    how: "aborted",
    open: ({ sandbox, signal }, abort) =>
      aborted(
        (onStdout) =>
          sandbox.codeInterpreter.runCode("import time\nwhile True: print(1, flush=True); time.sleep(0.02)", { onStdout, signal }),
        abort,
      ),
  },
  {
    method: "DaytonaSandbox.execute",
    how: "aborted",
    async open({ sandbox, auth, signal }, abort) {
      const backend = await DaytonaSandbox.connect(sandbox.id, { auth });
      return await aborted((onStdout) => backend.execute(FOREVER, { onStdout, signal }), abort);
    },
  },
  {
    method: "Daytona.list",
    how: "left in a loop",
    open: ({ daytona }) => Promise.resolve({ end: () => leaves(daytona.list()) }),
  },
];
