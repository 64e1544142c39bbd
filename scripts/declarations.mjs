// Completes native.d.cts, which the build of the addon has written: npm run build:native. An optional property of an options
// object may also be undefined, which matters to programs that are compiled with exactOptionalPropertyTypes. Results are
// left as they are.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const file = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "native.d.cts");
const text = fs.readFileSync(file, "utf8");
const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
const interfaces = new Map(source.statements.filter(ts.isInterfaceDeclaration).map((statement) => [statement.name.text, statement]));

/** The interfaces that methods take, and those of their properties. */
const taken = new Set();
(function visit(node) {
  if (ts.isParameter(node)) take(node);
  ts.forEachChild(node, visit);
})(source);

function take(node) {
  if (ts.isTypeReferenceNode(node)) {
    const name = node.typeName.getText();
    const declaration = interfaces.get(name);
    if (declaration !== undefined && !taken.has(name)) {
      taken.add(name);
      take(declaration);
    }
  }
  ts.forEachChild(node, take);
}

/** The ends of the types that do not include undefined, last first, so that an insertion moves no other. */
const ends = [...taken]
  .flatMap((name) => [...interfaces.get(name).members])
  .filter((member) => member.questionToken !== undefined && !/\bundefined\b/.test(member.type.getText()))
  .map((member) => member.type.end)
  .sort((a, b) => b - a);
fs.writeFileSync(
  file,
  ends.reduce((changed, end) => `${changed.slice(0, end)} | undefined${changed.slice(end)}`, text),
);
