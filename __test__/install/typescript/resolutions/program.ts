// Compiles with each resolution and runs as what it compiles to. The type of an entry point that is not found, or of a
// declaration that cannot find another, is `any`: that must be an error here.
import { createDaytonaSandboxFactory, DaytonaSandbox, DaytonaSandboxError, type DaytonaSandboxOptions } from "daytona-native";
import { LocalDaytona } from "daytona-native/local";
import { Daytona, DaytonaNotFoundError, type Sandbox } from "daytona-native/sdk";
import { BaseSandbox, createDeepAgent, type SandboxBackendProtocolV2 } from "deepagents";

type IsAny<T> = 0 extends 1 & T ? true : false;
type Check<T extends false> = T;

export type Typed = [
  Check<IsAny<DaytonaSandbox>>,
  Check<IsAny<DaytonaSandbox["sandbox"]>>,
  Check<IsAny<DaytonaSandbox["client"]>>,
  Check<IsAny<DaytonaSandbox["isolation"]>>,
  Check<IsAny<Sandbox["fs"]>>,
  Check<IsAny<Sandbox["process"]>>,
  Check<IsAny<Awaited<ReturnType<Sandbox["fs"]["listFiles"]>>>>,
  Check<IsAny<Awaited<ReturnType<Sandbox["process"]["executeCommand"]>>>>,
  Check<IsAny<Parameters<Daytona["create"]>[0]>>,
  Check<IsAny<LocalDaytona>>,
  Check<IsAny<DaytonaNotFoundError["statusCode"]>>,
];

/** The sandbox is a backend of an agent: as such, as a protocol, and from a factory. */
export function agents(model: string, sandbox: DaytonaSandbox) {
  const backend: SandboxBackendProtocolV2 = sandbox;
  return [
    createDeepAgent({ model, backend }),
    createDeepAgent({ model, backend: sandbox }),
    createDeepAgent({ model, backend: createDaytonaSandboxFactory({ language: "python" }) }),
  ];
}

/** Options that may be absent. */
export async function options(timeout: number | undefined, signal: AbortSignal | undefined): Promise<string> {
  const all: DaytonaSandboxOptions = { language: "python", timeout, signal, labels: undefined };
  const sandbox = await DaytonaSandbox.create(all);
  const { output } = await sandbox.execute("true", { timeout, signal, cwd: undefined });
  await sandbox.sandbox.fs.listFiles(".", { timeout, signal });
  return output;
}

async function main() {
  const server = await LocalDaytona.start();
  const sandbox = await DaytonaSandbox.create({ auth: server });
  const { output, exitCode } = await sandbox.execute("echo one");
  const { result } = await sandbox.sandbox.process.executeCommand("echo two");
  const failure: unknown = await DaytonaSandbox.connect("missing", { auth: server }).catch((error: unknown) => error);
  if (!(failure instanceof DaytonaSandboxError) || failure.code !== "SANDBOX_NOT_FOUND") throw new Error("expected a failure");
  const missing: unknown = await new Daytona(server).get("missing").catch((error: unknown) => error);
  if (!(missing instanceof DaytonaNotFoundError) || !(sandbox instanceof BaseSandbox)) throw new Error("expected another class");
  await sandbox.close();
  await server.close();
  console.log(output, result, exitCode);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
