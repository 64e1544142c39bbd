// Writes js/internal/parameters.ts: the parameters of the native methods, by name, with the types that the declarations
// of the addon give them. The facade names the wrong argument with it. Writes js/internal/records.ts: which of them are records,
// which the facade checks before it calls the method.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const declarations = path.join(root, "native.d.cts");
const source = ts.createSourceFile(declarations, fs.readFileSync(declarations, "utf8"), ts.ScriptTarget.Latest);

const methods = source.statements
  .filter(ts.isClassDeclaration)
  .flatMap((declared) => declared.members.filter(ts.isMethodDeclaration).map((method) => describe(declared, method)));

write(
  "parameters",
  `/** A parameter of a native method: its name, its type and whether it may be left out. */
export type Parameter = readonly [name: string, type: string, optional: boolean];

/** The parameters of each native method. */
export const PARAMETERS: Readonly<Record<string, readonly Parameter[]>> = {
${methods.map(({ name, parameters }) => `"${name}": ${JSON.stringify(parameters)},`).join("\n")}
};
`,
);

const records = methods.map(({ name, parameters }) => {
  const positions = parameters.flatMap(([, type], index) => (type.startsWith("Record<") ? [index] : []));
  return { name, positions };
});
write(
  "records",
  `/** The positions of the parameters that are records, of each native method that has some. */
export const RECORDS: Readonly<Record<string, readonly number[]>> = {
${records
  .filter(({ positions }) => positions.length > 0)
  .map(({ name, positions }) => `"${name}": ${JSON.stringify(positions)},`)
  .join("\n")}
};
`,
);

/** Writes a module of js/internal. */
function write(name, code) {
  const output = path.join(root, "js", "internal", `${name}.ts`);
  fs.writeFileSync(output, `// Generated from native.d.cts by \`npm run build:js\`. Do not edit.\n${code}`);
  execFileSync("npx", ["biome", "format", "--write", output], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
}

/** @param {ts.ClassDeclaration} declared @param {ts.MethodDeclaration} method */
function describe(declared, method) {
  const parameters = method.parameters.map((parameter) => {
    const type = parameter.type?.getText(source).replace(/ \| undefined \| null$/, "") ?? "any";
    return [parameter.name.getText(source), type, parameter.questionToken !== undefined];
  });
  return { name: `${declared.name?.text}.${method.name.getText(source)}`, parameters };
}
