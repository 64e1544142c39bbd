import { createRequire } from "node:module";
import path from "node:path";
import { DaytonaSandboxError } from "daytona-native";
import { DaytonaError } from "daytona-native/sdk";
import { SandboxError } from "deepagents";
import { describe, expect, inject, it } from "vitest";
import { errorCodes } from "./page/error-codes.js";
import { failureOf } from "./support/failure.js";
import { root } from "./support/server.js";

// Each code with its real causes: a server with that response, or a sandbox in that state. Auto-stop is in minute.spec.ts.

const auth = inject("daytona");
const require = createRequire(path.join(root, "package.json"));
const commonJs = require("daytona-native") as typeof import("daytona-native");

describe.each(Object.entries(errorCodes))("%s", (code, causes) => {
  it.each(causes)("is caused by $cause", async ({ trigger: provoke, message: says, status }) => {
    async function theCaller() {
      await provoke(auth);
    }
    const error = await failureOf(theCaller);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
    expect(error).toBeInstanceOf(DaytonaSandboxError);
    expect(error).toBeInstanceOf(SandboxError);
    expect([DaytonaSandboxError.isInstance(error), commonJs.DaytonaSandboxError.isInstance(error), SandboxError.isInstance(error)]).toEqual(
      [true, true, true],
    );
    expect(error.cause?.statusCode).toBe(status);
    if (status !== undefined) expect(error.cause).toBeInstanceOf(DaytonaError);
    expect(error.stack).toContain("theCaller");
  });
});

describe("in CommonJS", () => {
  it("has its own classes, which extend those of deepagents in that format", async () => {
    const error = await new commonJs.DaytonaSandbox({ auth }).execute("true").catch((reason: unknown) => reason);
    const { SandboxError: theirs } = require("deepagents") as typeof import("deepagents");
    expect(error).toBeInstanceOf(commonJs.DaytonaSandboxError);
    expect(error).toBeInstanceOf(theirs);
    expect(DaytonaSandboxError.isInstance(error)).toBe(true);
  });

  it("shares the error classes of the SDK with ESM", async () => {
    const error = await failureOf(commonJs.DaytonaSandbox.connect("none-such", { auth }));
    expect(error.cause).toBeInstanceOf(DaytonaError);
  });
});
