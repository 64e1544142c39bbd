import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take longest, on a machine that has not run them before: the longest must not be what the others wait for at the end. */
const LONGEST = [
  ...["runners", "isolation", "code-blocks", "side-by-side", "page", "testing", "local", "publish", "tarball"],
  ...["install", "replay", "minute"],
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.spec.ts`));
      return at === -1 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
