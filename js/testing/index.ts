// For test suites. Knows the test runner only by what it passes, and imports none.
import process from "node:process";
import { DaytonaInvalidArgumentError, DaytonaNotFoundError, DaytonaServiceUnavailableError, loadSdk } from "#internal";
import { LocalDaytona } from "#local";

/** How long the hooks may take, in milliseconds: a sandbox of the service needs more than the few seconds that runners allow. */
const HOOK_TIMEOUT = 120_000;

/** A resource of a test file: it is closed, or, like the SDK's `Sandbox`, deleted. */
export type TestResource = { close(): Promise<unknown> } | { delete(): Promise<unknown> };

/** The hooks of a test runner. A second argument is a timeout in milliseconds, where the runner has one. */
export interface TestHooks {
  /** Runs a function before the first test. */
  beforeAll(run: () => Promise<void>): unknown;
  /** Runs a function after the last test, also of a failed one. */
  afterAll(run: () => Promise<void>): unknown;
}

type HookWithTimeout = (run: () => Promise<void>, timeout: number) => unknown;

/** What Vitest passes to a global setup, as far as it is used. Jest passes its configuration, which has no such function. */
interface RerunningRunner {
  onTestsRerun?: (listener: () => Promise<void>) => void;
}

/** The local server of this run, shared by the projects of a workspace. */
let shared: { server: Promise<LocalDaytona>; projects: number; environment: Record<string, string | undefined> } | undefined;

/**
 * Global setup of a test run: starts one local server, and sets the environment so that all workers use it. Each re-run in
 * watch mode starts without the sandboxes of the previous one. The server and all of its sandboxes end with the run, also if
 * the runner is interrupted or killed. Does nothing if `DAYTONA_TARGET` names a region of the service.
 *
 * @example
 * ```typescript
 * // vitest.config.ts; in jest.config.js, globalSetup is a property of the configuration itself
 * export default defineConfig({ test: { globalSetup: "daytona-native/testing" } });
 * ```
 * @param runner What the test runner passes to a global setup.
 * @returns A function that stops the server, which Vitest calls after the run. Jest needs none: the server ends with Jest.
 * @throws {DaytonaServiceUnavailableError} The server cannot run on this machine; the message contains the reason.
 */
export default async function startLocalServer(runner?: unknown): Promise<() => Promise<void>> {
  const target = process.env.DAYTONA_TARGET;
  if (shared === undefined && target && target !== "local") return async () => {};
  const onRerun = (runner as RerunningRunner | undefined)?.onTestsRerun?.bind(runner);
  const isFirst = shared === undefined;
  shared ??= { server: LocalDaytona.start(), projects: 0, environment: {} };
  const run = shared;
  try {
    const server = await run.server;
    if (isFirst) run.environment = setEnvironment(environmentOf(server));
    // Jest runs its global setup again before each re-run.
    else if (onRerun === undefined) await deleteSandboxes(server);
    onRerun?.(() => deleteSandboxes(server));
  } catch (error) {
    if (isFirst) shared = undefined;
    throw error;
  }
  run.projects += 1;
  return () => leave(run);
}

/** Stops the server when the last project of the run has ended. */
async function leave(run: NonNullable<typeof shared>): Promise<void> {
  run.projects -= 1;
  if (run.projects > 0) return;
  if (shared === run) shared = undefined;
  setEnvironment(run.environment);
  await (await run.server).close();
}

/** The variables by which clients find the server: this package's for the target `local`, and those of every Daytona client. */
function environmentOf({ apiUrl, apiKey }: LocalDaytona): Record<string, string> {
  return {
    DAYTONA_TARGET: "local",
    DAYTONA_LOCAL_API_URL: apiUrl,
    DAYTONA_LOCAL_API_KEY: apiKey,
    DAYTONA_API_URL: apiUrl,
    DAYTONA_API_KEY: apiKey,
  };
}

/** Sets or, where the value is undefined, removes variables. Returns their previous values. */
function setEnvironment(variables: Record<string, string | undefined>): Record<string, string | undefined> {
  const previous: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(variables)) {
    previous[name] = process.env[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  return previous;
}

/** Deletes what tests left on their server, such as those of a worker that was killed. */
async function deleteSandboxes({ apiUrl, apiKey }: LocalDaytona): Promise<void> {
  const { Daytona } = loadSdk();
  const deletions: Promise<void>[] = [];
  for await (const sandbox of new Daytona({ apiUrl, apiKey }).list()) deletions.push(dispose(sandbox));
  await Promise.all(deletions);
}

/**
 * Creates a sandbox before the first test of a file, or of the surrounding `describe`, and closes it after the last one, also
 * if tests or the creation fail. Closing it ends the calls that tests left running.
 *
 * @example
 * ```typescript
 * const sandbox = sandboxForFile(() => DaytonaSandbox.create({ language: "python" }));
 *
 * test("greets", async () => {
 *   expect((await sandbox().execute("echo hello")).output).toBe("hello\n");
 * });
 * ```
 * @param create Creates the sandbox: a `DaytonaSandbox`, a `Sandbox` of the SDK, or another object with `close()` or `delete()`.
 * @param hooks `beforeAll` and `afterAll` of the test runner. Default: the global functions of these names.
 * @returns A function that returns the sandbox, in hooks and tests that run after this hook.
 * @throws {DaytonaInvalidArgumentError} No hooks were passed, and there are no global ones.
 */
export function sandboxForFile<Resource extends TestResource>(create: () => Promise<Resource>, hooks?: TestHooks | null): () => Resource {
  const { beforeAll, afterAll } = (hooks ?? globalHooks()) as Record<keyof TestHooks, HookWithTimeout>;
  let creating: Promise<Resource> | undefined;
  let sandbox: Resource | undefined;
  beforeAll(async () => {
    creating = create();
    sandbox = await creating;
  }, HOOK_TIMEOUT);
  afterAll(async () => {
    // The creation may have outlasted its hook. If it failed, the hook did.
    const created = await creating?.catch(() => undefined);
    sandbox = undefined;
    if (created !== undefined) await dispose(created);
  }, HOOK_TIMEOUT);
  return () => {
    if (sandbox !== undefined) return sandbox;
    throw new DaytonaServiceUnavailableError(
      "There is no sandbox yet, or not any more. Use the sandbox in tests, or in hooks that are registered after sandboxForFile().",
    );
  };
}

/** Closes or deletes a resource. A test may have deleted it already. */
async function dispose(resource: TestResource): Promise<void> {
  try {
    await ("close" in resource ? resource.close() : resource.delete());
  } catch (error) {
    if (!(error instanceof DaytonaNotFoundError)) throw error;
  }
}

function globalHooks(): TestHooks {
  const { beforeAll, afterAll } = globalThis as Partial<TestHooks>;
  if (typeof beforeAll === "function" && typeof afterAll === "function") return { beforeAll, afterAll };
  throw new DaytonaInvalidArgumentError(
    "Could not create a sandbox for this file: the test runner has no global beforeAll and afterAll. Pass those that you import: " +
      "sandboxForFile(create, { beforeAll, afterAll }).",
  );
}
