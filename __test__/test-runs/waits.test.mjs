import { sandboxForFile } from "daytona-native/testing";
import { create, record } from "./create.mjs";

const sandbox = sandboxForFile(create);

test("waits for a command", async () => {
  const waiting = sandbox().execute("touch started; sleep 600", { timeout: 0 });
  await sandbox().execute("until [ -e started ]; do sleep 0.01; done");
  record("waits", sandbox());
  await waiting;
}, 600_000);
