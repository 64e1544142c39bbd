import { DaytonaSandbox } from "daytona-native";
import { record } from "./create.mjs";

test("does not close its sandbox", async () => {
  // As a program creates it that knows nothing of tests.
  record("leaks", await DaytonaSandbox.create({ target: "local" }));
});
