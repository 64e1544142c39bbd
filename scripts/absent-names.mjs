// Writes docs/absent-names.md: the public names of @daytona/sdk that this package does not have, from the record in
// __test__/names.json, each with what to use instead. __test__/documents.spec.ts fails when the page is not up to date.
//
//   npm run names          records the names that the package has now, and writes the page
//   node scripts/absent-names.mjs    writes the page only
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const record = path.join(root, "__test__", "names.json");
const page = path.join(root, "docs", "absent-names.md");

/** The areas of the SDK, with what to use instead. The first whose pattern matches a name has it. */
const AREAS = [
  {
    title: "Git",
    names: /^(Git|GitStatus|ListBranchResponse|Sandbox\.git)\b/,
    instead: 'Run `git` as a command: `sandbox.process.executeCommand("git clone …")`.',
  },
  {
    title: "Terminals",
    names: /^(Pty\w+|Process\.\w*Pty\w*)\b/,
    instead: "For programs that read standard input, use a session and `sendSessionCommandInput`. There is no terminal emulation.",
  },
  {
    title: "Code interpreters and charts",
    names: /^(ExecutionError|ExecutionResult|OutputMessage|RunCodeOptions|Sandbox\.codeInterpreter|\w*Chart\w*|\w+Data)\b/,
    instead:
      "`process.codeRun()` runs code, and returns charts of matplotlib as plain objects in `artifacts.charts`. State is not kept between two calls.",
  },
  {
    title: "Computer use",
    names: /^(Accessibility\w*|ComputerUse|Display|Keyboard|Mouse|Screenshot\w*|Sandbox\.computerUse)\b/,
    instead: "Nothing; use `@daytona/sdk`.",
  },
  { title: "Language servers", names: /^(LspLanguageId|Sandbox\.createLspServer)\b/, instead: "Nothing; use `@daytona/sdk`." },
  {
    title: "Types of options",
    names: /^CreateSandbox\w+/,
    instead: "`CreateSandboxParams` has the options of all three.",
  },
  {
    title: "Images, snapshots, forks and GPUs",
    names:
      /^(Image|GpuType|Resources\.gpuType|CreateSnapshotParams|\w*Snapshots?\w*|Fork\w+|Daytona\.(snapshot|fork|_experimental_fork)|Sandbox\.(\w*[sS]napshot|\w*fork|gpuType|linkedSandboxId))\b/,
    instead: "Build images and snapshots with `@daytona/sdk` or the dashboard, and pass their names to `create` as `image` or `snapshot`.",
  },
  {
    title: "Volumes, secrets and warm pools",
    names: /^(\w*Secrets?\w*|\w*WarmPool|Daytona\.(volume|secret|warmPool)|Sandbox\.(updateSecrets|warmPoolId))\b/,
    instead: "Manage them with `@daytona/sdk`.",
  },
  {
    title: "Downloads of many files",
    names: /^(Download\w+|FileDownload\w+|FileSystem\.downloadFiles)\b/,
    instead:
      "`DaytonaSandbox.downloadFiles()` downloads many files in one request; `fs.downloadFile()` and `fs.downloadFileStream()` download one.",
  },
  {
    title: "Filters of lists",
    names: /^(ListSandboxesQuery|SandboxListSort\w+|SandboxClass)\b/,
    instead:
      "`daytona.list({ labels })` returns all sandboxes with these labels; filter and sort them in your program. Other filters are refused.",
  },
  {
    title: "Previews and SSH",
    names: /^Sandbox\.(\w*PreviewUrl|getPreviewLink|\w*SshAccess|rotateSigningKey|downloadUrl|uploadUrl)\b/,
    instead: "Nothing; use `@daytona/sdk`.",
  },
  {
    title: "Metrics and telemetry",
    names: /^(SandboxMetrics|Sandbox\.(getMetrics\w*|otelEndpointOverride)|DaytonaConfig\.otelEnabled)\b/,
    instead: "Nothing; use `@daytona/sdk`.",
  },
  {
    title: "States of a sandbox",
    names: /^Sandbox\.(waitUntil\w+|waitForResizeComplete)\b/,
    instead: "`create()`, `start()` and `stop()` wait for the state themselves.",
  },
  {
    title: "Other operations and properties of a sandbox",
    names: /^Sandbox\./,
    instead: "Nothing; use `@daytona/sdk`.",
  },
  {
    title: "Configuration",
    names: /^DaytonaConfig\./,
    instead: "Every call has a timeout of its own (`{ timeout }`), and states are polled.",
  },
  {
    title: "Internals",
    names:
      /^(MAX_PREFIX_LEN|SOURCE_\w+|STD\w+_BYTES|Daytona\.static createAxiosInstance|Daytona\w*TimeoutError\.static Symbol\.hasInstance)/,
    instead: "Not needed: `instanceof` works, errors have `source` as a string, and logs are returned apart as `stdout` and `stderr`.",
  },
];

/** Returns the text of the page. */
export function absentNames() {
  const { total, present, missing } = JSON.parse(fs.readFileSync(record, "utf8"))["daytona-sdk-0.216.0"];
  const areas = AREAS.map((area) => ({ ...area, members: [] }));
  for (const name of missing) {
    const area = areas.find(({ names }) => names.test(name));
    if (area === undefined) throw new Error(`${name} belongs to no area: add it to one in scripts/absent-names.mjs`);
    area.members.push(name);
  }
  const sections = areas
    .filter(({ members }) => members.length > 0)
    .map(({ title, instead, members }) => `## ${title}\n\n${instead}\n\n${list(members).join("\n")}`);
  return `# Names of \`@daytona/sdk\` that are absent

<!-- Generated by scripts/absent-names.mjs. Do not edit. -->

\`daytona-native/sdk\` has ${present} of the ${total} public names of \`@daytona/sdk\` 0.216.0. A name is an export, or a member of an exported
class, enum or interface. This page lists the ${total - present} others, and what to use instead. A program that uses one of them does not
compile, or fails with a \`TypeError\`; nothing is a stub. [Migrating from \`@daytona/sdk\`](migrating-from-daytona-sdk.md) describes how to
use both packages in one program.

${sections.join("\n\n")}
`;
}

/** Returns a line for each export: whole ones with the number of their members, the others with the members that are absent. */
function list(names) {
  const exports = new Map();
  for (const name of names) {
    const [owner, ...rest] = name.split(".");
    const members = exports.get(owner) ?? [];
    exports.set(owner, members);
    if (rest.length > 0) members.push(rest.join("."));
  }
  const code = (text) => `\`${text}\``;
  return [...exports].map(([owner, members]) => {
    const whole = names.includes(owner);
    if (whole && members.length === 0) return `- ${code(owner)}`;
    const shown = members.map((member) => code(member)).join(", ");
    return whole ? `- ${code(owner)}, with all its members: ${shown}` : `- of ${code(owner)}: ${shown}`;
  });
}

/** Writes the page. */
export function writeAbsentNames() {
  fs.writeFileSync(page, absentNames());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeAbsentNames();
