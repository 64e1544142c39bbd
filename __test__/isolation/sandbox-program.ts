// A program that runs inside a sandbox, as data.

/** A program that runs inside the sandbox. */
export interface Program {
  language: "shell" | "python";
  source: string;
}

/** A shell script. Backslashes are passed on unchanged. */
export function shell(strings: TemplateStringsArray, ...values: unknown[]): Program {
  return { language: "shell", source: String.raw(strings, ...values) };
}

/** A Python program, which can use what `attempt.py` defines. Backslashes are passed on unchanged. */
export function python(strings: TemplateStringsArray, ...values: unknown[]): Program {
  return { language: "python", source: String.raw(strings, ...values) };
}
