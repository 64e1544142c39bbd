import { DaytonaSandbox } from "daytona-native";
import { redirect } from "next/navigation";

async function run() {
  "use server";
  const sandbox = await DaytonaSandbox.create({ target: "local" });
  let output;
  try {
    ({ output } = await sandbox.execute("echo from an action"));
  } finally {
    await sandbox.close();
  }
  redirect(`/?output=${encodeURIComponent(output.trim())}`);
}

export default function Page() {
  return (
    <form action={run}>
      <button type="submit">Run</button>
    </form>
  );
}
