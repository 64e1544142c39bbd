import { accessSync, constants } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Attempt, make } from "./isolation/attempt.js";
import { endings } from "./isolation/endings.js";
import { EXCEPTIONS } from "./isolation/exceptions.js";
import { everyday } from "./isolation/everyday.js";
import { host } from "./isolation/host.js";
import { kernel } from "./isolation/kernel.js";
import { limits } from "./isolation/limits.js";
import { MODES, type Mode } from "./isolation/mode.js";
import { network } from "./isolation/network.js";
import { paths } from "./isolation/paths.js";
import { Place } from "./isolation/place.js";
import { processes } from "./isolation/processes.js";
import { isRoot, unsupported } from "./isolation/program.js";
import { requests } from "./isolation/requests.js";

// Attempts to get out of a sandbox, to reach what belongs to others and to break the server; and what works inside all
// the same. Each is data, and is made in every mode that has to prevent it.

const ATTEMPTS: Attempt[] = [...kernel, ...processes, ...host, ...network, ...limits, ...requests, ...endings];
const USES: Attempt[] = [...everyday, ...paths];
const modes = (Object.keys(MODES) as Mode[]).filter((mode) => isRoot || !MODES[mode].asRoot);

// The time limit is for the longest of them on a busy machine.
describe.skipIf(process.platform !== "linux").each(modes)("%s", { timeout: 120_000 }, (mode) => {
  let place: Place;
  let unavailable: string | undefined;
  beforeAll(async () => {
    unavailable = unsupported(mode);
    if (unavailable === undefined) place = await Place.open(mode);
    else console.log(`${mode}: ${unavailable}`);
  });
  afterAll(() => place?.close());

  describe.each([
    ["uses", "worked", USES],
    ["attempts", "held", ATTEMPTS],
  ] as const)("%s", (what, how, table) => {
    const counts = { made: 0, held: 0, skipped: 0, excepted: 0 };
    afterAll(() => {
      const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} cannot be made on this machine`;
      const excepted = counts.excepted === 0 ? "" : `, ${counts.excepted} do not, as documented`;
      console.log(`${mode}: ${counts.made} ${what}, ${counts.held} ${how}${excepted}${skipped}`);
    });

    for (const attempt of table.filter(({ modes }) => modes.includes(mode))) {
      const exception = EXCEPTIONS.get(attempt.name);
      const isExcepted = exception?.modes.includes(mode) ?? false;
      it(isExcepted ? `${attempt.name} (does not: ${exception?.why})` : attempt.name, async (context) => {
        const reason = unavailable ?? impossible(attempt, place);
        if (reason !== undefined) {
          counts.skipped++;
          context.skip(reason);
        }
        counts.made++;
        const { gives } = attempt;
        const came = await make(attempt, place, table);
        if (isExcepted) {
          counts.excepted++;
          expect(came.trim()).not.toSatisfy((text: string) => (typeof gives === "string" ? text === gives.trim() : gives.test(text)));
          return;
        }
        if (typeof gives === "string") expect(came.trim()).toBe(gives.trim());
        else expect(came.trim()).toMatch(gives);
        counts.held++;
      });
    }
  });
});

/** Returns why an attempt cannot be made here. */
function impossible({ needs = [], unavailable, isDestructive }: Attempt, place: Place): string | undefined {
  const absent = needs.filter((program) => !isInstalled(program));
  if (absent.length > 0) return `this host has no ${absent.join(", ")}`;
  if (isDestructive && !place.isThrowAway()) return "it could destroy files of the user who runs the test";
  return unavailable?.(place);
}

function isInstalled(program: string): boolean {
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".split(":").some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
