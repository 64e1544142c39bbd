import { type Area, type Context, inOrder, settled } from "./case.js";

/** Runs code and returns the result with the calls of callbacks, in order; chunks of one output are joined. */
async function run({ sandbox }: Context, code: string, options: object = {}) {
  const seen: [string, unknown][] = [];
  const note = (name: string) => (value: unknown) => {
    const last = seen.at(-1);
    const { output } = value as { output?: string };
    if (output !== undefined && last?.[0] === name) last[1] = `${String(last[1])}${output}`;
    else seen.push([name, output ?? value]);
  };
  const result = await settled(() =>
    sandbox.codeInterpreter.runCode(code, { onStdout: note("stdout"), onStderr: note("stderr"), onError: note("error"), ...options }),
  );
  return { seen, result };
}

/** The interpreter. */
export const interpreter: Area = {
  name: "interpreter",
  cases: {
    output: (context) => run(context, "print('a'); print('b', end='')"),
    "standard error": (context) => run(context, "import sys; print('e', file=sys.stderr); print('žluť 🚀')"),
    "an exception": (context) => run(context, "print('before')\nraise ValueError('bad')"),
    "a syntax error": (context) => run(context, "def f(:"),
    "an exit": (context) => run(context, "import sys; sys.exit(2)"),
    "an exception without a message": (context) => run(context, "raise KeyError"),
    "code without output": (context) => run(context, "x = 1"),
    "the value of an expression": (context) => run(context, "1 + 1"),
    "much output": (context) => run(context, "for i in range(20000): print(i)"),
    "variables of a run": (context) => run(context, "import os; print(os.environ.get('NAME'))", { envs: { NAME: "va lue" } }),
    "a timeout": (context) => run(context, "print('started', flush=True)\nimport time; time.sleep(60)", { timeout: 1 }),
    "no code": (context) => run(context, "  \n"),
    "a missing context": (context) =>
      run(context, "1", { context: { id: "none", cwd: "/", createdAt: "", active: true, language: "python" } }),
    contexts: async ({ sandbox: { codeInterpreter }, folder }) => {
      const context = await codeInterpreter.createContext(folder);
      const other = await codeInterpreter.createContext();
      const results = await inOrder(
        () => codeInterpreter.runCode("import os; x = 1; print(os.getcwd())", { context }),
        () => codeInterpreter.runCode("print('x' in globals())", { context: other }),
        () => codeInterpreter.runCode("print(x)", { context }),
      );
      const listed = (await codeInterpreter.listContexts()).filter(({ id }) => [context.id, other.id].includes(id));
      await codeInterpreter.deleteContext(context);
      await codeInterpreter.deleteContext(other);
      return {
        context,
        results,
        listed: listed.sort((a, b) => a.cwd.localeCompare(b.cwd)),
        again: await settled(() => codeInterpreter.deleteContext(context)),
      };
    },
    "a context in a missing folder": ({ sandbox, folder }) => settled(() => sandbox.codeInterpreter.createContext(`${folder}/none`)),
    "without options": ({ sandbox }) => sandbox.codeInterpreter.runCode("print('plain')"),
  },
};
