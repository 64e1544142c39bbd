//#region js/testing/index.d.ts
/** A resource of a test file: it is closed, or, like the SDK's `Sandbox`, deleted. */
type TestResource = {
  close(): Promise<unknown>;
} | {
  delete(): Promise<unknown>;
};
/** The hooks of a test runner. A second argument is a timeout in milliseconds, where the runner has one. */
interface TestHooks {
  /** Runs a function before the first test. */
  beforeAll(run: () => Promise<void>): unknown;
  /** Runs a function after the last test, also of a failed one. */
  afterAll(run: () => Promise<void>): unknown;
}
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
declare function startLocalServer(runner?: unknown): Promise<() => Promise<void>>;
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
declare function sandboxForFile<Resource extends TestResource>(create: () => Promise<Resource>, hooks?: TestHooks | null): () => Resource;
//#endregion
export { TestHooks, TestResource, startLocalServer as default, sandboxForFile };