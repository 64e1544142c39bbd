// Gives each comment of a property a line of its own in the declarations that `npm run build:js` writes. The bundler prints
// the comments of an object type's properties at the end of the previous line, where neither editors nor the reference find
// them.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

for (const file of ["index.d.ts", "index.d.cts", "sdk.d.cts", "local.d.cts", "internal.d.cts", "platform.d.cts"].map((name) =>
  path.join(root, name),
)) {
  const text = fs.readFileSync(file, "utf8");
  const moved = text.replace(/; (\/\*\* .* \*\/)\n( *)/g, ";\n$2$1\n$2").replace(/^( *)(\/\*\* .* \*\/)(?=\w)/gm, "$1$2\n$1");
  if (moved !== text) fs.writeFileSync(file, moved);
}
