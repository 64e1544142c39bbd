import { sandboxForFile } from "daytona-native/testing";
import { create, record } from "./create.mjs";

const sandbox = sandboxForFile(create);

test("fails", async () => {
  record("fails", sandbox());
  expect((await sandbox().execute("exit 1")).exitCode).toBe(0);
});
