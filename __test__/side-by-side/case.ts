import type * as sdk from "daytona-native/sdk";

/** What a case gets. The types are those of this package, also for the original. */
export interface Context {
  sdk: typeof sdk;
  /** How a client finds the server. */
  config: { apiUrl: string; apiKey: string };
  daytona: sdk.Daytona;
  /** Shared by all cases; one that changes its state creates its own. */
  sandbox: sdk.Sandbox;
  /** An empty folder in the sandbox, for this case only. */
  folder: string;
  /** A folder of this machine, for this case only. */
  localFolder: string;
  /** A name that no other case uses. It is the same in the results of both. */
  unique: string;
}

/** Cases by name: the values that they return are compared. */
export interface Area {
  name: string;
  cases: Record<string, (context: Context) => Promise<unknown>>;
}

/** Runs a script in the sandbox; throws if it fails. */
export async function sh({ sandbox }: Context, script: string): Promise<string> {
  const { exitCode, result } = await sandbox.process.executeCommand(script);
  if (exitCode !== 0) throw new Error(`${script}: exit code ${exitCode}: ${result}`);
  return result;
}

/** Returns what a call returned, or its error as a value. */
export async function settled(call: () => unknown): Promise<unknown> {
  try {
    return { returned: await call() };
  } catch (error) {
    return describeError(error);
  }
}

/** The results of calls, one after the other. */
export async function inOrder(...calls: (() => unknown)[]): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const call of calls) results.push(await settled(call));
  return results;
}

/** Classes, codes and message of an error. */
export function describeError(error: unknown): object {
  const classes: string[] = [];
  for (let prototype = Object.getPrototypeOf(error) as object | null; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    if (prototype !== Object.prototype) classes.push(prototype.constructor.name);
  }
  const { name, message, statusCode, code, errorCode, source } = error as Error & Record<string, unknown>;
  return { classes, name, message, statusCode, code, errorCode, source };
}

/** Creates a sandbox for one case, which is deleted afterwards. */
export async function withSandbox<T>(
  { daytona }: Context,
  options: sdk.CreateSandboxParams,
  use: (sandbox: sdk.Sandbox) => Promise<T>,
): Promise<T> {
  const sandbox = await daytona.create(options as never);
  try {
    return await use(sandbox);
  } finally {
    await daytona.delete(sandbox).catch(() => {});
  }
}
