// Draws the output of a program as a terminal that scrolls. Where animations are not shown, it is the last screen.
import { escapeXml, MONOSPACE, svg } from "./svg.mjs";

const CELL = { width: 8.4, height: 19 };
const MARGIN = { side: 18, top: 46, bottom: 16 };
/** How long lines take to appear, in seconds: slower than the program prints them, so that one can read. */
const PACE = { line: 0.12, paragraph: 1.1, start: 1, end: 8 };
const STYLES = { 1: "bold", 2: "dim", 31: "red", 32: "green", 33: "yellow", 36: "cyan" };
const ENDS = { 22: ["bold", "dim"], 39: ["red", "green", "yellow", "cyan"], 0: Object.values(STYLES) };

/** Returns the picture of a command and its output. */
export function terminal({ command, output, columns, rows }) {
  const lines = [
    [
      { text: "$ ", classes: ["green", "bold"] },
      { text: command, classes: [] },
    ],
    ...parse(output.trimEnd()),
  ];
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN.side);
  const height = rows * CELL.height + MARGIN.top + MARGIN.bottom;
  const { styles, last } = animation(lines, rows);
  const dots = [18, 38, 58].map((x) => `<circle class="edge" cx="${x}" cy="22" r="6"/>`).join("");
  const texts = lines.map((runs, index) => drawLine(runs, index)).join("\n");
  const cover = `<g class="cover"><rect class="page" x="0" y="0" width="${width - 4}" height="${lines.length * CELL.height}"/></g>`;
  const content = `${dots}
<svg x="2" y="${MARGIN.top}" width="${width - 4}" height="${rows * CELL.height}" overflow="hidden">
<g class="scroll" transform="translate(0 ${-last})">
${texts}
${cover}
</g></svg>`;
  return svg({ width, height, title: `Terminal: ${command}`, styles, font: MONOSPACE }, content);
}

/** Splits a text with escape sequences into lines of runs with the same style. */
function parse(text) {
  const active = new Set();
  return text.split("\n").map((line) => {
    const [start, ...parts] = line.split("\u001b");
    const runs = [{ text: start, classes: [...active] }];
    for (const part of parts) {
      const [sequence, codes] = /^\[([\d;]*)m/.exec(part) ?? [];
      if (sequence === undefined) throw new Error(`cannot draw an escape sequence: ${JSON.stringify(part)}`);
      for (const code of (codes || "0").split(";")) apply(active, Number(code));
      runs.push({ text: part.slice(sequence.length), classes: [...active] });
    }
    return runs;
  });
}

function apply(active, code) {
  if (code in STYLES) active.add(STYLES[code]);
  else if (code in ENDS) for (const name of ENDS[code]) active.delete(name);
  else throw new Error(`cannot draw the style ${code}`);
}

/** Draws a line. Each run has a place and a length of its own, so that columns align in every font. */
function drawLine(runs, index) {
  let column = 0;
  const y = (index + 0.75) * CELL.height;
  const drawn = runs.map(({ text, classes }) => {
    const at = column;
    const cells = [...text].length;
    column += cells;
    if (text.trim() === "") return "";
    const x = (MARGIN.side - 2 + at * CELL.width).toFixed(1);
    const names = classes.some((name) => name !== "bold") ? classes : ["text", ...classes];
    const length = `textLength="${(cells * CELL.width).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
    return `<text x="${x}" y="${y}" ${length} class="${names.join(" ")}" xml:space="preserve">${escapeXml(text)}</text>`;
  });
  return drawn.join("");
}

/** Returns the styles that uncover one line after another and scroll, and how far the last screen is scrolled. */
function animation(lines, rows) {
  const starts = [];
  let time = 0;
  for (const [index, runs] of lines.entries()) {
    const isParagraph = runs.find(({ text }) => text !== "")?.text.startsWith("●") === true;
    time += index === 1 ? PACE.start : isParagraph ? PACE.paragraph : PACE.line;
    starts.push(time);
  }
  const total = time + PACE.end;
  const percent = (at) => `${((at / total) * 100).toFixed(2)}%`;
  const scrolled = (count) => Math.max(0, count - rows) * CELL.height;
  const frames = (name, offset) => {
    const steps = starts.map((at, index) => `${index === 0 ? "0%" : percent(at)}{transform:translateY(${offset(index + 1)}px)}`);
    return `@keyframes ${name}{${steps.join("")}100%{transform:translateY(${offset(lines.length)}px)}}`;
  };
  const timing = `${total.toFixed(1)}s step-end infinite`;
  const styles = `${frames("uncover", (count) => count * CELL.height)}
${frames("scroll", (count) => -scrolled(count))}
text{font-size:14px}
.cover{transform:translateY(${lines.length * CELL.height}px)}
@media (prefers-reduced-motion:no-preference){.cover{animation:uncover ${timing}}.scroll{animation:scroll ${timing}}}
`;
  return { styles, last: scrolled(lines.length) };
}
