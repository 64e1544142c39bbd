import { sandboxForFile } from "daytona-native/testing";
import { create, record } from "./create.mjs";

const sandbox = sandboxForFile(create);

test("passes", async () => {
  record("passes", sandbox());
  expect((await sandbox().execute("echo passes")).output).toBe("passes\n");
});
