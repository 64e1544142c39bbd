// Counts the public names of the replaced packages that this package has. __test__/names.json lists the missing ones, and
// __test__/names.spec.ts compares the package with it.
//
//   npm run names     records added names, also in docs/absent-names.md; fails if a name was removed
//
// A name is an export, or a member of an exported class, enum or interface.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { writeAbsentNames } from "./absent-names.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const record = path.join(root, "__test__", "names.json");

/** The names of the replaced packages, from their declarations. They are outside the repository. */
export const surface = path.join(path.resolve(root, process.env.DAYTONA_SHARED_DIR ?? "../shared"), "surface");

/** The replaced packages and their replacements. */
const PACKAGES = [
  { names: "daytona-sdk-0.216.0", entry: "daytona-native/sdk", types: "sdk.d.cts" },
  { names: "langchain-daytona-0.1.2", entry: "daytona-native", types: "index.d.cts" },
];

/**
 * Counts the current names.
 * @returns {Record<string, { total: number, present: number, missing: string[] }>} The counts by replaced package.
 */
export function countNames() {
  const program = ts.createProgram(
    PACKAGES.map(({ types }) => path.join(root, types)),
    { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, skipLibCheck: true },
  );
  const counted = PACKAGES.map(({ names, entry, types }) => {
    const wanted = Object.entries(JSON.parse(fs.readFileSync(path.join(surface, `${names}.json`), "utf8")));
    const declared = declarations(program, types);
    const loaded = require(entry);
    const all = wanted.flatMap(([name, { kind, members }]) => {
      const has = presence(kind, loaded[name], declared.get(name), program.getTypeChecker());
      // A type or a constant has its value under "=", which is not a name.
      const own = Object.keys(members)
        .filter((member) => member !== "=")
        .map(plain);
      return [
        { name, there: has.itself },
        ...own.map((member) => ({ name: `${name}.${member}`, there: has.itself && has.member(member) })),
      ];
    });
    const missing = all.filter(({ there }) => !there).map(({ name }) => name);
    return [names, { total: all.length, present: all.length - missing.length, missing: missing.toSorted() }];
  });
  return Object.fromEntries(counted);
}

/** Returns the recorded counts. */
export function readRecord() {
  return /** @type {ReturnType<typeof countNames>} */ (JSON.parse(fs.readFileSync(record, "utf8")));
}

function declarations(program, file) {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path.join(root, file));
  const symbol = source && checker.getSymbolAtLocation(source);
  if (symbol === undefined) throw new Error(`${file} is not a module: run npm run build:js`);
  return new Map(
    checker
      .getExportsOfModule(symbol)
      .map((entry) => [entry.name, entry.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(entry) : entry]),
  );
}

/** Returns whether an export and its members exist: values at run time, types at compile time. */
function presence(kind, value, symbol, checker) {
  const absent = { itself: false, member: () => false };
  if (symbol === undefined) return absent;
  if (kind === "interface" || kind === "type") {
    if (!(symbol.flags & ts.SymbolFlags.Type)) return absent;
    const members = membersOf(checker.getDeclaredTypeOfSymbol(symbol), checker);
    return { itself: true, member: (name) => members.has(name) };
  }
  if (value === undefined || !(symbol.flags & ts.SymbolFlags.Value)) return absent;
  if (kind !== "class") return { itself: true, member: (name) => Object.hasOwn(value, name) };
  if (typeof value !== "function" || value.prototype === undefined) return absent;
  const members = membersOf(checker.getDeclaredTypeOfSymbol(symbol), checker);
  const statics = membersOf(checker.getTypeOfSymbol(symbol), checker);
  return {
    itself: true,
    member: (name) =>
      name.startsWith("static ")
        ? hasStatic(value, statics, name.slice("static ".length))
        : hasMember(value.prototype, members.get(name), name),
  };
}

function membersOf(type, checker) {
  return new Map(checker.getPropertiesOfType(type).map((member) => [plain(member.name), member]));
}

/** Removes the number that the compiler appends to the name of a symbol, which varies from run to run. */
function plain(name) {
  return name.replace(/__@(\w+)@\d+$/, "Symbol.$1");
}

function hasStatic(Class, declared, name) {
  if (!declared.has(name)) return false;
  const property = name.startsWith("Symbol.") ? Symbol[name.slice("Symbol.".length)] : name;
  // Members of every function do not count.
  for (let owner = Class; owner !== Function.prototype; owner = Object.getPrototypeOf(owner)) {
    if (Object.hasOwn(owner, property)) return true;
  }
  return false;
}

/** Returns whether a member exists. Fields exist only on instances, so their declaration counts. */
function hasMember(prototype, declared, name) {
  if (declared === undefined) return false;
  const field = !(declared.flags & (ts.SymbolFlags.Method | ts.SymbolFlags.Accessor));
  return field || name in prototype;
}

function main() {
  if (!fs.existsSync(surface)) {
    console.error(`names: no list of names in ${surface} (DAYTONA_SHARED_DIR names another folder)`);
    process.exit(1);
  }
  const now = countNames();
  const before = fs.existsSync(record) ? readRecord() : {};
  for (const [names, { total, present, missing }] of Object.entries(now)) {
    const lost = missing.filter((name) => before[names] !== undefined && !before[names].missing.includes(name));
    if (before[names]?.total === total && lost.length > 0) {
      console.error(`names: ${lost.join(", ")} of ${names} were removed; nothing was recorded`);
      process.exit(1);
    }
    console.log(`names: ${present} of ${total} of ${names}`);
  }
  fs.writeFileSync(record, `${JSON.stringify(now, null, 2)}\n`);
  writeAbsentNames();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
