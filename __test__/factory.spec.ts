import { MemorySaver } from "@langchain/langgraph";
import { createDaytonaSandboxFactory, DaytonaSandbox, DaytonaSandboxError, type DaytonaSandboxOptions } from "daytona-native";
import { Daytona } from "daytona-native/sdk";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { agentWith, calling, type ModelTurn, results, running, scripted, task } from "./support/agent.js";
import { failureOf } from "./support/failure.js";
import { startRecordingProxy } from "./support/recording-proxy.js";
import { runProgram } from "./support/run-program.js";
import { startServiceWith } from "./support/scripted-server.js";
import { root } from "./support/server.js";

// A factory as the backend of an agent: one sandbox for each invocation, deleted when the invocation ends.

const { apiUrl, apiKey } = inject("daytona");
const auth = { apiUrl, apiKey };
const daytona = new Daytona({ apiUrl, apiKey });

/** A factory, and what is known about its sandboxes. */
function newFactory(options: DaytonaSandboxOptions = {}) {
  const labels = { factory: crypto.randomUUID() };
  const factory = createDaytonaSandboxFactory({ auth, labels, ...options });
  onTestFinished(() => factory.close());
  const ids = async () => {
    const found: string[] = [];
    for await (const { id } of daytona.list({ labels })) found.push(id);
    return found;
  };
  /** Resolves when no sandbox of the factory exists. */
  const gone = async () => {
    while ((await ids()).length > 0);
  };
  return { factory, ids, gone };
}

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/** Writes a name, and reads the names that this sandbox has seen. */
const sign = (name: string): ModelTurn => running(`echo ${name} >> names; cat names`);
const names = (text: string | undefined) => text?.split("\n").filter((line) => /^[a-z-]+$/.test(line));

describe("a factory as a backend", () => {
  it("creates one sandbox for all tools of an invocation and deletes it when the invocation ends", async () => {
    await using proxy = await startRecordingProxy(apiUrl);
    const factory = createDaytonaSandboxFactory({ auth: { apiUrl: proxy.apiUrl, apiKey } });
    const agent = agentWith(factory, [
      calling(["write_file", { file_path: "/home/daytona/a.txt", content: "one\n" }]),
      calling(["execute", { command: "cat a.txt; echo two > b.txt" }], ["ls", { path: "/home/daytona" }]),
      calling(["read_file", { file_path: "/home/daytona/b.txt" }]),
    ]);
    const [, printed, , read] = results(await agent.invoke(task));
    expect(printed).toContain("one\n");
    expect(read).toContain("two");
    const count = (method: string) => proxy.requests.filter((line) => new RegExp(`^${method} /api/sandbox(/<id>)?$`).test(line)).length;
    await expect.poll(() => count("DELETE"), { interval: 5 }).toBe(1);
    expect(count("POST")).toBe(1);
  });

  it("shares the sandbox with subagents", async () => {
    const { factory, gone } = newFactory();
    const subagent = { name: "helper", description: "Helps.", systemPrompt: "Help.", model: scripted(sign("sub"), { say: "helped" }) };
    const delegate = calling(["task", { description: "help", subagent_type: "helper" }]);
    const agent = agentWith(factory, [sign("main"), delegate, sign("end")], { subagents: [subagent] });
    expect(names(results(await agent.invoke(task)).at(-1))).toEqual(["main", "sub", "end"]);
    await gone();
  });

  it("creates one sandbox for tools and subagents that start at once", async () => {
    const { factory, ids } = newFactory();
    const subagent = { name: "helper", description: "Helps.", systemPrompt: "Help.", model: scripted(running("touch c"), { say: "ok" }) };
    const turn = calling(
      ["execute", { command: "touch a" }],
      ["execute", { command: "touch b" }],
      ["task", { description: "help", subagent_type: "helper" }],
    );
    let most = 0;
    const counted: ModelTurn = running("ls");
    const agent = agentWith(factory, [turn, counted], { subagents: [subagent] });
    for await (const _ of await agent.stream(task, { streamMode: "updates" })) most = Math.max(most, (await ids()).length);
    expect(most).toBeLessThanOrEqual(1);
  });

  it("gives parallel invocations of one agent sandboxes of their own", async () => {
    const { factory, gone } = newFactory();
    const agent = agentWith(factory, [sign("first"), sign("second")]);
    const runs = await Promise.all(Array.from({ length: 3 }, () => agent.invoke(task)));
    for (const run of runs) expect(names(results(run).at(-1))).toEqual(["first", "second"]);
    await gone();
  });

  it("gives parallel invocations of one thread sandboxes of their own", async () => {
    const { factory, gone } = newFactory();
    const signs = () => agentWith(factory, [sign("first"), sign("second")], { checkpointer: new MemorySaver() });
    const config = { configurable: { thread_id: "same" } };
    const runs = await Promise.all([signs().invoke(task, config), signs().invoke(task, config)]);
    for (const run of runs) expect(names(results(run).at(-1))).toEqual(["first", "second"]);
    await gone();
  });

  it("gives the next invocation of a thread a new sandbox", async () => {
    const { factory, gone } = newFactory();
    const agent = agentWith(factory, [sign("first"), { say: "paused" }, sign("again")], { checkpointer: new MemorySaver() });
    const config = { configurable: { thread_id: "goes-on" } };
    expect(names(results(await agent.invoke(task, config)).at(-1))).toEqual(["first"]);
    await gone();
    const all = results(await agent.invoke(task, config));
    expect(all.map(names)).toEqual([["first"], ["again"]]);
    await gone();
  });

  it("creates no sandbox for an invocation that uses none", async () => {
    await using server = await startServiceWith(() => ({ status: 500, json: {} }));
    await using factory = createDaytonaSandboxFactory({ auth: { apiKey: "key-of-a-test", apiUrl: server.apiUrl } });
    await agentWith(factory, []).invoke(task);
    expect(server.requests).toEqual([]);
  });

  it("serves the memory and the skills of an agent", async () => {
    const { factory, gone } = newFactory();
    const agent = agentWith(factory, [sign("only")], { memory: ["/home/daytona/AGENTS.md"], skills: ["/home/daytona/skills/"] });
    expect(names(results(await agent.invoke(task)).at(-1))).toEqual(["only"]);
    await gone();
  });
});

describe("the sandbox of an invocation", () => {
  it("is deleted when the model fails", async () => {
    const { factory, ids, gone } = newFactory();
    let during: string[] = [];
    const failing: ModelTurn = () => {
      throw new Error("no more ideas");
    };
    const agent = agentWith(factory, [running("true"), failing]);
    const stream = await agent.stream(task, { streamMode: "updates" });
    await expect(
      (async () => {
        for await (const _ of stream) if (during.length === 0) during = await ids();
      })(),
    ).rejects.toThrow("no more ideas");
    await gone();
  });

  it("is deleted when a tool fails", async () => {
    const { factory, gone } = newFactory({ timeout: 0.5 });
    const agent = agentWith(factory, [running("true"), running("sleep 60")]);
    await expect(agent.invoke(task)).rejects.toThrow("timeout of 0.5 s");
    await gone();
  });

  it("is deleted when the invocation is aborted", async () => {
    const { factory, ids, gone } = newFactory();
    const controller = new AbortController();
    const agent = agentWith(factory, [running("sleep 60")]);
    const run = agent.invoke(task, { signal: controller.signal });
    const settled = expect(run).rejects.toThrow("enough");
    await expect.poll(ids, { interval: 5 }).toHaveLength(1);
    controller.abort(new Error("enough"));
    await settled;
    await gone();
  });

  it("is deleted when the reader of a stream stops early", async () => {
    const { factory, ids, gone } = newFactory();
    const agent = agentWith(factory, [running("echo started"), running("sleep 60")]);
    for await (const chunk of await agent.stream(task, { streamMode: "updates" })) {
      if (JSON.stringify(chunk).includes("started\\n")) break;
    }
    await gone();
    expect(await ids()).toEqual([]);
  });

  it.each(["values", "updates", "messages", "custom"] as const)("lives for the whole of a stream of %s", async (streamMode) => {
    const { factory, gone } = newFactory();
    const agent = agentWith(factory, [sign("first"), running("sleep 0.5"), sign("second"), running("test $(wc -l < names) = 2")]);
    let last = "";
    for await (const chunk of await agent.stream(task, { streamMode: [streamMode, "values"] })) last = JSON.stringify(chunk);
    expect(last).toContain("succeeded with exit code 0");
    expect(last).not.toContain("failed with exit code");
    await gone();
  });

  it("lives for the whole of a stream of events", async () => {
    const { factory, gone } = newFactory();
    const ended: string[] = [];
    for await (const { event, data } of agentWith(factory, [sign("first"), sign("second")]).streamEvents(task, { version: "v2" })) {
      if (event === "on_tool_end") ended.push(JSON.stringify(data.output));
    }
    expect(ended.at(-1)).toContain("first\\nsecond\\n");
    await gone();
  });

  it("survives a long pause between two tools", async () => {
    const { factory, gone } = newFactory();
    const model = scripted(sign("before"), sign("after"), { say: "done" });
    const generate = model._generate.bind(model);
    model._generate = async (messages: never, options: never) => {
      await new Promise((resolve) => setTimeout(resolve, 700));
      return generate(messages, options);
    };
    const agent = agentWith(factory, [], { model });
    expect(names(results(await agent.invoke(task)).at(-1))).toEqual(["before", "after"]);
    await gone();
  });

  it("is deleted when the run is collected, even if something still listens to its signal", async () => {
    const labels = { factory: crypto.randomUUID() };
    const { code, stderr } = await runProgram(
      root,
      `import v8 from "node:v8";
       import vm from "node:vm";
       import { createDaytonaSandboxFactory } from "daytona-native";
       import { Daytona } from "daytona-native/sdk";
       import { createDeepAgent } from "deepagents";
       import { ScriptedModel } from "./examples/scripted-model.mjs";
       v8.setFlagsFromString("--expose-gc");
       const collect = vm.runInNewContext("gc");
       const labels = ${JSON.stringify(labels)};
       const factory = createDaytonaSandboxFactory({ labels });
       const daytona = new Daytona();
       const isGone = async () => (await daytona.list({ labels }).next()).done;
       // The addon keeps the context of its first call.
       await isGone();
       const listen = () => {
         const run = globalThis[Symbol.for("ls:tracing_async_local_storage")].getStore().extra[Symbol.for("lc:child_config")];
         run.configurable.__pregel_abort_signals.externalAbortSignal.addEventListener("abort", () => {});
         return { say: "done" };
       };
       const script = [{ say: "run", calls: [{ name: "execute", args: { command: "true" } }] }, listen];
       await createDeepAgent({ model: new ScriptedModel({ script }), backend: factory }).invoke({ messages: "Do it." });
       for (const deadline = Date.now() + 15_000; !(await isGone()); collect()) if (Date.now() > deadline) process.exit(3);
       process.exit(0);`,
      { DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: apiKey },
    );
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });

  it("is reported when it cannot be deleted, and close() tries again", async () => {
    let refusals = 0;
    await using server = await startServiceWith(({ method }) => {
      if (method !== "DELETE") return { status: 200, json: { exitCode: 0, result: "ok\n" } };
      refusals += 1;
      return refusals === 1 ? { status: 403, json: { message: "not now" } } : { status: 200, json: {} };
    });
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    const factory = createDaytonaSandboxFactory({ auth: { apiKey: "key-of-a-test", apiUrl: server.apiUrl } });
    await agentWith(factory, [running("true")]).invoke(task);
    expect((await warned).message).toMatch(/close\(\).*not now/s);
    await factory.close();
    expect(refusals).toBe(2);
  });
});

describe("closing a factory", () => {
  it("deletes the sandboxes of running invocations, which then fail", async () => {
    const { factory, ids, gone } = newFactory();
    const agent = agentWith(factory, [running("touch started"), running("sleep 60")]);
    // LangChain passes the error of a tool on, or as the cause of one of its own.
    const ofSandbox = (error: Error) => (DaytonaSandboxError.isInstance(error) ? error : (error.cause ?? error));
    const settled = failureOf(agent.invoke(task).catch((error: Error) => Promise.reject(ofSandbox(error))));
    await expect.poll(ids, { interval: 5 }).toHaveLength(1);
    await factory.close();
    await gone();
    expect(["NOT_INITIALIZED", "SANDBOX_NOT_FOUND", "COMMAND_FAILED"]).toContain((await settled).code);
  });

  it("happens with `await using`, and the factory can be used again", async () => {
    const { factory, gone } = newFactory();
    await factory[Symbol.asyncDispose]();
    expect(names(results(await agentWith(factory, [sign("again")]).invoke(task)).at(-1))).toEqual(["again"]);
    await gone();
  });
});

describe("a factory that the program calls", () => {
  it("creates a sandbox at each call, which the program closes", async () => {
    const { factory, ids } = newFactory();
    const [one, two] = await Promise.all([factory(), factory()]);
    expect(one).toBeInstanceOf(DaytonaSandbox);
    expect((await ids()).sort()).toEqual([one.id, two.id].sort());
    expect(one.id).toMatch(ID);
    await factory.close();
    expect((await one.execute("echo mine")).output).toBe("mine\n");
    await Promise.all([one.close(), two.close()]);
  });

  it("as a backend factory outside a run fails and says what to do", () => {
    const { factory } = newFactory();
    expect(() => factory({ state: {} })).toThrow(/without an argument/);
  });
});
