import { DaytonaSandbox, DaytonaSandboxError } from "daytona-native";
import { DaytonaFileNotFoundError, type Sandbox } from "daytona-native/sdk";

let sandbox: DaytonaSandbox;
beforeAll(async () => {
  sandbox = await DaytonaSandbox.create({ initialFiles: { "a.txt": "one" } });
});
afterAll(() => sandbox.close());

test("a command has a result", async () => {
  expect(await sandbox.execute("cat a.txt; exit 3")).toStrictEqual({ output: "one", exitCode: 3, truncated: false });
});

test("a failure has its class", async () => {
  await expect(DaytonaSandbox.connect("missing")).rejects.toThrow(DaytonaSandboxError);
  const sdk: Sandbox = sandbox.sandbox;
  await expect(sdk.fs.downloadFile("missing")).rejects.toThrow(DaytonaFileNotFoundError);
});
