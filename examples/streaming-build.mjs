// A build whose output is shown while it runs: a command of a session, its live log, and its exit code.
//
//   node examples/streaming-build.mjs
import { DaytonaSandbox } from "daytona-native";

const script = `
set -e
for module in parser compiler linker; do
  echo "building $module"
  sleep 0.1
done
echo "warning: linker.c: unused variable" >&2
tar --create --file app.tar build.sh
echo "done: $(tar --list --file app.tar)"
`;

const sandbox = await DaytonaSandbox.create({ target: "local", initialFiles: { "build.sh": script } });
try {
  // Commands of a session share a shell; runAsync returns the id of the command at once.
  const { process: toolbox } = sandbox.sandbox;
  await toolbox.createSession("build");
  const { cmdId } = await toolbox.executeSessionCommand("build", { command: "bash build.sh", runAsync: true });

  // The promise resolves when the command has exited. The limit is for the whole stream.
  const started = performance.now();
  let first;
  await toolbox.getSessionCommandLogs(
    "build",
    cmdId,
    (chunk) => {
      first ??= performance.now() - started;
      process.stdout.write(chunk);
    },
    (chunk) => process.stderr.write(chunk),
    { timeout: 60 },
  );

  const { exitCode } = await toolbox.getSessionCommand("build", cmdId);
  const whole = performance.now() - started;
  console.log(`exit code ${exitCode}; the first output came ${first < whole / 2 ? "while the build ran" : "at the end"}`);
} finally {
  await sandbox.close();
}
