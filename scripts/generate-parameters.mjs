// Writes js/internal/parameters.ts: the parameters of the native methods, by name, with the types that the declarations
// of the addon give them. The facade names the wrong argument with it, and tests call every method with it.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const output = path.join(root, "js", "internal", "parameters.ts");
const declarations = path.join(root, "native.d.cts");
const source = ts.createSourceFile(declarations, fs.readFileSync(declarations, "utf8"), ts.ScriptTarget.Latest);

const methods = source.statements
  .filter(ts.isClassDeclaration)
  .flatMap((declared) => declared.members.filter(ts.isMethodDeclaration).map((method) => row(declared, method)));

fs.writeFileSync(
  output,
  `// Generated from native.d.cts by \`npm run build:js\`. Do not edit.
/** A parameter of a native method: its name, its type and whether it may be left out. */
export type Parameter = readonly [name: string, type: string, optional: boolean];

/** The parameters of each native method. */
export const PARAMETERS: Readonly<Record<string, readonly Parameter[]>> = {
${methods.join("\n")}
};
`,
);
execFileSync("npx", ["biome", "format", "--write", output], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });

/** @param {ts.ClassDeclaration} declared @param {ts.MethodDeclaration} method */
function row(declared, method) {
  const parameters = method.parameters.map((parameter) => {
    const type = parameter.type?.getText(source).replace(/ \| undefined \| null$/, "");
    return [parameter.name.getText(source), type, parameter.questionToken !== undefined];
  });
  return `"${declared.name?.text}.${method.name.getText(source)}": ${JSON.stringify(parameters)},`;
}
