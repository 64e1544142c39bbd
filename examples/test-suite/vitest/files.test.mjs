import { Daytona } from "daytona-native/sdk";
import { sandboxForFile } from "daytona-native/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

// Without deepagents: a sandbox of the SDK.
const sandbox = sandboxForFile(() => new Daytona().create(), { beforeAll, afterAll });

test("keeps files", async () => {
  const { fs } = sandbox();
  await fs.uploadFile(Buffer.from("one"), "a.txt");
  expect(String(await fs.downloadFile("a.txt"))).toBe("one");
});
