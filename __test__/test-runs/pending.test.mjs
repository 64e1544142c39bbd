import { sandboxForFile } from "daytona-native/testing";
import { create, record } from "./create.mjs";

const sandbox = sandboxForFile(create);

test("does not wait for a command", () => {
  record("pending", sandbox());
  void sandbox()
    .execute("sleep 600", { timeout: 0 })
    .catch(() => {});
});
