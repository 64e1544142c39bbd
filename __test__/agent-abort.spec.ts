import { DaytonaSandbox } from "daytona-native";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { agentWith, calling, type ModelTurn, results, running, scripted, task } from "./support/agent.js";

// An agent's run has a signal: what a tool does in the sandbox ends with the run.

const auth = inject("daytona");
let sandbox: DaytonaSandbox;
beforeAll(async () => {
  sandbox = await DaytonaSandbox.create({ auth });
});
afterAll(() => sandbox.close());

/** Returns a number of seconds that only one command sleeps for, which identifies it. */
let marks = 0;
const mark = () => 50_000 + process.pid + ++marks;

async function sleeping(seconds: number, where = sandbox): Promise<boolean> {
  const { output } = await where.execute(`grep -lzx '${String(seconds).replace(/^./, "[$&]")}' /proc/[0-9]*/cmdline 2>/dev/null`);
  return output !== "";
}

/** Runs an agent until a command sleeps, aborts the run, and resolves when the command is gone. */
async function abortDuring(seconds: number, agent: { invoke: ReturnType<typeof agentWith>["invoke"] }): Promise<void> {
  const controller = new AbortController();
  const settled = expect(agent.invoke(task, { signal: controller.signal })).rejects.toThrow("enough");
  while (!(await sleeping(seconds)));
  controller.abort(new Error("enough"));
  await settled;
  while (await sleeping(seconds));
}

describe("an aborted run of an agent", () => {
  it("ends its command and everything that it started", async () => {
    const seconds = mark();
    await abortDuring(seconds, agentWith(sandbox, [running(`setsid sleep ${seconds} & sleep ${seconds}; touch survived`)]));
    expect((await sandbox.execute("test -e survived")).exitCode).toBe(1);
  });

  it("ends the command of a subagent", async () => {
    const seconds = mark();
    const model = scripted(running(`sleep ${seconds}`), { say: "helped" });
    const delegate = calling(["task", { description: "help", subagent_type: "helper" }]);
    const subagents = [{ name: "helper", description: "Helps.", systemPrompt: "Help.", model }];
    await abortDuring(seconds, agentWith(sandbox, [delegate], { subagents }));
  });

  it("ends the command of a run that is read as a stream", async () => {
    const seconds = mark();
    const controller = new AbortController();
    const read = (async () => {
      const agent = agentWith(sandbox, [running(`sleep ${seconds}`)]);
      for await (const _ of await agent.stream(task, { signal: controller.signal, streamMode: "updates" }));
    })();
    const settled = expect(read).rejects.toThrow("enough");
    while (!(await sleeping(seconds)));
    controller.abort(new Error("enough"));
    await settled;
    while (await sleeping(seconds));
  });

  it("ends the command of a tool when another tool of the turn fails", async () => {
    const seconds = mark();
    const half = new (class extends DaytonaSandbox {
      override async execute(command: string) {
        if (command !== "fail") return super.execute(command);
        while (!(await sleeping(seconds, half)));
        throw new Error("the other tool failed");
      }
    })({ auth });
    await half.initialize();
    try {
      const turn = calling(["execute", { command: `sleep ${seconds}` }], ["execute", { command: "fail" }]);
      await expect(agentWith(half, [turn]).invoke(task)).rejects.toThrow("the other tool failed");
      while (await sleeping(seconds, half));
    } finally {
      await half.close();
    }
  });

  it("leaves the commands of other runs alone", async () => {
    const [seconds, other] = [mark(), mark()];
    const release = `release-${other}`;
    const waiting: ModelTurn = running(`sleep ${other} & until [ -e ${release} ]; do sleep 0.01; done; kill $!; echo whole`);
    const rest = agentWith(sandbox, [waiting]).invoke(task);
    while (!(await sleeping(other)));
    await abortDuring(seconds, agentWith(sandbox, [running(`sleep ${seconds}`)]));
    await sandbox.execute(`touch ${release}`);
    expect(results(await rest).at(-1)).toContain("whole\n");
  });
});

describe("a call within a run", () => {
  it("follows its own signal when it has one", async () => {
    const own = new AbortController();
    const seconds = mark();
    const kept = new (class extends DaytonaSandbox {
      override execute(command: string) {
        return super.execute(command, { signal: own.signal });
      }
    })({ auth });
    await kept.initialize();
    try {
      const controller = new AbortController();
      const run = expect(
        agentWith(kept, [running(`touch /tmp/${seconds}; sleep 0.5; mv /tmp/${seconds} /tmp/${seconds}-done`)]).invoke(task, {
          signal: controller.signal,
        }),
      ).rejects.toThrow("enough");
      while ((await kept.execute(`test -e /tmp/${seconds}`)).exitCode !== 0);
      controller.abort(new Error("enough"));
      await run;
      while ((await kept.execute(`test -e /tmp/${seconds}-done`)).exitCode !== 0);
    } finally {
      await kept.close();
    }
  });
});
