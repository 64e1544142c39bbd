import { DaytonaSandbox } from "daytona-native";
import { Daytona, DaytonaError } from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { callMethod, METHODS, methodsOf, openReceivers, type Receivers, TrapError, WRONG_OPTIONS, wrongValues } from "./support/border.js";
import { describeOutcome, isAllowed, isOwn, isPublic, isPublicRejection, isTimeout, type Outcome, outcomeOf } from "./support/outcome.js";
import { type ScriptedServer, sandboxObject, startScriptedServer } from "./support/scripted-server.js";

// Every method with wrong arguments, with each kind of time limit and signal, and in each state of its sandbox: it returns
// a promise, which settles, and a failure is one of the public classes. What each kind of call may settle with is in one
// place, below.

const sending = METHODS.filter((method) => method.sends);

/** A service on which every call is answered at once, or never. */
function startService(answersToolbox: boolean): Promise<ScriptedServer> {
  return startScriptedServer(({ method, path }, base) => {
    const sandbox = sandboxObject(base, "0d6a4a26-4a0e-4f0c-9f5e-2f1f8f9b7c11");
    const isLookUp = method === "GET" && /^\/api\/sandbox\/[^/?]*(\?|$)/.test(path);
    if (isLookUp && !hangsAll) return { status: 200, json: sandbox };
    if (answersToolbox) return { status: 400, json: { statusCode: 400, message: "bad request: refused by the test" } };
    return "hang";
  });
}
let hangsAll = false;

describe("the table of methods", () => {
  it("has every method", async () => {
    // Not `await using`: contexts of Node.js 20 have no Symbol.asyncDispose.
    const service = await startService(true);
    const receivers = await openReceivers({ apiUrl: service.apiUrl, apiKey: "key" }, "x");
    const methods = methodsOf(receivers);
    await service[Symbol.asyncDispose]();
    expect(METHODS.map(({ name }) => name).sort()).toEqual(methods.sort());
  });
});

describe("wrong arguments", () => {
  let service: ScriptedServer;
  let receivers: Receivers;
  let count = 0;
  beforeAll(async () => {
    service = await startService(true);
    receivers = await openReceivers({ apiUrl: service.apiUrl, apiKey: "key" }, "x");
  });
  afterAll(async () => {
    console.log(`border: ${count} calls with wrong arguments`);
    await service[Symbol.asyncDispose]();
  });

  // The sandbox of this service never stops, and the arguments are those of `waitUntilStarted`.
  const called = METHODS.filter(({ name }) => name !== "Sandbox.waitUntilStopped");
  it.each(called)("$name", async ({ name, arguments: valid, takesOptions }) => {
    const parameters = [...valid(receivers), ...(takesOptions ? [{}] : [])];
    const wrong: string[] = [];
    const check = async (what: string, given: unknown[]) => {
      count += 1;
      const outcome = await outcomeOf(() => callMethod(receivers, name, given));
      const isFine = outcome === "no promise" ? name === "Daytona.list" || name.endsWith(".toJSON") : isAllowed(outcome);
      if (!isFine) wrong.push(`${what}: ${describeOutcome(outcome)}`);
    };
    for (let index = 0; index < parameters.length; index += 1) {
      await check(`without argument ${index}`, parameters.slice(0, index));
      for (const [description, value] of wrongValues()) {
        await check(`${description} as argument ${index}`, parameters.with(index, value));
      }
    }
    for (const options of takesOptions ? WRONG_OPTIONS : []) await check(JSON.stringify(options), parameters.with(-1, options));
    expect(wrong).toEqual([]);
  });
});

describe("wrong arguments of what makes objects", () => {
  const auth = { apiUrl: "http://127.0.0.1:9/api", apiKey: "key" };
  const making: [name: string, valid: unknown[], call: (...parameters: never[]) => unknown][] = [
    ["new Daytona", [auth], (config: never) => new Daytona(config)],
    ["new DaytonaSandbox", [{ auth }], (options: never) => new DaytonaSandbox(options)],
    ["DaytonaSandbox.create", [{ auth }], (options: never) => DaytonaSandbox.create(options)],
    ["DaytonaSandbox.connect", ["id", { auth }], (id: never, options: never) => DaytonaSandbox.connect(id, options)],
    ["DaytonaSandbox.fromId", ["id", { auth }], (id: never, options: never) => DaytonaSandbox.fromId(id, options)],
    ["DaytonaSandbox.fromName", ["name", { auth }], (name: never, options: never) => DaytonaSandbox.fromName(name, options)],
    ["DaytonaSandbox.deleteAll", [{ a: "b" }, { auth }], (labels: never, options: never) => DaytonaSandbox.deleteAll(labels, options)],
  ];
  /** Returns what was wrong with the outcomes. All calls are made at once: nothing listens there, and each call that is sent is repeated. */
  async function makeWrongly([name, valid, call]: (typeof making)[number]): Promise<string[]> {
    const wrong: string[] = [];
    const check = async (what: string, given: unknown[]) => {
      const outcome = await outcomeOf(() => call(...(given as never[])));
      const failure =
        typeof outcome === "object"
          ? "threw" in outcome
            ? outcome.threw
            : "rejected" in outcome
              ? outcome.rejected
              : undefined
          : undefined;
      const isSynchronous = name.startsWith("new ");
      const isFine =
        outcome === "no promise"
          ? isSynchronous
          : outcome !== "hangs" &&
            (isSynchronous || !("threw" in outcome)) &&
            (failure === undefined || isPublic(failure) || isOwn(failure));
      if (!isFine) wrong.push(`${what}: ${describeOutcome(outcome)}`);
    };
    const checks: Promise<void>[] = [];
    for (const [index, argument] of valid.entries()) {
      for (const [description, value] of wrongValues()) {
        checks.push(check(`${description} as argument ${index}`, valid.with(index, value)));
        if (typeof argument !== "object") continue;
        for (const property of ["auth", "apiUrl", "apiKey", "timeout", "signal", "labels", "image", "target"]) {
          checks.push(check(`${description} as ${property} of argument ${index}`, valid.with(index, { ...argument, [property]: value })));
        }
      }
    }
    await Promise.all(checks);
    return wrong;
  }
  // The tests await what is made here together. Not `it.concurrent`, of which test runners start a few only.
  const made = new Map<string, Promise<string[]>>();
  beforeAll(() => {
    for (const row of making) made.set(row[0], makeWrongly(row));
  });
  it.each(making)("%s", async (name) => {
    expect(await made.get(name)).toEqual([]);
  });

  it.each(["not a URL", "ftp://x", "http://", "http://a b", "//host", "http://user@[::1"])("an API URL such as %j", async (apiUrl) => {
    for (const call of [
      () => DaytonaSandbox.create({ auth: { apiUrl, apiKey: "key" } }),
      () => DaytonaSandbox.connect("id", { auth: { apiUrl, apiKey: "key" } }),
      () => DaytonaSandbox.deleteAll({ a: "b" }, { auth: { apiUrl, apiKey: "key" } }),
    ]) {
      const outcome = await outcomeOf(call);
      expect(outcome, describeOutcome(outcome)).toSatisfy(isPublicRejection);
    }
    expect(() => new Daytona({ apiUrl, apiKey: "key" })).toThrow(DaytonaError);
  });
});

describe("time limits", () => {
  let service: ScriptedServer;
  let receivers: Receivers;
  beforeAll(async () => {
    service = await startService(false);
    receivers = await openReceivers({ apiUrl: service.apiUrl, apiKey: "key" }, "x");
    hangsAll = true;
  });
  afterAll(async () => {
    hangsAll = false;
    await service[Symbol.asyncDispose]();
  });

  const call = (name: string, valid: (receivers: Receivers) => unknown[], options: object) =>
    outcomeOf(() => callMethod(receivers, name, [...valid(receivers), options]));

  // Together, as above.
  const limited = new Map<string, Promise<Outcome>>();
  beforeAll(() => {
    for (const { name, arguments: valid } of sending) limited.set(name, call(name, valid, { timeout: 0.05 }));
  });
  it.each(sending)("a tiny one ends $name", async ({ name }) => {
    const outcome = (await limited.get(name)) ?? "no promise";
    expect(outcome, describeOutcome(outcome)).toSatisfy(
      (outcome: Outcome) => typeof outcome === "object" && "rejected" in outcome && isTimeout(outcome.rejected),
    );
  });

  it.each(sending)("one that is no number of seconds is refused by $name", async ({ name, arguments: valid }) => {
    for (const timeout of [-1, Number.NaN, "5", 5n, {}]) {
      const outcome = await call(name, valid, { timeout });
      expect(outcome, `${typeof timeout}: ${describeOutcome(outcome)}`).toSatisfy(
        (outcome: Outcome) => typeof outcome === "object" && "rejected" in outcome && isPublic(outcome.rejected),
      );
      expect((outcome as { rejected: Error }).rejected.message).toMatch(/timeout/i);
    }
  });

  it.each(sending)("an abort before and during $name rejects with its reason", async ({ name, arguments: valid }) => {
    const reason = new TrapError("the caller's reason");
    expect(await call(name, valid, { signal: AbortSignal.abort(reason) })).toEqual({ rejected: reason });
    // A timeout of 0 is no limit: only the signal ends the call.
    const controller = new AbortController();
    const before = service.requests.length;
    const running = call(name, valid, { signal: controller.signal, timeout: 0 });
    await service.waitForRequests(before + 1);
    controller.abort(reason);
    expect(await running).toEqual({ rejected: reason });
  });
});

describe.each(["stopped", "deleted"])("a sandbox that is %s", (state) => {
  let receivers: Receivers;
  beforeAll(async () => {
    receivers = await openReceivers(inject("daytona"));
    await (state === "stopped" ? receivers.sandbox.stop() : receivers.sandbox.delete());
  });
  afterAll(() => receivers.sandbox.delete());

  // Those that change the state of the sandbox are tested elsewhere.
  const inside = sending.filter(
    ({ name }) =>
      !/^(Daytona|VolumeService|Sandbox|DaytonaSandbox)\.|\.toJSON$/.test(name) ||
      /^DaytonaSandbox\.(execute|uploadFiles|downloadFiles|get)/.test(name),
  );
  it.each(inside)("$name says so", async ({ name, arguments: valid }) => {
    const outcome = await outcomeOf(() => callMethod(receivers, name, valid(receivers)));
    expect(outcome, describeOutcome(outcome)).toSatisfy(
      (outcome: Outcome) => typeof outcome === "object" && "rejected" in outcome && isPublic(outcome.rejected),
    );
    const { message } = (outcome as { rejected: Error }).rejected;
    expect(message).toMatch(state === "stopped" ? /not started|stopped/i : /not found|not exist|deleted|destroyed|no longer exists/i);
  });
});
