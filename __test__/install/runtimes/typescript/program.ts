import { DaytonaSandbox, type DaytonaSandboxOptions } from "daytona-native";
import type { Sandbox } from "daytona-native/sdk";

const options: DaytonaSandboxOptions = { target: "local", language: "python" };

async function main(): Promise<void> {
  const sandbox = await DaytonaSandbox.create(options);
  const sdk: Sandbox = sandbox.sandbox;
  const { result } = await sdk.process.executeCommand("printf ok");
  await sandbox.close();
  console.log(result);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
