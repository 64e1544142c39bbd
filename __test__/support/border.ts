import os from "node:os";
import path from "node:path";
import { DaytonaSandbox } from "daytona-native";
import { Daytona, type LspServer, type Sandbox } from "daytona-native/sdk";
import type { Server } from "./server.js";

// Every method of the package with arguments that it accepts, from one table, so that no method is forgotten: the test
// compares the table with the members of the classes.

/** Objects whose methods are called. */
export interface Receivers {
  daytona: Daytona;
  sandbox: Sandbox;
  lsp: LspServer;
  backend: DaytonaSandbox;
}

type Call = (receivers: Receivers) => unknown[];

/** How a method is called. */
export interface Method {
  /** Class and method. */
  name: string;
  /** Valid arguments, without the options that come last. */
  arguments: Call;
  /** Whether the last argument is `{ timeout, signal }`. */
  takesOptions: boolean;
  /** Whether it sends a request, and so can time out and be aborted. */
  sends: boolean;
}

const ID = "0d6a4a26-4a0e-4f0c-9f5e-2f1f8f9b7c11";
const bytes = () => Buffer.from("content");
const nothing: Call = () => [];
const quiet = () => {};

/** Valid arguments of the methods that take options last. */
const WITH_OPTIONS: Record<string, Call> = {
  "Daytona.create": () => [{}],
  "Daytona.get": () => [ID],
  "Daytona.listAll": () => [{ name: "value" }],
  "Daytona.start": ({ sandbox }) => [sandbox, undefined],
  "Daytona.stop": ({ sandbox }) => [sandbox],
  "Daytona.delete": ({ sandbox }) => [sandbox, undefined],
  "VolumeService.list": nothing,
  "VolumeService.get": () => ["volume", undefined],
  "VolumeService.create": () => ["volume"],
  "VolumeService.delete": () => [{ id: ID }],
  "Sandbox.start": () => [undefined],
  "Sandbox.stop": () => [undefined, undefined],
  "Sandbox.delete": () => [undefined],
  "Sandbox.refreshData": nothing,
  "Sandbox.waitUntilStopped": () => [undefined],
  "Sandbox.archive": nothing,
  "Sandbox.recover": () => [undefined],
  "Sandbox.refreshActivity": nothing,
  "Sandbox.downloadUrl": () => ["file", undefined],
  "Sandbox.uploadUrl": () => ["file", undefined],
  "Sandbox.rotateSigningKey": nothing,
  "Sandbox.setAutoPauseInterval": () => [5],
  "Sandbox.setTtl": () => [5],
  "Sandbox.pause": () => [undefined],
  "Sandbox.resize": () => [{ cpu: 2 }, undefined],
  "Sandbox.getPreviewLink": () => [3000],
  "Sandbox.getSignedPreviewUrl": () => [3000, undefined],
  "Sandbox.expireSignedPreviewUrl": () => [3000, "token"],
  "Sandbox.createSshAccess": () => [undefined],
  "Sandbox.revokeSshAccess": () => [undefined],
  "Sandbox.validateSshAccess": () => ["token"],
  "Sandbox.updateEnv": () => [{ NAME: "value" }],
  "Sandbox.updateNetworkSettings": () => [{ networkBlockAll: true }],
  "Sandbox.setLabels": () => [{ name: "value" }],
  "Sandbox.setAutostopInterval": () => [5],
  "Sandbox.setAutoArchiveInterval": () => [5],
  "Sandbox.setAutoDeleteInterval": () => [5],
  "Sandbox.getWorkDir": nothing,
  "Sandbox.getUserHomeDir": nothing,
  "Sandbox.getUserRootDir": nothing,
  "Sandbox.getMetrics": () => [new Date(0), new Date()],
  "Sandbox.getMetricsLatest": nothing,
  "LspServer.start": nothing,
  "LspServer.stop": nothing,
  "LspServer.didOpen": () => ["a.ts"],
  "LspServer.didClose": () => ["a.ts"],
  "LspServer.documentSymbols": () => ["a.ts"],
  "LspServer.sandboxSymbols": () => ["a"],
  "LspServer.workspaceSymbols": () => ["a"],
  "LspServer.completions": () => ["a.ts", { line: 0, character: 0 }],
  "FileSystem.createFolder": () => ["folder", "755"],
  "FileSystem.deleteFile": () => ["file", false],
  "FileSystem.listFiles": () => ["."],
  "FileSystem.getFileDetails": () => ["file"],
  "FileSystem.moveFiles": () => ["a", "b"],
  "FileSystem.findFiles": () => [".", "pattern"],
  "FileSystem.searchFiles": () => [".", "*"],
  "FileSystem.replaceInFiles": () => [["file"], "a", "b"],
  "FileSystem.setFilePermissions": () => ["file", { mode: "644" }],
  "FileSystem.uploadFile": () => [bytes(), "file", undefined],
  "FileSystem.uploadFiles": () => [[{ source: bytes(), destination: "file" }], undefined],
  "FileSystem.downloadFile": () => ["file", undefined],
  "FileSystem.downloadToFile": () => ["file", path.join(os.tmpdir(), "daytona-border"), undefined],
  "FileSystem.downloadFiles": () => [[{ source: "file" }], undefined],
  "FileSystem.downloadFileStream": () => ["file"],
  "FileSystem.uploadFileStream": () => [bytes(), "file"],
  "Git.add": () => ["repository", ["."]],
  "Git.branches": () => ["repository"],
  "Git.createBranch": () => ["repository", "branch"],
  "Git.deleteBranch": () => ["repository", "branch"],
  "Git.checkoutBranch": () => ["repository", "branch"],
  "Git.clone": () => ["/none.git", "clone", undefined, undefined, undefined, undefined, undefined, undefined],
  "Git.commit": () => ["repository", "message", "author", "a@example.com", undefined],
  "Git.history": () => ["repository"],
  "Git.push": () => ["repository", undefined, undefined, undefined, undefined, undefined],
  "Git.pull": () => ["repository", undefined, undefined, undefined, undefined],
  "Git.status": () => ["repository"],
  "Git.init": () => ["repository", undefined, undefined],
  "Git.reset": () => ["repository", undefined, undefined, undefined],
  "Git.restore": () => ["repository", ["."], undefined, undefined, undefined],
  "Git.remoteAdd": () => ["repository", "origin", "/none.git", undefined, undefined],
  "Git.remotes": () => ["repository"],
  "Git.remoteGet": () => ["repository", "origin"],
  "Git.setConfig": () => ["user.name", "name", undefined, undefined],
  "Git.getConfig": () => ["user.name", undefined, undefined],
  "Git.configureUser": () => ["name", "a@example.com", undefined, undefined],
  "Git.dangerouslyAuthenticate": () => ["user", "password", undefined, undefined],
  "FileSystem.watch": () => ["."],
  "Process.executeCommand": () => ["true", undefined, undefined, undefined],
  "Process.codeRun": () => ["1", undefined, undefined],
  "Process.createSession": () => ["session"],
  "Process.getSession": () => ["session"],
  "Process.getEntrypointSession": nothing,
  "Process.getSessionCommand": () => ["session", "command"],
  "Process.executeSessionCommand": () => ["session", { command: "true" }, undefined],
  "Process.getSessionCommandLogs": () => ["session", "command"],
  "Process.getEntrypointLogs": nothing,
  "Process.sendSessionCommandInput": () => ["session", "command", "input"],
  "Process.listSessions": nothing,
  "Process.deleteSession": () => ["session"],
  "ComputerUse.start": nothing,
  "ComputerUse.stop": nothing,
  "ComputerUse.getStatus": nothing,
  "ComputerUse.getProcessStatus": () => ["xvfb"],
  "ComputerUse.restartProcess": () => ["xvfb"],
  "ComputerUse.getProcessLogs": () => ["xvfb"],
  "ComputerUse.getProcessErrors": () => ["xvfb"],
  "Mouse.getPosition": nothing,
  "Mouse.move": () => [1, 2],
  "Mouse.click": () => [1, 2, "left", false, undefined, ["ctrl"]],
  "Mouse.drag": () => [1, 2, 3, 4, "left", undefined],
  "Mouse.scroll": () => [1, 2, "up", 1, undefined],
  "Mouse.down": () => [1, 2, "left"],
  "Mouse.up": () => [undefined, undefined, undefined],
  "Keyboard.type": () => ["text", 0],
  "Keyboard.press": () => ["a", ["ctrl"]],
  "Keyboard.hotkey": () => ["ctrl+c"],
  "Keyboard.down": () => ["shift"],
  "Keyboard.up": () => ["shift"],
  "Screenshot.takeFullScreen": () => [false],
  "Screenshot.takeRegion": () => [{ x: 1, y: 2, width: 3, height: 4 }, false],
  "Screenshot.takeCompressed": () => [{ format: "jpeg", quality: 50, scale: 0.5 }],
  "Screenshot.takeCompressedRegion": () => [{ x: 1, y: 2, width: 3, height: 4 }, {}],
  "Display.getInfo": nothing,
  "Display.getWindows": nothing,
  "RecordingService.start": () => ["label"],
  "RecordingService.stop": () => [ID],
  "RecordingService.list": nothing,
  "RecordingService.get": () => [ID],
  "RecordingService.delete": () => [ID],
  "RecordingService.download": () => [ID, path.join(os.tmpdir(), "never-written.mp4")],
  "Accessibility.getTree": () => [{ scope: "all", maxDepth: 1 }],
  "Accessibility.findNodes": () => [{ role: "button" }],
  "Accessibility.focusNode": () => [":1.1:/a"],
  "Accessibility.invokeNode": () => [":1.1:/a", "click"],
  "Accessibility.setNodeValue": () => [":1.1:/a", "value"],
  "CodeInterpreter.runCode": () => ["1"],
  "CodeInterpreter.createContext": () => [undefined],
  "CodeInterpreter.listContexts": nothing,
  "CodeInterpreter.deleteContext": () => [{ id: "context" }],
  "Process.start": () => ["true"],
  "Process.attach": () => [`process-${ID.replaceAll("-", "")}`],
  "Process.createPty": () => [{ id: "terminal" }],
  "Process.connectPty": () => ["terminal", undefined],
  "Process.listPtySessions": nothing,
  "Process.getPtySessionInfo": () => ["terminal"],
  "Process.killPtySession": () => ["terminal"],
  "Process.resizePtySession": () => ["terminal", 100, 40],
  "DaytonaSandbox.execute": () => ["true"],
  "DaytonaSandbox.uploadFiles": () => [[["file", bytes()]]],
  "DaytonaSandbox.downloadFiles": () => [["file"]],
  "DaytonaSandbox.start": () => [undefined],
  "DaytonaSandbox.stop": nothing,
  "DaytonaSandbox.getWorkDir": nothing,
  "DaytonaSandbox.getUserHomeDir": nothing,
};

/** Methods that take options, and send nothing for a sandbox that is started. */
const WITHOUT_REQUEST: Record<string, Call> = {
  "Sandbox.waitUntilStarted": () => [undefined],
  "Sandbox.waitForResizeComplete": () => [undefined],
};

/** Methods that take no options, or return no promise: called with wrong arguments only. */
const WITHOUT_OPTIONS: Record<string, Call> = {
  "Daytona.list": () => [{}],
  "Daytona.toJSON": nothing,
  "Sandbox.createLspServer": () => ["typescript", "project"],
  "Sandbox.toJSON": nothing,
  "LspServer.toJSON": nothing,
  "FileSystem.toJSON": nothing,
  "Git.toJSON": nothing,
  "Process.toJSON": nothing,
  "ComputerUse.toJSON": nothing,
  "Mouse.toJSON": nothing,
  "Keyboard.toJSON": nothing,
  "Screenshot.toJSON": nothing,
  "Display.toJSON": nothing,
  "RecordingService.toJSON": nothing,
  "Accessibility.toJSON": nothing,
  "CodeInterpreter.toJSON": nothing,
  "DaytonaSandbox.toJSON": nothing,
  "DaytonaSandbox.close": nothing,
  "DaytonaSandbox.kill": nothing,
  "DaytonaSandbox.initialize": nothing,
};

export const METHODS: Method[] = [
  ...Object.entries(WITH_OPTIONS).map(([name, call]) => ({ name, arguments: call, takesOptions: true, sends: true })),
  ...Object.entries(WITHOUT_REQUEST).map(([name, call]) => ({ name, arguments: call, takesOptions: true, sends: false })),
  ...Object.entries(WITHOUT_OPTIONS).map(([name, call]) => ({ name, arguments: call, takesOptions: false, sends: false })),
];

/** Opens a sandbox with all the objects that calls are made on. */
export async function openReceivers(server: Pick<Server, "apiUrl" | "apiKey">, id?: string): Promise<Receivers> {
  const daytona = new Daytona(server);
  const sandbox = id === undefined ? await daytona.create() : await daytona.get(id);
  const lsp = await sandbox.createLspServer("typescript", "project");
  return { daytona, sandbox, lsp, backend: await DaytonaSandbox.connect(sandbox.id, { auth: server }) };
}

/** An object of each class whose methods are called. */
function objectsOf({ daytona, sandbox, lsp, backend }: Receivers): Record<string, object> {
  return {
    Daytona: daytona,
    VolumeService: daytona.volume,
    Sandbox: sandbox,
    FileSystem: sandbox.fs,
    Git: sandbox.git,
    Process: sandbox.process,
    ComputerUse: sandbox.computerUse,
    Mouse: sandbox.computerUse.mouse,
    Keyboard: sandbox.computerUse.keyboard,
    Screenshot: sandbox.computerUse.screenshot,
    Display: sandbox.computerUse.display,
    RecordingService: sandbox.computerUse.recording,
    Accessibility: sandbox.computerUse.accessibility,
    CodeInterpreter: sandbox.codeInterpreter,
    LspServer: lsp,
    DaytonaSandbox: backend,
  };
}

/** The object of a class. */
function receiver(receivers: Receivers, name: string): object {
  const [Class] = name.split(".");
  const object = objectsOf(receivers)[Class ?? ""];
  if (object === undefined) throw new Error(`no object of ${name}`);
  return object;
}

/** Calls a method. */
export function callMethod(receivers: Receivers, name: string, parameters: unknown[]): unknown {
  const object = receiver(receivers, name) as Record<string, (...parameters: unknown[]) => unknown>;
  const method = object[name.split(".")[1] ?? ""];
  if (method === undefined) throw new Error(`there is no method ${name}`);
  return method.apply(object, parameters);
}

/** All methods of the objects, by class and name. */
export function methodsOf(receivers: Receivers): string[] {
  return Object.entries(objectsOf(receivers)).flatMap(([Class, object]) => {
    const names = new Set<string>();
    let prototype = Object.getPrototypeOf(object) as object | null;
    // The class of deepagents has methods of its own, which call these.
    while (prototype !== null && !["Object", "BaseSandbox"].includes(prototype.constructor.name)) {
      for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
        if (name !== "constructor" && typeof value === "function" && !name.startsWith("open")) names.add(name);
      }
      prototype = Object.getPrototypeOf(prototype) as object | null;
    }
    return [...names].map((name) => `${Class}.${name}`);
  });
}

/** Options of a call with a value that no option accepts. */
export const WRONG_OPTIONS = [{ signal: 5 }, { signal: {} }, { signal: "abort" }, { timeout: -1 }, { timeout: "1" }, { timeout: {} }];

/** Values that no parameter accepts, or that have traps. */
export function wrongValues(): [description: string, value: unknown][] {
  return [
    ["null", null],
    ["a number", 5],
    ["NaN", Number.NaN],
    ["2^53", 2 ** 53],
    ["a bigint", 5n],
    ["a symbol", Symbol("wrong")],
    ["a function", quiet],
    ["an object", {}],
    ["an array", [1]],
    ["a string", "5"],
    [
      "an object whose properties throw",
      new Proxy(
        {},
        {
          get() {
            throw new TrapError("get");
          },
          has() {
            throw new TrapError("has");
          },
          ownKeys() {
            throw new TrapError("ownKeys");
          },
        },
      ),
    ],
    ["a revoked proxy", revokedProxy()],
  ];
}

/** Thrown by values with traps. */
export class TrapError extends Error {
  override name = "TrapError";
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
