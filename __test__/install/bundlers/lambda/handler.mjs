import { DaytonaSandbox } from "daytona-native";

export async function handler() {
  const sandbox = await DaytonaSandbox.create({ target: "local" });
  try {
    return (await sandbox.execute("echo ok")).output.trim();
  } finally {
    await sandbox.close();
  }
}
