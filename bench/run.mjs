// Measures this package and the one that it replaces alternately, and compares the results with the targets.
//
//   npm run bench                     everything
//   npm run bench -- --runs 9         number of runs for the medians (default 5)
//   npm run bench -- --rtt 40         round-trip time of the mock in milliseconds (default 20)
//   npm run bench -- --only local,execute,curl
//   npm run bench -- --json bench/results.json    also writes the figures to a file, for the chart of npm run pictures
//
// Sections: local, requests, execute, parallel, burst, output, big, curl, imports, exit.
// Machines are noisy: quote ratios of one run, never single times.
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { exit, imports, local } from "./sections/processes.mjs";
import { burst, execute, parallel, requests } from "./sections/requests.mjs";
import { big, curl, output } from "./sections/transfers.mjs";
import { figures, summary } from "./table.mjs";

const SECTIONS = { local, requests, execute, parallel, burst, output, big, curl, imports, exit };

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    rtt: { type: "string", default: "20" },
    only: { type: "string" },
    json: { type: "string" },
  },
});
const wanted = values.only?.split(",") ?? Object.keys(SECTIONS);
const unknown = wanted.filter((name) => !(name in SECTIONS));
if (unknown.length > 0) throw new Error(`--only ${unknown}: not a section. Use some of ${Object.keys(SECTIONS).join(", ")}`);

const machine = { node: process.version, platform: `${process.platform}-${process.arch}`, cores: availableParallelism() };
const settings = { runs: Number(values.runs), rtt: Number(values.rtt) };
for (const [name, section] of Object.entries(SECTIONS)) {
  if (wanted.includes(name)) await section({ runs: Number(values.runs), rtt: values.rtt });
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ machine, settings, tables: figures() }, null, 2)}\n`);
}
summary();
