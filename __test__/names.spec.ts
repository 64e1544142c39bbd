import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { countNames, readRecord, surface } from "../scripts/names.mjs";

// Compares the public names of the replaced packages that this package has with names.json. The list of names is outside
// the repository; without it, the tests are skipped.

const present = fs.existsSync(surface);
if (!present) console.log(`names: skipped, no list of names in ${surface} (DAYTONA_SHARED_DIR names another folder)`);

describe.skipIf(!present)("names of the replaced packages", () => {
  const before = readRecord();
  const now = present ? countNames() : {};
  const figures = (of: typeof now) => Object.entries(of).map(([names, { total, present }]) => `${present} of ${total} of ${names}`);
  const without = (some: string[], others: string[]) => some.filter((name) => !others.includes(name));

  it.each(Object.keys(before))("%s: none was removed", (names) => {
    expect(without(now[names]?.missing ?? [], before[names]?.missing ?? [])).toEqual([]);
  });

  it.each(Object.keys(before))("%s: none was added without a record", (names) => {
    const added = without(before[names]?.missing ?? [], now[names]?.missing ?? []);
    expect(added, "names were added: run npm run names and commit __test__/names.json").toEqual([]);
  });

  it("match the recorded counts", () => {
    console.log(`names: ${figures(now).join(", ")}`);
    expect(figures(now)).toEqual(figures(before));
  });
});
