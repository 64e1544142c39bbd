import { DaytonaSandbox } from "daytona-native";
import { sandboxForFile } from "daytona-native/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

const sandbox = sandboxForFile(() => DaytonaSandbox.create({ language: "python" }), { beforeAll, afterAll });

test("runs Python", async () => {
  const { output, exitCode } = await sandbox().execute("python3 -c 'print(6 * 7)'");
  expect([output, exitCode]).toEqual(["42\n", 0]);
});
