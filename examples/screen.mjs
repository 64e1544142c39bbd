import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { styleText } from "node:util";

/** Maximum number of lines shown per result: the last lines of a command's output, else the first lines. */
const MAX_LINES = 12;

/** Prints the progress of an agent: its messages, and each tool call with its result and duration. */
export class Screen extends BaseCallbackHandler {
  name = "screen";
  // The agent waits for each handler, so that lines are printed in the order of the events.
  awaitHandlers = true;
  turns = 0;
  calls = 0;
  #started = new Map();
  #width = Math.min(process.stdout.columns ?? 110, 120);

  handleLLMEnd({ generations }) {
    this.turns += 1;
    const text = generations[0][0].text.trim();
    if (text !== "") this.#print(`\n${paint(["cyan", "bold"], "●")} ${wrap(text, this.#width - 2).join("\n  ")}`);
  }

  handleToolStart(_tool, input, runId, _parent, _tags, _metadata, name) {
    const args = typeof input === "string" ? JSON.parse(input) : input;
    this.#started.set(runId, { name, args, at: performance.now() });
  }

  handleToolEnd(output, runId) {
    const call = this.#finish(runId);
    this.#show(output.name ?? call.name, call, output.text ?? String(output), output.status === "error");
  }

  handleToolError(error, runId) {
    const call = this.#finish(runId);
    this.#show(call.name, call, error.message, true);
  }

  /** Prints a labelled line before or after the agent's messages. */
  fact(label, text) {
    this.#print(`${paint("dim", label.padEnd(9))} ${text}`);
  }

  #finish(runId) {
    const call = this.#started.get(runId);
    this.#started.delete(runId);
    const ms = performance.now() - call.at;
    this.calls += 1;
    return { ...call, ms };
  }

  #show(tool, { args, ms }, text, failed) {
    const what = describe(tool, args);
    const time = `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
    const room = this.#width - 4 - 11 - 10;
    this.#print(`  ${paint("yellow", tool.padEnd(11))}${cut(what, room).padEnd(room)}${paint("dim", time.padStart(10))}`);
    if (tool === "write_file" && text.startsWith("Successfully")) return;
    const { status, lines } = parse(text);
    for (const line of shorten(lines, tool === "execute")) {
      this.#print(`  ${paint("dim", "│")} ${cut(line, this.#width - 5)}`);
    }
    if (status !== null) {
      const good = status === 0;
      this.#print(`  ${paint("dim", "╰")} ${paint(good ? "green" : "red", `exit code ${status}`)}`);
    } else if (failed) {
      this.#print(`  ${paint("dim", "╰")} ${paint("red", "failed")}`);
    }
  }

  #print(line) {
    process.stdout.write(`${line.trimEnd()}\n`);
  }
}

/** Adds colour if the output is a terminal and NO_COLOR is not set. */
function paint(format, text) {
  return process.stdout.isTTY && process.env.NO_COLOR === undefined ? styleText(format, text) : text;
}

export function seconds(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** Returns the most relevant argument of a tool call. */
function describe(tool, args) {
  switch (tool) {
    case "execute":
      return args.command;
    case "write_file":
      return `${args.file_path}  (${count(args.content.split("\n").length - 1, "line")})`;
    case "grep":
      return `"${args.pattern}" in ${args.path}${args.glob ? ` (${args.glob})` : ""}`;
    case "glob":
      return `${args.pattern} in ${args.path ?? "/"}`;
    default:
      return args.file_path ?? args.path ?? JSON.stringify(args);
  }
}

/** Separates a command's output from the exit code that deepagents appends to it. */
function parse(text) {
  const status = /\n?\[Command (?:succeeded|failed) with exit code (\d+)\]/.exec(text);
  const body = status ? text.replace(status[0], "") : text;
  const lines = body.split("\n").map((line) => line.replaceAll("\t", "  ").trimEnd());
  while (lines.at(-1) === "") lines.pop();
  return { status: status ? Number(status[1]) : null, lines };
}

function shorten(lines, keepEnd) {
  const hidden = lines.length - MAX_LINES;
  if (hidden <= 1) return lines;
  return keepEnd
    ? [paint("dim", `… ${count(hidden, "line")} before`), ...lines.slice(hidden)]
    : [...lines.slice(0, MAX_LINES), paint("dim", `… ${count(hidden, "line")} more`)];
}

function count(number, word) {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

function cut(text, width) {
  const line = text.replaceAll("\n", " ↵ ");
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

function wrap(text, width) {
  const rows = [""];
  for (const word of text.split(/\s+/)) {
    if (rows.at(-1) !== "" && rows.at(-1).length + 1 + word.length > width) rows.push("");
    rows[rows.length - 1] += `${rows.at(-1) === "" ? "" : " "}${word}`;
  }
  return rows;
}
