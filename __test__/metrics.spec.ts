import * as original from "@daytona/sdk";
import * as ours from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { sandboxObject, startScriptedServer } from "./support/scripted-server.js";

// What sandboxes use, through this package and through the service's own SDK.

const auth = inject("daytona");
const ID = "0d6a4a26-4a0e-4f0c-9f5e-2f1f8f9b7c11";
const NUMBERS = ["cpuCount", "cpuUsedPct", "diskTotal", "diskUsed", "memTotal", "memUsed", "memCache"] as const;

const sdks: [string, typeof ours | typeof original][] = [
  ["daytona-native", ours],
  ["@daytona/sdk", original],
];

/** A client of either SDK. */
function client(sdk: typeof ours | typeof original, config: object): ours.Daytona {
  return new (sdk.Daytona as new (config: object) => ours.Daytona)({ target: "us", ...config });
}

describe.each(sdks)("%s at the local server", (_name, sdk) => {
  let sandbox: ours.Sandbox;
  beforeAll(async () => {
    sandbox = await client(sdk, auth).create();
  });
  afterAll(() => sandbox.delete());

  it("measures now", async () => {
    const metrics = await sandbox.getMetricsLatest();
    expect(Object.keys(metrics).sort()).toEqual([...NUMBERS, "timestamp"].sort());
    for (const name of NUMBERS) expect(metrics[name], name).toBeTypeOf("number");
    expect(metrics.memUsed).toBeGreaterThan(0);
    expect(metrics.memUsed).toBeLessThan(metrics.memTotal);
    expect(metrics.cpuCount).toBe(sandbox.cpu);
    expect(metrics.timestamp).toBeInstanceOf(Date);
    expect(Math.abs(Date.now() - metrics.timestamp.getTime())).toBeLessThan(60_000);
  });

  it("measures over time", async () => {
    const samples = await sandbox.getMetrics();
    expect(samples.length).toBeGreaterThan(0);
    expect(Object.keys(samples[0] ?? {}).sort()).toEqual([...NUMBERS, "timestamp"].sort());
    expect(samples[0]?.timestamp).toBeInstanceOf(Date);
    expect(samples.map(({ timestamp }) => timestamp.getTime())).toEqual(samples.map(({ timestamp }) => timestamp.getTime()).sort());
    expect(await sandbox.getMetrics(new Date(0), new Date(1000))).toEqual([]);
    expect((await sandbox.getMetrics(new Date(0))).length).toBeGreaterThanOrEqual(samples.length);
  });

  it("knows its folders", async () => {
    const home = await sandbox.getUserHomeDir();
    expect(await sandbox.getWorkDir()).toBe(home);
    expect(await sandbox.getUserRootDir()).toBe(home);
  });
});

describe.each([
  ["the control plane", undefined],
  ["an analytics service", "/analytics"],
])("asks %s", (_name, analytics) => {
  it("as the service's own SDK does", async () => {
    const requests: unknown[] = [];
    const results: unknown[] = [];
    for (const [, sdk] of sdks) {
      // Not `await using`: contexts of Node.js 20 have no Symbol.asyncDispose.
      const service = await startScriptedServer(({ path }, base) => {
        if (path === "/api/config") return { status: 200, json: analytics === undefined ? {} : { analyticsApiUrl: base + analytics } };
        const point = { timestamp: "2026-03-02T09:20:10Z", value: 2 };
        const cpu = { metricName: "daytona.sandbox.cpu.limit" };
        const memory = { metricName: "daytona.sandbox.memory.usage" };
        const before = { timestamp: "2026-03-02T09:20:00Z", value: 12.5 };
        if (path.startsWith("/analytics"))
          return {
            status: 200,
            json: [
              { ...cpu, ...point },
              { ...memory, ...before },
              { metricName: "other", ...point },
            ],
          };
        if (path.includes("/telemetry/metrics"))
          return {
            status: 200,
            json: {
              series: [
                { ...cpu, dataPoints: [point] },
                { ...memory, dataPoints: [before, point] },
              ],
            },
          };
        return { status: 200, json: sandboxObject(base, ID) };
      });
      const daytona = client(sdk, { apiUrl: service.apiUrl, apiKey: "key" });
      const sandbox = await daytona.get(ID);
      results.push(await sandbox.getMetrics(new Date(1_700_000_000_123), new Date("2026-03-02T10:00:00Z")));
      await sandbox.getMetrics(undefined, new Date(0));
      const metrics = service.requests.filter(({ path }) => path.includes("metrics"));
      requests.push(
        metrics.map(({ method, path, headers }) => [method, ...path.split("?").map(decodeURIComponent), headers.authorization]),
      );
      // The configuration is asked for once.
      expect(service.requests.filter(({ path }) => path === "/api/config")).toHaveLength(1);
      await service[Symbol.asyncDispose]();
    }
    expect(requests[0]).toEqual(requests[1]);
    expect(results[0]).toEqual(results[1]);
    expect(results[0]).toHaveLength(2);
  });
});

it("refuses what is not a valid date", async () => {
  const sandbox = await client(ours, auth).create();
  for (const [start, reason] of [
    [new Date("x"), "must be a valid Date"],
    ["2026-01-01", "start has the wrong type"],
  ] as const) {
    const error = await sandbox.getMetrics(start as Date).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ours.DaytonaInvalidArgumentError);
    expect((error as Error).message).toContain(reason);
  }
  await sandbox.delete();
});
