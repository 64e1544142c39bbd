// Makes the pictures of the documentation: npm run pictures
//
//   docs/images/quickstart.svg    a terminal session, from a run of the quickstart in a pseudo-terminal
//   docs/images/benchmark.svg     a chart of bench/results.json, which npm run bench -- --json bench/results.json writes
//
// Needs the program "script" of util-linux. Both pictures follow the colour scheme of the reader.
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { chart } from "./pictures/chart.mjs";
import { record } from "./pictures/record.mjs";
import { terminal } from "./pictures/terminal.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const COLUMNS = 100;

const wanted = process.argv.slice(2);
const pictures = {
  quickstart: () => {
    const command = "node examples/quickstart.mjs";
    return terminal({ command, output: record(command, { cwd: root, columns: COLUMNS }), columns: COLUMNS, rows: 34 });
  },
  benchmark: () => chart(JSON.parse(fs.readFileSync(path.join(root, "bench/results.json"), "utf8"))),
};
for (const [name, draw] of Object.entries(pictures)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const file = path.join(root, "docs/images", `${name}.svg`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, draw());
  console.log(`wrote ${path.relative(root, file)}, ${(fs.statSync(file).size / 1000).toFixed(1)} kB`);
}
