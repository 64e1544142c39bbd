const { Daytona } = require("daytona-native/sdk");
const { sandboxForFile } = require("daytona-native/testing");

// Without deepagents: a sandbox of the SDK.
const sandbox = sandboxForFile(() => new Daytona().create());

test("keeps files", async () => {
  const { fs } = sandbox();
  await fs.uploadFile(Buffer.from("one"), "a.txt");
  expect(String(await fs.downloadFile("a.txt"))).toBe("one");
});
