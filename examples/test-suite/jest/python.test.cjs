const { DaytonaSandbox } = require("daytona-native");
const { sandboxForFile } = require("daytona-native/testing");

const sandbox = sandboxForFile(() => DaytonaSandbox.create({ language: "python" }));

test("runs Python", async () => {
  const { output, exitCode } = await sandbox().execute("python3 -c 'print(6 * 7)'");
  expect([output, exitCode]).toEqual(["42\n", 0]);
});
