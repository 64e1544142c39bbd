// The program that each of these projects bundles.
import { DaytonaSandbox } from "daytona-native";

async function main() {
  const sandbox = await DaytonaSandbox.create({ target: "local" });
  try {
    const [uploaded] = await sandbox.uploadFiles([["/home/daytona/a.txt", new TextEncoder().encode("bundled")]]);
    const { output } = await sandbox.execute("cat a.txt");
    if (uploaded.error !== null || output.trim() !== "bundled") throw new Error(`unexpected output: ${output}`);
  } finally {
    await sandbox.close();
  }
  console.log("ok");
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
