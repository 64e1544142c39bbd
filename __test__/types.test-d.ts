// Checked by tsc only (npm run check:types): a program that compiles with the replaced package compiles with this one.
import type * as original from "@langchain/daytona";
import type * as ours from "daytona-native";
import * as daytona from "daytona-native";
import { LocalDaytona } from "daytona-native/local";
import startLocalServer, { sandboxForFile } from "daytona-native/testing";
import { CodeLanguage, Daytona, type Sandbox, SandboxState } from "daytona-native/sdk";
import { type BackendFactory, CompositeBackend, type SandboxError, createDeepAgent, createFilesystemMiddleware } from "deepagents";
import * as node from "node:test";
import * as vitest from "vitest";
import { ScriptedModel } from "../examples/scripted-model.mjs";

/** Compiles if `From` is assignable to `To`. */
type Assignable<From extends To, To> = From;

/** Only public named members: private fields and brands of two classes always differ. */
type Public<T, Without extends PropertyKey = never> = { [Key in Exclude<keyof T, Without | symbol>]: T[Key] };

// The classes of the SDK are compared elsewhere.
type Sdk = "instance" | "client";

export type OptionsOfTheOriginal = [
  Assignable<original.DaytonaSandboxOptions, ours.DaytonaSandboxOptions>,
  Assignable<Omit<ours.DaytonaSandboxOptions, "target">, Omit<original.DaytonaSandboxOptions, "target">>,
  Assignable<original.DaytonaSandboxTarget, NonNullable<ours.DaytonaSandboxOptions["target"]>>,
  Assignable<original.DaytonaCredentials, ours.DaytonaCredentials>,
  Assignable<ours.DaytonaCredentials, original.DaytonaCredentials>,
  Assignable<original.DaytonaSandboxErrorCode, ours.DaytonaSandboxErrorCode>,
  Assignable<ours.DaytonaSandboxErrorCode, original.DaytonaSandboxErrorCode>,
];

export type MembersOfTheOriginal = [
  Assignable<Public<ours.DaytonaSandbox, Sdk>, Public<original.DaytonaSandbox, Sdk>>,
  Assignable<Public<ours.DaytonaSandboxError, symbol>, Public<original.DaytonaSandboxError, symbol>>,
  Assignable<ours.DaytonaSandboxError, SandboxError>,
];

export type FunctionsOfTheOriginal = [
  Assignable<typeof ours.getAuthApiKey, typeof original.getAuthApiKey>,
  Assignable<typeof ours.getAuthApiUrl, typeof original.getAuthApiUrl>,
  Assignable<typeof ours.getAuthCredentials, typeof original.getAuthCredentials>,
  Assignable<ReturnType<typeof ours.createDaytonaSandboxFactory>, ours.AsyncDaytonaSandboxFactory>,
  Assignable<ReturnType<typeof ours.createDaytonaSandboxFactory>, BackendFactory>,
  Assignable<ReturnType<ReturnType<typeof ours.createDaytonaSandboxFactory>>, Promise<ours.DaytonaSandbox>>,
  Assignable<ReturnType<typeof ours.createDaytonaSandboxFactoryFromSandbox>, BackendFactory>,
];

export async function typicalProgram(): Promise<void> {
  const sandbox = await daytona.DaytonaSandbox.create({
    language: "python",
    timeout: 300,
    target: "local",
    labels: { team: "a" },
    envVars: { A: "b" },
    initialFiles: { "a.txt": "b" },
    autoStopInterval: 15,
    auth: { apiKey: "k", apiUrl: "u" },
  });
  const model = new ScriptedModel({ script: [] });
  createDeepAgent({ model, backend: sandbox, systemPrompt: "…" });
  createFilesystemMiddleware({ backend: daytona.createDaytonaSandboxFactoryFromSandbox(sandbox) });
  await using factory = daytona.createDaytonaSandboxFactory({ language: "python", onTimeout: "result" });
  createDeepAgent({ model, backend: factory });
  createDeepAgent({ model, backend: (runtime) => new CompositeBackend(factory(runtime), {}) });
  createFilesystemMiddleware({ backend: factory });

  const { output, exitCode, truncated } = await sandbox.execute("true", {
    timeout: 1,
    cwd: "/",
    env: { A: "b" },
    signal: AbortSignal.timeout(1),
  });
  const answer: [string, number | null, boolean] = [output, exitCode, truncated];
  const [file] = await sandbox.downloadFiles(["/a"]);
  const content: Uint8Array | null | undefined = file?.content;
  const failure: [string | null | undefined, string | undefined] = [file?.error, file?.reason];
  const made: original.AsyncDaytonaSandboxFactory extends () => Promise<unknown> ? ours.DaytonaSandbox : never =
    await daytona.createDaytonaSandboxFactory({ language: "typescript" })();

  const homes: string[] = [
    await made.getWorkDir(),
    await made.sandbox.getUserHomeDir().then(String),
    String(made.isolation),
    String(answer),
    String(content),
    String(failure),
  ];
  try {
    await daytona.DaytonaSandbox.connect(homes.join());
  } catch (error) {
    if (error instanceof daytona.DaytonaSandboxError && error.code === "COMMAND_TIMEOUT")
      throw new Error(error.output, { cause: error.cause });
    if (daytona.DaytonaSandboxError.isInstance(error)) error.code satisfies ours.DaytonaSandboxErrorCode;
  }

  await using server = await LocalDaytona.start();
  await using disposable = await daytona.DaytonaSandbox.fromId("id", { auth: { apiUrl: server.apiUrl, apiKey: server.apiKey } });
  await disposable.stop();

  // @ts-expect-error: no such language
  new daytona.DaytonaSandbox({ language: "cobol" });
  // @ts-expect-error: seconds are a number
  new daytona.DaytonaSandbox({ timeout: "300" });
  // @ts-expect-error: contents are bytes, as in the original
  await sandbox.uploadFiles([["/a", "text"]]);
  sandbox.sandbox.state satisfies SandboxState;
  "started" satisfies typeof sandbox.sandbox.state;
  for (const state of Object.values(SandboxState)) state satisfies Sandbox["state"];
  server.isolation satisfies "namespaces" | "landlock" | "none";
  const client = new Daytona({ target: "local", apiUrl: server.apiUrl, apiKey: server.apiKey });
  await client.create({ language: CodeLanguage.PYTHON });
  // @ts-expect-error: no such state
  sandbox.sandbox.state === "running";
  // @ts-expect-error: no such isolation
  sandbox.isolation === "namespace";
  // @ts-expect-error: no such isolation
  sandbox.sandbox.isolation === "namespace";
  // @ts-expect-error: no such isolation
  server.isolation === "auto";
  // @ts-expect-error: no such isolation
  await LocalDaytona.start({ isolation: "walls" });
  // @ts-expect-error: no such language
  await client.create({ language: "cobol" });
  // @ts-expect-error: no such code
  new daytona.DaytonaSandboxError("words", "NO_SUCH_CODE");
}

export async function testSuites(): Promise<void> {
  const backend: () => daytona.DaytonaSandbox = sandboxForFile(() => daytona.DaytonaSandbox.create());
  // The hooks of each runner.
  const sandbox: () => Sandbox = sandboxForFile(() => new Daytona().create(), vitest);
  sandboxForFile(() => new Daytona().create(), { beforeAll: node.before, afterAll: node.after });
  // @ts-expect-error A number can be neither closed nor deleted.
  sandboxForFile(async () => 5);
  const stop: () => Promise<void> = await startLocalServer();
  await Promise.all([backend().execute("true"), sandbox().delete(), stop()]);
}
