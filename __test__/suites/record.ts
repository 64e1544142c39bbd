import { createHash } from "node:crypto";
import { type Case, type Provider, type SandboxUnderTest, type Suite, sh } from "./suite.js";

let folders = 0;

/** Runs a case in a separate folder and returns the result or the failure. */
export async function record(provider: Provider, sandbox: SandboxUnderTest | undefined, suite: Suite, testCase: Case): Promise<unknown> {
  if (sandbox === undefined) throw new Error(`${provider.name} has no sandbox`);
  const folder = `/home/daytona/${suite.name}-${++folders}`;
  await sh(sandbox, `mkdir ${folder}`);
  let result: unknown;
  try {
    result = await testCase.run({ provider, sandbox, folder });
  } catch (error) {
    const { name, message } = error as Error;
    result = { caseFailed: `${name}: ${message}` };
  }
  return comparable(result, folder);
}

/** Replaces parts of a value that depend on the run: the name of the folder, ids, and large contents. */
function comparable(value: unknown, folder: string): unknown {
  if (typeof value === "string") {
    const text = value
      .replaceAll(folder, "<folder>")
      .replaceAll(folder.replace("/home/daytona/", ""), "<folder>")
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>");
    return text.length < 4096 ? text : { length: text.length, sha256: sha256(text) };
  }
  if (value instanceof Uint8Array) return { bytes: value.length, sha256: sha256(value) };
  if (Array.isArray(value)) return value.map((item) => comparable(item, folder));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, comparable(item, folder)]));
  }
  return value;
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
