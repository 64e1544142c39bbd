// A sandbox without an agent and without deepagents: the SDK and a local server.
//
//   node examples/standalone.mjs
import { LocalDaytona } from "daytona-native/local";
import { Daytona } from "daytona-native/sdk";

const local = await LocalDaytona.start();
try {
  // Without arguments, the client reads DAYTONA_API_KEY and DAYTONA_API_URL.
  const daytona = new Daytona(local);
  const sandbox = await daytona.create({ language: "python", envVars: { GREETING: "Hello" } });

  const code = `
import os, platform
print(os.environ["GREETING"], "from", os.environ["USER"], "on", platform.system())
`;
  const { exitCode, result } = await sandbox.process.codeRun(code);
  console.log(result.trim());
  console.log("exit code", exitCode);

  await sandbox.delete();
} finally {
  // Also deletes the sandboxes that are left after a failure.
  await local.close();
}
