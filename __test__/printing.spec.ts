import { inspect } from "node:util";
import { DaytonaSandbox } from "daytona-native";
import { LocalDaytona } from "daytona-native/local";
import type { Sandbox } from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

// What a developer sees of an object: in console.log, in a debugger, in a log of JSON.

const auth = inject("daytona");
const SECRET = "an-environment-secret";
let sandbox: DaytonaSandbox;
let sdk: Sandbox;
beforeAll(async () => {
  sandbox = await DaytonaSandbox.create({ auth, envVars: { TOKEN: SECRET } });
  sdk = sandbox.sandbox;
});
afterAll(() => sandbox.close());

const own = () => ({ id: sandbox.id, state: "started", isolation: auth.isolation });
const ofPart = () => ({ sandboxId: sandbox.id, state: "started", isolation: auth.isolation });

describe.each<[string, () => object, () => object]>([
  ["DaytonaSandbox", () => sandbox, own],
  ["Sandbox", () => sdk, own],
  ["FileSystem", () => sdk.fs, ofPart],
  ["Process", () => sdk.process, ofPart],
  ["Daytona", () => sandbox.client, () => ({ apiUrl: auth.apiUrl })],
])("an object of %s", (name, object, shown) => {
  it("is printed with what identifies it", () => {
    const printed = inspect(object());
    expect(printed.startsWith(`${name} {`)).toBe(true);
    for (const [property, value] of Object.entries(shown())) expect(printed).toContain(`${property}: '${value}'`);
  });

  it("becomes JSON with what identifies it", () => {
    expect(JSON.parse(JSON.stringify(object()))).toMatchObject(shown());
  });

  it("shows no key and no secret", () => {
    const printed = `${inspect(object(), { depth: 10, showHidden: true })}${JSON.stringify(object())}`;
    expect(printed).not.toContain(auth.apiKey);
    expect(printed).not.toContain(SECRET);
  });

  it("is abbreviated when it is nested deeply", () => {
    expect(inspect({ a: { b: object() } }, { depth: 1 })).toContain(`[${name}]`);
  });
});

describe("an object of LocalDaytona", () => {
  it("shows its address and isolation, and not its key", async () => {
    await using server = await LocalDaytona.start();
    const { apiUrl, isolation, apiKey } = server;
    expect(JSON.parse(JSON.stringify(server))).toEqual({ apiUrl, isolation });
    expect(inspect(server)).toContain(apiUrl);
    expect(inspect(server, { depth: 10, showHidden: true })).not.toContain(apiKey);
  });
});

describe("an object of DaytonaSandbox", () => {
  it("follows the state of its sandbox", async () => {
    const other = new DaytonaSandbox({ auth });
    expect(JSON.parse(JSON.stringify(other))).toEqual({ id: other.id });
    await other.initialize();
    const { id, isolation } = other;
    try {
      await other.stop();
      expect(JSON.parse(JSON.stringify(other))).toEqual({ id, state: "stopped", isolation });
    } finally {
      await other.close();
    }
    expect(JSON.parse(JSON.stringify(other))).toEqual({ id });
  });
});
