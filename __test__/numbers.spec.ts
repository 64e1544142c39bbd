import { Daytona, DaytonaInvalidArgumentError, DaytonaTimeoutError, type Sandbox } from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

// A number that does not fit is an error with the name of its argument, and never another number.

const daytona = new Daytona(inject("daytona"));
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await daytona.create();
});
afterAll(() => sandbox.delete());

const wrong = (value: unknown) => value as never;
const misfits = [-1, 0.5, 2 ** 32, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 5n, "5"];

async function expectInvalid(call: Promise<unknown>, says: string): Promise<void> {
  const error = await call.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DaytonaInvalidArgumentError);
  expect((error as Error).message).toContain(says);
}

describe("an interval", () => {
  it.each(misfits)("of %s minutes is refused", async (minutes) => {
    const says =
      typeof minutes === "number" ? `interval must be a whole number from 0 to 4294967295, not ${minutes}` : "interval must be a number";
    await expectInvalid(sandbox.setAutostopInterval(wrong(minutes)), says);
    await expectInvalid(sandbox.setAutoArchiveInterval(wrong(minutes)), says);
    await expectInvalid(daytona.create({ autoStopInterval: wrong(minutes) }), `autoStopInterval ${says.slice("interval ".length)}`);
    if (minutes !== -1) await expectInvalid(sandbox.setAutoDeleteInterval(wrong(minutes)), "interval must be a");
    expect(sandbox.autoStopInterval).toBe(15);
  });

  it("may be negative where that stands for never", async () => {
    await sandbox.setAutoDeleteInterval(-1);
    expect(sandbox.autoDeleteInterval).toBe(-1);
  });
});

describe("a resource", () => {
  it.each(misfits)("of %s is refused", async (count) => {
    await expectInvalid(daytona.create({ image: "node:20", resources: { memory: wrong(count) } }), "resources.memory must be a");
  });
});

describe("a time limit", () => {
  it.each([-1, Number.NaN, -0.001, Number.POSITIVE_INFINITY])("of %s seconds is refused", async (seconds) => {
    await expectInvalid(
      sandbox.process.executeCommand("true", undefined, undefined, seconds),
      `timeout must be a non-negative number of seconds`,
    );
    await expectInvalid(sandbox.fs.uploadFile(Buffer.from("x"), "x", seconds), "timeout");
    await expectInvalid(sandbox.fs.listFiles(".", { timeout: seconds }), "timeout");
  });

  it("of half a second ends a command after half a second", async () => {
    const started = performance.now();
    const error = await sandbox.process.executeCommand("sleep 30", undefined, undefined, 0.5).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DaytonaTimeoutError);
    expect(performance.now() - started).toBeGreaterThan(490);
    expect((await sandbox.process.executeCommand("pgrep -x sleep || echo none")).result).toBe("none\n");
  });

  it("of 0 is none", async () => {
    await sandbox.fs.uploadFile(Buffer.from("content"), "no-limit", 0);
    expect((await sandbox.fs.downloadFile("no-limit", 0)).toString()).toBe("content");
    expect((await sandbox.process.executeCommand("echo ran", undefined, undefined, 0)).result).toBe("ran\n");
  });
});

describe("a record", () => {
  it.each(["text", ["a"]])("is not %j, whose characters or items are no properties", async (labels) => {
    await expectInvalid(sandbox.setLabels(wrong(labels)), "labels must be an object");
    await expectInvalid(sandbox.process.executeCommand("true", undefined, wrong(labels)), "envs must be an object");
    expect(sandbox.labels).not.toHaveProperty("0");
  });
});
