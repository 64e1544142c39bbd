import { type CreateDeepAgentParams, createDeepAgent } from "deepagents";
import { ScriptedModel } from "../../examples/scripted-model.mjs";

/** A turn of the model: what it says, and the tools that it calls. */
export type ModelTurn = { say: string; calls?: { name: string; args: object }[] } | ((results: { text: string }[]) => ModelTurn);

/** A turn that calls tools. */
export const calling = (...calls: [name: string, args: object][]): ModelTurn => ({
  say: "calling",
  calls: calls.map(([name, args]) => ({ name, args })),
});

/** A turn that runs a command. */
export const running = (command: string): ModelTurn => calling(["execute", { command }]);

/** A model that follows a script. */
export const scripted = (...script: ModelTurn[]) => new ScriptedModel({ script });

type AgentOptions = Pick<CreateDeepAgentParams, "checkpointer" | "memory" | "skills" | "subagents"> & { model?: ScriptedModel };

/** An agent whose model follows a script; the last turn says `done`. */
export function agentWith(backend: CreateDeepAgentParams["backend"], turns: ModelTurn[], options: AgentOptions = {}) {
  return createDeepAgent({ model: scripted(...turns, { say: "done" }), backend, ...options });
}

/** What an agent is asked: its script does not depend on it. */
export const task = { messages: [{ role: "user", content: "Do it." }] };

/** Returns the results of the tools of a run, in order. */
export function results(state: unknown): string[] {
  const { messages } = state as { messages: { type: string; text: string }[] };
  return messages.filter(({ type }) => type === "tool").map(({ text }) => text);
}
