import { DaytonaSandbox } from "daytona-native";

export const dynamic = "force-dynamic";

export async function GET() {
  const sandbox = await DaytonaSandbox.create({ target: "local" });
  try {
    await sandbox.uploadFiles([["/home/daytona/a.txt", new TextEncoder().encode("from a route")]]);
    const { output } = await sandbox.execute("cat a.txt");
    return Response.json({ output });
  } finally {
    await sandbox.close();
  }
}
