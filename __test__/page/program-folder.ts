import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import ts from "typescript";
import { cleanEnv } from "../support/run-program.js";
import { root } from "../support/server.js";
import type { Snippet } from "./snippets.js";

/** A folder in which programs import this package under its name and under that of the package that it replaces. */
export interface ProgramFolder {
  folder: string;
  close(): Promise<void>;
}

/** Creates the folder like an npm alias, with one deepagents for the program and the package. */
export async function createProgramFolder(): Promise<ProgramFolder> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "daytona-native-page-"));
  const modules = path.join(folder, "node_modules");
  for (const scope of ["@langchain", "@daytona"]) await fs.mkdir(path.join(modules, scope), { recursive: true });
  for (const name of ["daytona-native", "@langchain/daytona"]) await fs.symlink(root, path.join(modules, name));
  for (const name of ["deepagents", "@langchain/anthropic", "@daytona/sdk", "@types"]) {
    await fs.symlink(path.join(root, "node_modules", name), path.join(modules, name));
  }
  await fs.writeFile(path.join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  return { folder, close: () => fs.rm(folder, { recursive: true, force: true }) };
}

const helpers = `
function print(seen: unknown): void {
  console.log("seen " + JSON.stringify(seen));
}
async function failure(call: () => Promise<unknown>): Promise<string | undefined> {
  return call().then(() => undefined, (error: { code?: string }) => error.code);
}
void failure;
`;

/** Returns the unchanged code with its context. */
export function programOf({ before = "", after = "" }: Partial<Pick<Snippet, "before" | "after">>, code: string): string {
  return `${before}\n${code}\n${after}\n${helpers}`;
}

/** The declarations of packages: to parse them takes longer than to check the programs. */
const declarations = new Map<string, ts.SourceFile | undefined>();

/** Returns the type errors of programs with strict compiler options. */
export async function typeErrors({ folder }: ProgramFolder, programs: string[]): Promise<string[]> {
  const files = programs.map((_, index) => path.join(folder, `checked-${index}.ts`));
  await Promise.all(files.map((file, index) => fs.writeFile(file, programs[index] ?? "")));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    module: ts.ModuleKind.NodeNext,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ["node"],
    typeRoots: [path.join(folder, "node_modules/@types")],
  };
  const host = ts.createCompilerHost(options);
  const parse = host.getSourceFile.bind(host);
  host.getSourceFile = (file, ...rest) => {
    if (files.includes(file)) return parse(file, ...rest);
    if (!declarations.has(file)) declarations.set(file, parse(file, ...rest));
    return declarations.get(file);
  };
  const program = ts.createProgram(files, options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${path.basename(file?.fileName ?? "")}:${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
}

export interface ProgramRun {
  code: number | null;
  stderr: string;
  /** Output of the code itself. */
  stdout: string;
  /** The result that was printed last. */
  result: unknown;
}

/** Strips the types and runs the program as a separate process. */
export async function runTypeScript({ folder }: ProgramFolder, program: string, env: Record<string, string>): Promise<ProgramRun> {
  const options = { module: ts.ModuleKind.ES2022, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(program, { compilerOptions: options });
  const file = path.join(folder, `${crypto.randomUUID()}.js`);
  await fs.writeFile(file, outputText);
  const child = spawn(process.execPath, [file], { cwd: folder, env: cleanEnv(env), stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const [code] = (await once(child, "close")) as [number | null];
  const at = stdout.lastIndexOf("seen ");
  const seen: unknown = at === -1 ? undefined : JSON.parse(stdout.slice(at + "seen ".length));
  return { code, stderr, stdout: at === -1 ? stdout : stdout.slice(0, at), result: seen };
}
