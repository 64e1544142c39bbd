// Draws figures of the benchmark as bars: the original's are all of the same length, and ours are relative to them.
import { escapeXml, SANS, svg } from "./svg.mjs";

const WIDTH = 860;
const [LABELS, BARS] = [330, 400];
const ROW = { height: 44, bar: 14 };
const HEAD = 84;

/** The rows of the chart: where the figures are, and what they are called. */
const ROWS = [
  [/^Times at a mock/, "100 files up", "upload 100 small files, 20 ms latency"],
  [/^Times at a mock/, "100 files down", "download 100 small files, 20 ms latency"],
  [/^Times at a mock/, "edit()", "edit a file, 20 ms latency"],
  [/^256 MB up, at a mock/, "extra memory at its worst", "upload 256 MB: additional memory"],
  [/^256 MB up, at a mock/, "longest stall of the event loop", "upload 256 MB: longest event loop delay"],
  [/^256 MB down, at a mock/, "extra memory at its worst", "download 256 MB: additional memory"],
  [/^6 × execute/, "memory of the process at its worst", "commands with 32 MB of output: memory"],
  [/^One execute/, "processor time", "execute a command: processor time"],
  [/^Imports/, "the package, after deepagents", "import, after deepagents"],
  [/^Imports/, "the SDK alone", "import of the SDK only"],
  [/^On the local server/, "create + execute + close", "create, execute and close, local server"],
];

/** Returns the picture of the results of `npm run bench -- --json`. */
export function chart({ machine, settings, tables }) {
  const rows = ROWS.map(([table, what, label]) => {
    const row = tables.find(({ title }) => table.test(title))?.rows.find((row) => row.what === what);
    if (row === undefined) throw new Error(`bench/results.json has no row "${what}" of ${table}: run all sections of npm run bench`);
    return { ...row, label };
  });
  const height = HEAD + rows.length * ROW.height + 20;
  const heading = [
    text(24, 32, "text bold", "Time and memory, compared with @langchain/daytona: shorter is better", "size16"),
    `<rect class="theirs" x="24" y="46" width="12" height="12" rx="2"/>${text(42, 57, "dim", "@langchain/daytona")}`,
    `<rect class="ours" x="184" y="46" width="12" height="12" rx="2"/>${text(202, 57, "dim", "daytona-native")}`,
    text(WIDTH - 24, 57, "dim end", `medians of one run: Node.js ${machine.node.split(".")[0].slice(1)}, ${machine.cores} cores`),
  ];
  const styles = "text{font-size:13px}.size16{font-size:16px}.end{text-anchor:end}\n";
  const title = `Benchmark of daytona-native and @langchain/daytona, medians of ${settings.runs} runs`;
  const bars = rows.map((row, index) => drawRow(row, HEAD + index * ROW.height));
  return svg({ width: WIDTH, height, title, styles, font: SANS }, [...heading, ...bars].join("\n"));
}

function drawRow({ label, unit, original, ours }, y) {
  const longest = Math.max(original, ours);
  const length = (value) => Math.max(2, (value / longest) * BARS);
  const bar = (value, name, top) => {
    const width = length(value);
    const rect = `<rect class="${name}" x="${LABELS}" y="${top}" width="${width.toFixed(1)}" height="${ROW.bar}" rx="2"/>`;
    return rect + text(LABELS + width + 8, top + 11.5, name === "ours" ? "text bold" : "dim", figure(value, unit));
  };
  const name = text(LABELS - 14, y + 21, "text end", label);
  return `${name}\n${bar(original, "theirs", y + 2)}\n${bar(ours, "ours", y + 2 + ROW.bar + 2)}`;
}

function figure(value, unit) {
  if (unit === "ms" && value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en-US")} ${unit}`;
}

function text(x, y, classes, content, more = "") {
  return `<text x="${x}" y="${y}" class="${`${classes} ${more}`.trim()}">${escapeXml(content)}</text>`;
}
