import { DaytonaSandbox } from "daytona-native";

export async function output() {
  const sandbox = await DaytonaSandbox.create({ target: "local" });
  try {
    return (await sandbox.execute("printf ok")).output;
  } finally {
    await sandbox.close();
  }
}
