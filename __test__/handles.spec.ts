import { Daytona, type Sandbox } from "daytona-native/sdk";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { METHODS, TrapError, WRONG_OPTIONS, wrongValues } from "./support/border.js";
import { cuttingProxy } from "./support/cutting-proxy.js";
import { callHandle, EARLY_ENDS, HANDLES } from "./support/handles.js";
import { describeOutcome, isAllowed, isTimeout, type Outcome, outcomeOf } from "./support/outcome.js";
import { publicMethods } from "./support/public-methods.js";

// Every method of what lives on after a call, with wrong arguments and dropped half-way, and every stream ended early: each call
// settles, and no connection stays open. border.spec.ts has the methods of the other objects.

const auth = inject("daytona");
const FILE = "big";
let daytona: Daytona;
let sandbox: Sandbox;
beforeAll(async () => {
  daytona = new Daytona(auth);
  sandbox = await daytona.create();
  await sandbox.process.executeCommand(`head -c 20000000 /dev/zero > ${FILE}`);
});
afterAll(() => sandbox.delete());

const methods = HANDLES.flatMap((kind) =>
  Object.entries(kind.methods).map(([method, row]) => ({ name: `${kind.name}.${method}`, kind, method, ...row })),
);

describe("the tables", () => {
  /** Methods that have tests of their own. */
  const ELSEWHERE = [
    // border.spec.ts, "wrong arguments of what makes objects".
    /^DaytonaSandbox\.(create|connect|fromId|fromName|deleteAll)$/,
    // Methods of deepagents' backend, which return errors as values: parity.spec.ts runs them on both packages.
    /^DaytonaSandbox\.(ls|read|readRaw|grep|glob|write|edit|delete)$/,
    // local.spec.ts.
    /^LocalDaytona\./,
    // `close` and `[Symbol.asyncDispose]` without parameters.
    /^(Daytona|DaytonaSandbox)\.\[Symbol\.asyncDispose\]$/,
  ];
  const all = publicMethods();

  it("have every asynchronous method of the declarations", () => {
    const known = new Set([...METHODS.map(({ name }) => name), ...methods.map(({ name }) => name)]);
    const isElsewhere = (name: string) => ELSEWHERE.some((pattern) => pattern.test(name));
    const missing = all.filter(({ isAsync, name }) => isAsync && !known.has(name) && !isElsewhere(name));
    expect(missing.map(({ name }) => name)).toEqual([]);
    // The declarations were read.
    expect(all.filter(({ isAsync }) => isAsync).length).toBeGreaterThan(150);
  });

  it("have no method that there is not", () => {
    const declared = new Set(all.map(({ name }) => name));
    expect([...METHODS, ...methods].map(({ name }) => name).filter((name) => !declared.has(name))).toEqual([]);
  });

  it("have every method of the handles", () => {
    for (const { name, methods: rows } of HANDLES) {
      const declared = all.filter((method) => method.name.startsWith(`${name}.`)).map((method) => method.name.slice(name.length + 1));
      expect(Object.keys(rows).sort(), name).toEqual(declared.sort());
    }
  });

  it("have every stream", () => {
    const live = ["Readable", "AsyncIterableIterator", ...HANDLES.map(({ name }) => name)];
    const streams = all.filter(({ name, returns, takesCallbacks }) => {
      // The follower of the entrypoint's log is that of a command, and sandboxes of the local server have no entrypoint. Others
      // take a listener for something else than a stream.
      const isOther = /^(DaytonaSandbox\.(create|connect|fromId|fromName)|Process\.getEntrypointLogs)$/.test(name);
      return (live.includes(returns) || takesCallbacks) && !isOther && !name.endsWith("[Symbol.asyncIterator]");
    });
    expect([...new Set(EARLY_ENDS.map(({ method }) => method))].sort()).toEqual(streams.map(({ name }) => name).sort());
  });
});

describe("wrong arguments", () => {
  let count = 0;
  afterAll(() => console.log(`handles: ${count} calls with wrong arguments`));
  const called = methods.filter(({ arguments: valid = [], takesOptions = false }) => valid.length > 0 || takesOptions);

  it.each(called)("$name", async ({ kind, method, arguments: valid = [], takesOptions, waits }) => {
    const parameters = [...valid, ...(takesOptions ? [{}] : [])];
    const wrong: string[] = [];
    const handle = await kind.open(sandbox, waits ? "ended" : "running");
    for (let index = 0; index < parameters.length; index += 1) {
      const given: [string, unknown[]][] = [[`without argument ${index}`, parameters.slice(0, index)]];
      for (const [description, value] of wrongValues()) given.push([`${description} as argument ${index}`, parameters.with(index, value)]);
      if (index === valid.length)
        for (const options of WRONG_OPTIONS) given.push([JSON.stringify(options), parameters.with(index, options)]);
      for (const [what, list] of given) {
        count += 1;
        const outcome = await outcomeOf(() => callHandle(handle, method, list));
        if (!isAllowed(outcome)) wrong.push(`${what}: ${describeOutcome(outcome)}`);
      }
    }
    await outcomeOf(() => callHandle(handle, kind.name === "ProcessHandle" ? "[Symbol.asyncDispose]" : "kill", []));
    expect(wrong).toEqual([]);
  });
});

describe("a call that is dropped", () => {
  const proxies: AsyncDisposable[] = [];
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) await proxy[Symbol.asyncDispose]();
  });
  const reason = new TrapError("the caller's reason");
  const interruptible = methods.filter(({ takesOptions }) => takesOptions);

  /** A running handle, and the proxy that its calls go through. */
  async function openThroughProxy(kind: (typeof HANDLES)[number]) {
    const proxy = await cuttingProxy(auth);
    proxies.push(proxy);
    const far = await new Daytona({ apiUrl: proxy.apiUrl, apiKey: auth.apiKey }).get(sandbox.id);
    return { proxy, handle: await kind.open(far, "running") };
  }

  it.each(interruptible)("before it begins rejects $name with the reason", async ({ kind, method, arguments: valid = [] }) => {
    const handle = await kind.open(sandbox, "running");
    expect(await outcomeOf(() => callHandle(handle, method, [...valid, { signal: AbortSignal.abort(reason) }]))).toEqual({
      rejected: reason,
    });
    // And nothing has happened to the handle.
    await expectToWork(kind.name, handle);
  });

  it.each(methods.filter(({ asks }) => asks))("half-way rejects $name with the reason", async ({ kind, method, arguments: valid = [] }) => {
    const { proxy, handle } = await openThroughProxy(kind);
    const sent = proxy.hold();
    const controller = new AbortController();
    const running = outcomeOf(() => callHandle(handle, method, [...valid, { signal: controller.signal, timeout: 0 }]));
    await sent;
    controller.abort(reason);
    expect(await running).toEqual({ rejected: reason });
  });

  it.each(interruptible.filter(({ waits }) => waits))("while it waits rejects $name, and the handle lives on", async ({ kind, method }) => {
    const handle = await kind.open(sandbox, "running");
    const controller = new AbortController();
    const running = outcomeOf(() => callHandle(handle, method, [{ signal: controller.signal }]));
    controller.abort(reason);
    expect(await running).toEqual({ rejected: reason });
    const limited = await outcomeOf(() => callHandle(handle, method, [{ timeout: 0.05 }]));
    expect(limited, describeOutcome(limited)).toSatisfy(
      (outcome: Outcome) => typeof outcome === "object" && "rejected" in outcome && isTimeout(outcome.rejected),
    );
    await expectToWork(kind.name, handle);
  });

  it.each(interruptible.filter(({ waits }) => !waits))("by a time limit settles $name on a connection that is stuck", async (row) => {
    const { proxy, handle } = await openThroughProxy(row.kind);
    void proxy.hold();
    const outcome = await outcomeOf(() => callHandle(handle, row.method, [...(row.arguments ?? []), { timeout: 0.2 }]));
    // What is written to a connection, or asks nobody, succeeds.
    const isFine = (outcome: Outcome) =>
      typeof outcome === "object" &&
      (("rejected" in outcome && isTimeout(outcome.rejected)) || ("resolved" in outcome && row.asks === undefined));
    expect(outcome, describeOutcome(outcome)).toSatisfy(isFine);
  });

  /** Ends the program of a handle through it. */
  async function expectToWork(name: string, handle: object): Promise<void> {
    if (name === "PtyHandle") await callHandle(handle, "sendInput", ["exit 3\n"]);
    else await callHandle(handle, "closeStdin", []);
    expect(await callHandle(handle, "wait", [])).toMatchObject({ exitCode: name === "PtyHandle" ? 3 : 0 });
  }
});

describe("a stream that is ended early", () => {
  it.each(EARLY_ENDS)("$method, $how, leaves no connection open", async ({ open }) => {
    await using proxy = await cuttingProxy(auth);
    const place = { apiUrl: proxy.apiUrl, apiKey: auth.apiKey };
    const near = new Daytona(place);
    const far = await near.get(sandbox.id);
    const controller = new AbortController();
    const stream = await open({ daytona: near, sandbox: far, auth: place, file: FILE, signal: controller.signal }, () =>
      controller.abort(),
    );
    // Watched from before the end: what it rejects with must not be unhandled.
    const ended = stream.ended === undefined ? undefined : outcomeOf(() => stream.ended);
    expect(await outcomeOf(async () => await stream.end())).toHaveProperty("resolved");
    expect(await ended).not.toBe("hangs");
    await expect.poll(() => proxy.upgraded(), { timeout: 10_000 }).toBe(0);
    // A response that was not read to its end has closed its connection: those in the pool are idle.
    await expect.poll(() => proxy.busy(), { timeout: 10_000 }).toBe(0);
    expect((await far.process.executeCommand("echo works")).result).toBe("works\n");
  });
});
