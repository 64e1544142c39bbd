import type { BaseSandbox, ExecuteResponse, FileDownloadResponse, FileUploadResponse } from "deepagents";

/** The members that all versions of the package have; the suites use no others. */
export interface SandboxUnderTest extends BaseSandbox {
  readonly isRunning: boolean;
  execute(command: string): Promise<ExecuteResponse>;
  uploadFiles(files: [string, Uint8Array][]): Promise<FileUploadResponse[]>;
  downloadFiles(paths: string[]): Promise<FileDownloadResponse[]>;
  initialize(): Promise<void>;
  stop(): Promise<void>;
  start(timeout?: number): Promise<void>;
  close(): Promise<void>;
  kill(): Promise<void>;
  getWorkDir(): Promise<string>;
  getUserHomeDir(): Promise<string>;
}

export interface Options {
  auth?: { apiKey?: string; apiUrl?: string };
  language?: "typescript" | "python" | "javascript";
  envVars?: Record<string, string>;
  labels?: Record<string, string>;
  initialFiles?: Record<string, string>;
  autoStopInterval?: number;
  timeout?: number;
}

/** The exports that the suites use, of this package and of the one that it replaces. */
export interface PackageUnderTest {
  DaytonaSandbox: {
    new (options?: Options): SandboxUnderTest;
    create(options?: Options): Promise<SandboxUnderTest>;
    fromId(id: string, options?: Pick<Options, "auth" | "timeout">): Promise<SandboxUnderTest>;
    fromName(name: string, options?: Pick<Options, "auth">): Promise<SandboxUnderTest>;
    deleteAll(labels: Record<string, string>, options?: Pick<Options, "auth">): Promise<number>;
  };
  createDaytonaSandboxFactory(options?: Options): () => Promise<SandboxUnderTest>;
  createDaytonaSandboxFactoryFromSandbox(sandbox: never): unknown;
}

/** A package and the service that it uses. */
export interface Provider {
  name: string;
  api: PackageUnderTest;
  auth: { apiKey: string; apiUrl: string };
}

export interface CaseContext {
  provider: Provider;
  /** Shared by the cases of a suite; a case that stops or deletes a sandbox creates its own. */
  sandbox: SandboxUnderTest;
  /** An empty folder in the sandbox, for this case only. */
  folder: string;
}

export interface Case {
  name: string;
  /** Runs the case; the results of the providers are compared. */
  run(context: CaseContext): Promise<unknown>;
  /** The expected result, if it is known. */
  expected?: unknown;
}

export interface Suite {
  name: string;
  cases: Case[];
}

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

export const decode = (bytes: Uint8Array | null): string | null => bytes && new TextDecoder().decode(bytes);

/** Uploads a file for a case; throws if that fails. */
export async function writeFile(sandbox: SandboxUnderTest, path: string, content: string | Uint8Array): Promise<void> {
  const [result] = await sandbox.uploadFiles([[path, typeof content === "string" ? encode(content) : content]]);
  if (result?.error != null) throw new Error(`cannot prepare ${path}: ${result.error}`);
}

/** Runs a command that prepares or inspects; throws if it fails. */
export async function sh(sandbox: SandboxUnderTest, command: string): Promise<string> {
  const { output, exitCode } = await sandbox.execute(command);
  if (exitCode !== 0) throw new Error(`${command}: exit code ${exitCode}: ${output}`);
  return output;
}

/** Returns a failure as a value: class and code only, since messages differ. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    return { returned: await promise };
  } catch (error) {
    const { name, code } = error as { name?: string; code?: string };
    return { thrown: name, code };
  }
}

/** Sorts items by path, because the order depends on the file system. */
export function byPath<T extends { path: string }>(items: T[] | undefined): T[] | undefined {
  return items?.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
