import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { alive, descendants, type Process } from "../support/processes.js";
import { root } from "../support/server.js";
import { Box } from "./box.js";
import type { Mode } from "./mode.js";
import { give, type Options, type Running, startProgram, USER } from "./program.js";
import type { Program } from "./sandbox-program.js";

// Where attempts are made: a server in one mode, its sandboxes, and what lies and listens outside of them.

export interface Outside {
  /** Folder of the user, outside the server's. */
  folder: string;
  /** File of the user in it, with `content`. */
  file: string;
  content: string;
  /** Unix socket on which the user listens. */
  socket: string;
  /** Abstract Unix socket of the host. */
  abstract: string;
  /** Port on the loopback interface of the host. */
  port: number;
}

export class Place {
  /** In the environment of all sandboxes, by which their processes are found. */
  readonly mark = `attempt-${randomUUID()}`;
  readonly secret = randomUUID();
  private readonly servers: Running[] = [];
  private readonly listeners: net.Server[] = [];
  private readonly seen: Process[] = [];
  private results: Promise<Map<Program, string>> | undefined;
  server!: Running;
  box!: Box;
  /** Another sandbox of the same server, with `secret` in its environment. */
  other!: Box;
  outside!: Outside;

  private constructor(
    readonly mode: Mode,
    /** Folder of everything in this place. */
    readonly folder: string,
    readonly program: string,
  ) {}

  static async open(mode: Mode): Promise<Place> {
    const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "attempts-"));
    fs.chmodSync(folder, 0o755);
    const program = path.join(folder, "daytona-local");
    fs.copyFileSync(path.join(root, "daytona-local"), program);
    fs.chmodSync(program, 0o755);
    const place = new Place(mode, folder, program);
    try {
      place.outside = await place.prepareOutside();
      place.server = await place.startServer();
      [place.box, place.other] = await Promise.all([place.fresh(), place.fresh({ SECRET: place.secret })]);
      // A process of a command, which runs as the sandbox's user and has its environment.
      await place.box.run("sleep 1000 >/dev/null 2>&1 &");
      return place;
    } catch (error) {
      await place.close();
      throw error;
    }
  }

  /** Starts another server, with files of its own. */
  async startServer(options: Partial<Options> = {}): Promise<Running> {
    const temp = options.temp ?? this.ownFolder();
    const server = await startProgram(this.program, this.mode, { env: { SERVER_SECRET: this.secret }, ...options, temp });
    this.servers.push(server);
    return server;
  }

  /** Creates a folder of the server's user. */
  ownFolder(): string {
    const folder = fs.mkdtempSync(path.join(this.folder, "own-"));
    // As in /tmp, others can pass through it: sandboxes of root run as other users.
    fs.chmodSync(folder, 0o711);
    give(this.mode, folder);
    return folder;
  }

  /** Creates another sandbox. */
  async fresh(env: Record<string, string> = {}, server = this.server, body: Record<string, unknown> = {}): Promise<Box> {
    const box = await Box.create(server, { MARK: this.mark, ...env }, body);
    this.remember(server);
    return box;
  }

  /** Creates another sandbox for one attempt. */
  async withFresh(act: (box: Box) => Promise<string>): Promise<string> {
    const box = await this.fresh();
    try {
      return await act(box);
    } finally {
      await box.delete();
    }
  }

  /** What the programs of attempts are told, so that they need not guess. */
  facts(): Record<string, string> {
    const { folder, file, socket, abstract, port } = this.outside;
    return {
      OUTSIDE: folder,
      OUTSIDE_FILE: file,
      OUTSIDE_SOCKET: socket,
      ABSTRACT: abstract,
      HOST_PORT: `${port}`,
      SERVER_PORT: new URL(this.server.apiUrl).port,
      SERVER_PID: `${this.server.pid}`,
      SERVER_TEMP: this.server.temp,
      SERVER_HOME: path.dirname(this.server.temp),
      OTHER: this.other.id,
      TOOLBOX_SOCKETS: listFiles(this.server.temp, (entry) => entry.isSocket()).join(":"),
      OTHER_FILES: listFiles(this.server.temp, (entry) => entry.isDirectory() && entry.name === this.other.id).join(":"),
    };
  }

  /** Remembers the processes of a server that run now. */
  remember(server: Running): Process[] {
    const found = descendants(server.pid);
    this.seen.push(...found);
    return found;
  }

  /** Returns the host's processes whose command line or environment has a text. */
  marked(text = this.mark): number[] {
    return fs
      .readdirSync("/proc")
      .map(Number)
      .filter((pid) => pid > 0 && pid !== process.pid && mentions(pid, text));
  }

  /** Runs a program in the sandbox. All Python programs of a list, which has it, are run together when the first one is. */
  async runProgram(program: Program, all: readonly Program[]): Promise<string> {
    if (program.language === "shell") return this.box.runProgram(program, this.facts());
    this.results ??= this.runEach(all.filter(({ language }) => language === "python"));
    return (await this.results).get(program) ?? "no result";
  }

  private async runEach(programs: readonly Program[]): Promise<Map<Program, string>> {
    const results = await this.box.runEach(programs, this.facts());
    return new Map(programs.map((program, index) => [program, results[index] ?? ""]));
  }

  /** Whether the sandboxes run as accounts that exist for the test only. */
  isThrowAway(): boolean {
    const users = this.marked().map((pid) => /^Uid:\s*(\d+)/m.exec(readText(`/proc/${pid}/status`))?.[1]);
    return users.length > 0 && users.every((user) => Number(user) === USER || Number(user) >= 0x1000_0000);
  }

  async close(): Promise<void> {
    for (const server of this.servers) await server.end();
    for (const listener of this.listeners) listener.close();
    // What outlives its server has been reported; the machine is left clean anyway.
    for (const pid of [...this.marked(), ...alive(this.seen).map((found) => found.pid)]) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has exited.
      }
    }
    // Node.js cannot remove trees as deep as the ones of these attempts.
    await once(spawn("sh", ["-c", 'rm -rf "$1" || { chmod -R u+rwX "$1"; rm -rf "$1"; }', "sh", this.folder], { stdio: "ignore" }), "exit");
  }

  private async prepareOutside(): Promise<Outside> {
    const folder = path.join(this.folder, "outside");
    fs.mkdirSync(folder);
    const file = path.join(folder, "mine.txt");
    const content = `content ${this.secret}\n`;
    fs.writeFileSync(file, content);
    for (const each of [folder, file]) give(this.mode, each);
    const socket = path.join(folder, "agent.sock");
    const abstract = `attempt-${randomUUID()}`;
    await this.listen(socket);
    await this.listen(`\0${abstract}`);
    give(this.mode, socket);
    const port = await this.listen(0, "127.0.0.1");
    return { folder, file, content, socket, abstract, port };
  }

  /** Listens, and sends a greeting to everyone who connects. */
  private async listen(at: string | number, host?: string): Promise<number> {
    const listener = net.createServer((socket) => {
      socket.on("error", () => {});
      socket.end("hello from the host");
    });
    this.listeners.push(listener);
    listener.listen(typeof at === "string" ? { path: at } : { port: at, host });
    await once(listener, "listening");
    const address = listener.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }
}

function listFiles(folder: string, wanted: (entry: fs.Dirent) => boolean): string[] {
  const found: string[] = [];
  for (const entry of readFolder(folder)) {
    const file = path.join(folder, entry.name);
    if (wanted(entry)) found.push(file);
    // Not into the sandboxes themselves.
    else if (entry.isDirectory() && file.split("/").length - folder.split("/").length < 3) found.push(...listFiles(file, wanted));
  }
  return found;
}

function readFolder(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function mentions(pid: number, text: string): boolean {
  return ["cmdline", "environ"].some((name) => readText(`/proc/${pid}/${name}`).includes(text));
}

/** Returns the content of a file of /proc, which may be gone. */
function readText(file: string): string {
  try {
    return fs.readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
