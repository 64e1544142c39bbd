import { Daytona as OriginalDaytona } from "@daytona/sdk";
import {
  Daytona,
  DaytonaInvalidArgumentError,
  DaytonaUnprocessableEntityError,
  DaytonaValidationError,
  type Sandbox,
} from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

// How long a sandbox lives, and with which resources, at the local server.

const server = inject("daytona");
const minutesUntil = (time: string | undefined) => (Date.parse(time as string) - Date.now()) / 60_000;
let daytona: Daytona;
let sandbox: Sandbox;
beforeAll(async () => {
  daytona = new Daytona(server);
  sandbox = await daytona.create();
});
afterAll(() => sandbox.delete());

describe("the time to live", () => {
  it("is none by default, and can be set, changed and removed", async () => {
    expect(sandbox.autoDestroyAt).toBeUndefined();
    await sandbox.setTtl(120);
    expect(minutesUntil(sandbox.autoDestroyAt)).toBeCloseTo(120, 0);
    await sandbox.setTtl(5);
    const found = await daytona.get(sandbox.id);
    expect(minutesUntil(found.autoDestroyAt)).toBeCloseTo(5, 0);
    await found.setTtl(0);
    expect(found.autoDestroyAt).toBeUndefined();
    await expect(sandbox.setTtl(-1)).rejects.toThrow(/must be a whole number from 0/);
  });

  it("can be given at the creation, and found by", async () => {
    const short = await daytona.create({ ttlMinutes: 30, labels: { of: "ttl" } });
    expect(minutesUntil(short.autoDestroyAt)).toBeCloseTo(30, 0);
    const ids = async (query: object) => {
      const found: string[] = [];
      for await (const { id } of daytona.list({ labels: { of: "ttl" }, ...query })) found.push(id);
      return found;
    };
    const in20 = new Date(Date.now() + 20 * 60_000);
    expect(await ids({ autoDestroyAtAfter: in20 })).toEqual([short.id]);
    expect(await ids({ autoDestroyAtBefore: in20 })).toEqual([]);
    await short.delete();
  });

  it("is the one that the original sets and sees", async () => {
    const original = await new OriginalDaytona({ ...server, target: "us" }).get(sandbox.id);
    await original.setTtl(10);
    await Promise.all([original.refreshData(), sandbox.refreshData()]);
    expect(minutesUntil(sandbox.autoDestroyAt)).toBeCloseTo(10, 0);
    expect(sandbox.autoDestroyAt).toBe(original.autoDestroyAt);
    await sandbox.setTtl(0);
  });
});

describe("resources", () => {
  it("of a started sandbox can be increased", async () => {
    await sandbox.resize({ cpu: 2, memory: 2 });
    expect([sandbox.cpu, sandbox.memory, sandbox.state]).toEqual([2, 2, "started"]);
    await sandbox.waitForResizeComplete();
    await expect(sandbox.resize({ cpu: 1 })).rejects.toThrow(/reduced only while the sandbox is stopped/);
    await expect(sandbox.resize({ cpu: 2 })).rejects.toBeInstanceOf(DaytonaValidationError);
    await expect(sandbox.resize({})).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
    expect((await daytona.get(sandbox.id)).cpu).toBe(2);
  });

  it("of a stopped sandbox can be reduced, which it starts with", async () => {
    await sandbox.stop();
    await sandbox.resize({ cpu: 1, memory: 1 });
    await sandbox.start();
    expect((await sandbox.getMetricsLatest()).cpuCount).toBe(1);
  });

  it("are changed by the original too", async () => {
    const original = await new OriginalDaytona({ ...server, target: "us" }).get(sandbox.id);
    await original.resize({ memory: 3 });
    expect(original.memory).toBe(3);
    await sandbox.refreshData();
    expect(sandbox.memory).toBe(3);
  });
});

describe("a pause", () => {
  it("is refused as the service refuses it for containers", async () => {
    await expect(sandbox.pause()).rejects.toBeInstanceOf(DaytonaUnprocessableEntityError);
    await expect(sandbox.setAutoPauseInterval(5)).rejects.toThrow(/class container cannot be paused/);
    await sandbox.setAutoPauseInterval(0);
    expect(sandbox.autoPauseInterval).toBe(0);
    expect(await (await daytona.get(sandbox.id)).process.executeCommand("echo runs")).toMatchObject({ result: "runs\n" });
  });

  it("does not go with a stop or the end of the sandbox", async () => {
    for (const other of [{ autoStopInterval: 5 }, { ephemeral: true }, { autoDeleteInterval: 0 }]) {
      await expect(daytona.create({ autoPauseInterval: 5, ...other })).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
    }
    await expect(daytona.create({ autoPauseInterval: 5 })).rejects.toThrow(/cannot pause sandboxes/);
  });
});

describe("options that the local server does not have", () => {
  it.each([
    ["outboundProxyUrl", "http://proxy.example:3128", /outbound proxies/],
    ["otelEndpointOverride", "http://collector.example:4318", /does not send telemetry/],
    ["linkedSandbox", "other", /linked sandboxes/],
  ])("it refuses %s, which would have no effect", async (name, value, message) => {
    await expect(daytona.create({ [name]: value })).rejects.toThrow(message);
  });

  it("it remembers spot, since nothing here is evicted", async () => {
    const spot = await daytona.create({ spot: true });
    expect([spot.spot, spot.spotEvictedAt, sandbox.spot]).toEqual([true, undefined, false]);
    await spot.delete();
  });
});
