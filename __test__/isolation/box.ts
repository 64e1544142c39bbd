import fs from "node:fs";
import type { Running } from "./program.js";
import type { Program } from "./sandbox-program.js";

// A sandbox, by the calls of the API as they travel: an attempt also sends what no client sends.

const prelude = fs.readFileSync(new URL("attempt.py", import.meta.url), "utf8");
/** Longer than any of these calls takes on a busy machine. */
const PATIENCE = 10_000;

export interface Answer {
  status: number;
  text: string;
}

export interface Call {
  query?: Record<string, string>;
  /** Sent as JSON, or as a form. */
  body?: unknown;
  patience?: number;
  signal?: AbortSignal;
}

/** Sends a request to the API or, for a path that begins with the id of a sandbox, to its toolbox. */
export async function send(server: Running, method: string, path: string, call: Call = {}): Promise<Answer> {
  const url = new URL(path, `${server.apiUrl}/`);
  for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
  const isForm = call.body instanceof FormData;
  const headers: Record<string, string> = { authorization: `Bearer ${server.apiKey}` };
  if (call.body !== undefined && !isForm) headers["content-type"] = "application/json";
  const body = call.body === undefined ? null : isForm ? (call.body as FormData) : JSON.stringify(call.body);
  const limit = AbortSignal.timeout(call.patience ?? PATIENCE);
  const signal = call.signal === undefined ? limit : AbortSignal.any([limit, call.signal]);
  try {
    const response = await fetch(url, { method, headers, body, signal });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { status: 0, text: String((error as Error).cause ?? error) };
  }
}

export class Box {
  private constructor(
    readonly server: Running,
    readonly id: string,
    readonly toolbox: string,
    /** Home as the sandbox's commands see it. */
    public home: string,
  ) {}

  static async create(server: Running, env: Record<string, string>, body: Record<string, unknown> = {}): Promise<Box> {
    const answer = await send(server, "POST", "sandbox", { body: { ...body, env } });
    if (answer.status !== 200) throw new Error(`could not create a sandbox: ${answer.status} ${answer.text}`);
    const { id, toolboxProxyUrl } = JSON.parse(answer.text) as { id: string; toolboxProxyUrl: string };
    const box = new Box(server, id, `${toolboxProxyUrl}/${id}/`, "");
    // After what the loader of programs may say about the environment.
    box.home = (await box.run("echo ~")).split("\n").at(-1) ?? "";
    return box;
  }

  /** Calls the toolbox. */
  call(method: string, path: string, call: Call = {}): Promise<Answer> {
    return send(this.server, method, `${this.toolbox}${path}`, call);
  }

  /** Runs a script, and returns what it printed, with its exit code if that is not 0. */
  async run(command: string, envs: Record<string, string> = {}, patience = PATIENCE): Promise<string> {
    const answer = await this.call("POST", "process/execute", { body: { command, envs }, patience });
    if (answer.status !== 200) return `no result: ${answer.status} ${answer.text}`;
    const { exitCode, result } = JSON.parse(answer.text) as { exitCode: number; result: string };
    return exitCode === 0 ? result.trimEnd() : `${result.trimEnd()} [exit code ${exitCode}]`.trimStart();
  }

  runProgram({ language, source }: Program, envs: Record<string, string> = {}): Promise<string> {
    if (language === "shell") return this.run(dedent(source), envs);
    return this.run(`python3 -I -S - <<'PROGRAM'\n${prelude}\n${dedent(source)}\nPROGRAM`, envs);
  }

  /** Runs Python programs in one process that starts another for each: starting Python is what takes time. */
  async runEach(programs: readonly Program[], envs: Record<string, string>): Promise<string[]> {
    const sources = JSON.stringify(programs.map(({ source }) => dedent(source)));
    await this.upload(`${this.home}/attempts.json`, sources);
    const driver = 'print(json.dumps(run_each(json.load(open(os.path.expanduser("~/attempts.json"))))))';
    const text = await this.run(`python3 -I -S - <<'PROGRAM'\n${prelude}\n${driver}\nPROGRAM`, envs, 60_000);
    try {
      return JSON.parse(text) as string[];
    } catch {
      return programs.map(() => `no result of the attempts: ${text}`);
    }
  }

  async upload(path: string, content: string | Uint8Array<ArrayBuffer>): Promise<Answer> {
    const body = new FormData();
    body.set("file", new Blob([content]), "file");
    return this.call("POST", "files/upload", { query: { path }, body });
  }

  download(path: string, call: Call = {}): Promise<Answer> {
    return this.call("GET", "files/download", { query: { path }, ...call });
  }

  /** Calls the control plane: `start`, `stop`, `autostop/5`. */
  control(method: string, path = "", call: Call = {}): Promise<Answer> {
    return send(this.server, method, path === "" ? `sandbox/${this.id}` : `sandbox/${this.id}/${path}`, call);
  }

  /** Stops and starts it; resolves with what a command then prints, or with what failed. */
  async restart(): Promise<string> {
    for (const step of ["stop", "start"]) {
      const { status, text } = await this.control("POST", step, { patience: 40_000 });
      if (status !== 200) return `${step}: ${status} ${text}`;
    }
    return this.run("echo answers", {}, 5000);
  }

  /** Returns its state, or the status of the answer. */
  async state(): Promise<string> {
    const { status, text } = await this.control("GET");
    return status === 200 ? (JSON.parse(text) as { state: string }).state : `${status}`;
  }

  delete(): Promise<Answer> {
    return this.control("DELETE", "", { patience: 60_000 });
  }
}

/** Removes the indentation that a program in a table has. */
function dedent(source: string): string {
  const lines = source.replace(/^\n/, "").trimEnd().split("\n");
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const least = Math.min(...indents);
  return lines.map((line) => line.slice(least)).join("\n");
}
