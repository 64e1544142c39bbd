import { createHash } from "node:crypto";
import { type Case, type Suite, sh } from "./suite.js";

/** A case with one command and its complete result. */
function command(name: string, text: string, output: string, exitCode = 0): Case {
  return { name, run: ({ sandbox }) => sandbox.execute(text), expected: { output, exitCode, truncated: false } };
}

const MEGABYTE = 1 << 20;

export const execution: Suite = {
  name: "execution",
  cases: [
    command("returns what a command prints", "echo hello", "hello\n"),
    command("returns nothing for a command that prints nothing", "true", ""),
    command("returns exit code 1", "false", "", 1),
    command("returns any exit code", "exit 42", "", 42),
    command("returns the exit code of the last command", "false; true", ""),
    command("returns the exit code of the end of a pipe", "false | cat", ""),
    command("keeps the output of a command that fails", "echo before; exit 3", "before\n", 3),
    command("joins stdout and stderr in order", "echo one; echo two >&2; echo three", "one\ntwo\nthree\n"),
    command("keeps output without a newline at its end", "printf 'a\\nb'", "a\nb"),
    command("keeps white space around output", "printf '  a  \\n\\n'", "  a  \n\n"),
    command("runs a command of several lines", "x=1\nif [ $x = 1 ]; then\n  echo one\nfi\necho two", "one\ntwo\n"),
    command("runs a command that ends with a comment", "echo a # not this", "a\n"),
    command("passes unicode both ways", "printf '%s\\n' 'grüße 世界 🦀'", "grüße 世界 🦀\n"),
    command("keeps single and double quotes", `echo 'it'"'"'s' "a \\"b\\""`, `it's a "b"\n`),
    command("keeps backslashes, dollars and backticks in quotes", "printf '%s' '\\ $HOME `id` !'", "\\ $HOME `id` !"),
    command("expands variables", 'echo "$HOME:$(echo inner):$((6*7))"', "/home/daytona:inner:42\n"),
    command("reads a heredoc", "cat <<'END'\nfirst $HOME\n  second\nEND", "first $HOME\n  second\n"),
    command("reads a heredoc before a further command", "cat <<END\nx\nEND\necho after", "x\nafter\n"),
    command("ends a command that reads standard input", "cat; echo $?", "0\n"),
    command("pipes into a command", "printf '3\\n1\\n2\\n' | sort", "1\n2\n3\n"),
    command("runs a subshell and a function", "f() { (cd /tmp && pwd); }; f; pwd", "/tmp\n/home/daytona\n"),
    command("starts in the default working directory", "pwd", "/home/daytona\n"),
    command("runs as the sandbox's user", 'echo "$(id -un):$(id -u):$(id -gn):$(id -g)"', "daytona:1000:daytona:1000\n"),
    command("keeps terminal colours and carriage returns", "printf '\\033[31mred\\033[0m\\r\\n'", "\u001b[31mred\u001b[0m\r\n"),
    command("replaces bytes that are not UTF-8", "printf 'a\\377\\376b'", "a\ufffd\ufffdb"),
    command("keeps NUL bytes", "printf 'a\\000b'", "a\u0000b"),
    command("continues after a missing command", "no-such-program-1 2>/dev/null; echo $?", "127\n"),
    command("runs a new script", "printf '#!/bin/sh\\necho \"$@\"\\n' > run && chmod +x run && ./run a 'b c'; rm run", "a b c\n"),
    command("returns the exit code of a trap", "trap 'exit 0' EXIT; false", ""),
    command("passes words that look like options", "echo -- -n --help", "-- -n --help\n"),
    {
      name: "reports a missing command",
      async run({ sandbox }) {
        const { output, exitCode, truncated } = await sandbox.execute("no-such-program-2 --flag");
        return { exitCode, truncated, namesIt: output.includes("no-such-program-2"), notFound: output.includes("not found") };
      },
      expected: { exitCode: 127, truncated: false, namesIt: true, notFound: true },
    },
    {
      name: "reports a file that is not executable",
      async run({ sandbox, folder }) {
        const { output, exitCode } = await sandbox.execute(`touch ${folder}/data && ${folder}/data`);
        return { exitCode, denied: /permission denied/i.test(output) };
      },
      expected: { exitCode: 126, denied: true },
    },
    {
      name: "reports a syntax error",
      async run({ sandbox }) {
        const { output, exitCode } = await sandbox.execute("if true; then");
        return { exitCode, said: output !== "" };
      },
      expected: { exitCode: 2, said: true },
    },
    {
      name: "reports a child that was killed by a signal",
      run: ({ sandbox }) => sandbox.execute("{ sh -c 'kill -9 $$'; } 2>/dev/null; echo $?"),
      expected: { output: "137\n", exitCode: 0, truncated: false },
    },
    {
      name: "has the programs that agents need",
      async run({ sandbox }) {
        const programs = ["bash", "git", "python3", "python", "node", "npm"];
        const out = await sh(sandbox, programs.map((name) => `${name} --version >/dev/null && echo ${name}`).join("; "));
        return out.trim().split("\n");
      },
      expected: ["bash", "git", "python3", "python", "node", "npm"],
    },
    {
      name: "keeps files between commands, but not the working directory or variables",
      async run({ sandbox, folder }) {
        await sh(sandbox, `cd ${folder} && export KEPT=no && echo yes > kept`);
        return sh(sandbox, `echo "\${KEPT:-unset}:$(cat ${folder}/kept):$(pwd)"`);
      },
      expected: "unset:yes:/home/daytona\n",
    },
    {
      name: "leaves a background process running",
      async run({ sandbox, folder }) {
        const pid = (await sh(sandbox, `sleep 1000 >/dev/null 2>&1 & echo $! > ${folder}/pid; cat ${folder}/pid`)).trim();
        return sandbox.execute(`kill -0 ${pid} && echo alive && kill ${pid}`);
      },
      expected: { output: "alive\n", exitCode: 0, truncated: false },
    },
    {
      name: "separates the output of concurrent commands",
      run: ({ sandbox }) => Promise.all(Array.from({ length: 8 }, (_, i) => sandbox.execute(`echo start ${i}; sleep 0.05; echo end ${i}`))),
      expected: Array.from({ length: 8 }, (_, i) => ({ output: `start ${i}\nend ${i}\n`, exitCode: 0, truncated: false })),
    },
    {
      name: "returns sixteen megabytes completely",
      async run({ sandbox }) {
        const { output, exitCode, truncated } = await sandbox.execute("yes 0123456789abcde | head -c 16777216");
        return { length: output.length, sha256: createHash("sha256").update(output).digest("hex"), exitCode, truncated };
      },
      expected: {
        length: 16 * MEGABYTE,
        sha256: createHash("sha256").update("0123456789abcde\n".repeat(MEGABYTE)).digest("hex"),
        exitCode: 0,
        truncated: false,
      },
    },
    {
      name: "takes a command of sixty kilobytes",
      run: ({ sandbox }) => sandbox.execute(`printf %s '${"x".repeat(60_000)}' | wc -c`),
      expected: { output: "60000\n", exitCode: 0, truncated: false },
    },
    {
      name: "takes a command of a megabyte",
      async run({ sandbox }) {
        const { output, exitCode } = await sandbox.execute(`cat <<'END' | wc -c\n${"x".repeat(MEGABYTE)}\nEND`);
        return { exitCode, counted: output.trim() };
      },
      expected: { exitCode: 0, counted: String(MEGABYTE + 1) },
    },
    {
      name: "supports bash syntax",
      async run({ sandbox }) {
        const { output, exitCode } = await sandbox.execute("words=(a b c); [[ ${#words[@]} == 3 ]] && echo three");
        return { exitCode, three: output.trim().endsWith("three") };
      },
    },
  ],
};
