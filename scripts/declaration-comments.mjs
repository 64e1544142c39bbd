// Gives each comment of a property a line of its own in the declarations that `npm run build:js` writes. The bundler prints
// the comments of an object type's properties at the end of the previous line, where neither editors nor the reference find
// them.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

// native.d.cts comes from the addon.
const names = fs.readdirSync(root).filter((name) => /\.d\.c?ts$/.test(name) && name !== "native.d.cts");
for (const file of names.map((name) => path.join(root, name))) {
  const text = fs.readFileSync(file, "utf8");
  const moved = text.replace(/; (\/\*\* .* \*\/)\n( *)/g, ";\n$2$1\n$2").replace(/^( *)(\/\*\* .* \*\/)(?=\w)/gm, "$1$2\n$1");
  if (moved !== text) fs.writeFileSync(file, moved);
}
