// Tables that compare this package with the original, and the verdicts on its targets.

const verdicts = [];
const tables = [];

/** Target: ours is at most this. */
export function atMost(limit) {
  return { text: (figure) => `≤ ${figure(limit)}`, isMet: (_, ours) => ours <= limit };
}

/** Target: ours is at most this many times the original's. */
export function atMostTimes(limit) {
  return { text: () => `≤ ${limit} x orig.`, isMet: (original, ours) => ours / original <= limit };
}

/** Target: ours is at least this many times the original's. */
export function atLeastTimes(limit) {
  return { text: () => `≥ ${limit} x orig.`, isMet: (original, ours) => ours / original >= limit };
}

/** Prints a table. Rows without a target are for information. */
export function table(title, rows) {
  tables.push({ title, rows: rows.map(({ what, unit, original, ours }) => ({ what, unit, original, ours })) });
  console.log(`\n${title}`);
  line("", "original", "ours", "ours/orig.", "target", "");
  for (const { what, unit, original, ours, target } of rows) {
    const figure = (number) => `${number < 10 && !Number.isInteger(number) ? number.toFixed(2) : Math.round(number)}${unit && ` ${unit}`}`;
    const isMet = target === undefined ? null : target.isMet(original, ours);
    if (isMet !== null) verdicts.push(isMet);
    const ratio = original === 0 ? "" : (ours / original).toFixed(3);
    const verdict = isMet === null ? "" : isMet ? "OK" : "MISSED";
    line(what, figure(original), figure(ours), ratio, target?.text(figure) ?? "", verdict);
  }
}

/** Prints how many targets of all tables are met. */
export function summary() {
  console.log(`\n${verdicts.filter(Boolean).length} of ${verdicts.length} targets met`);
}

/** Returns the figures of all tables. */
export function figures() {
  return tables;
}

function line(what, original, ours, ratio, target, verdict) {
  console.log(
    `  ${what.padEnd(46)}${original.padStart(12)}${ours.padStart(12)}${ratio.padStart(12)}${target.padStart(15)}  ${verdict}`.trimEnd(),
  );
}
