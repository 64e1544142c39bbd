import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, ToolMessage } from "@langchain/core/messages";

/**
 * A chat model that follows a script, so that an agent can run without an API key or a network. Only the model is
 * scripted: the tool calls and their results are real.
 *
 * A script is an array of turns. A turn is a message with tool calls, `{ say, calls: [{ name, args }] }`, or a
 * function that returns one from the results of the previous turn's calls: `(results) => ({ say, calls })`. The
 * function calls `mismatch()` if the results are not as expected.
 */
export class ScriptedModel extends BaseChatModel {
  constructor({ script, ...fields }) {
    super(fields);
    this.script = script;
  }

  _llmType() {
    return "scripted";
  }

  bindTools(tools, options) {
    return this.withConfig({ ...options, tools });
  }

  async _generate(messages, options) {
    // A chat model has no state between calls, so the number of the turn is derived from the conversation.
    const index = messages.filter((message) => AIMessage.isInstance(message)).length;
    const entry = this.script[index];
    if (entry === undefined) {
      throw new Error(`the script has only ${this.script.length} turns, but the agent requested another one`);
    }
    const turn = typeof entry === "function" ? entry(resultsOfLastTurn(messages)) : entry;
    const offered = options.tools?.map((tool) => tool.name ?? tool.function?.name);
    const calls = (turn.calls ?? []).map((call, position) => {
      if (!offered?.includes(call.name)) {
        throw new Error(`turn ${index + 1} calls "${call.name}", but the agent offers ${offered?.join(", ") ?? "no tools"}`);
      }
      return { type: "tool_call", id: `call_${index + 1}_${position + 1}`, name: call.name, args: call.args };
    });
    const message = new AIMessage({ content: turn.say, tool_calls: calls });
    return { generations: [{ text: turn.say, message }] };
  }
}

/** Throws because a result does not match the script, so that a run cannot succeed on unexpected results. */
export function mismatch(expected, result) {
  throw new Error(`the script expected ${expected}, but ${result.name} returned:\n${result.text}`);
}

/** Returns the results of the last turn's calls, in the order of the calls. */
function resultsOfLastTurn(messages) {
  const last = messages.findLast((message) => AIMessage.isInstance(message));
  const results = new Map(messages.filter((message) => ToolMessage.isInstance(message)).map((message) => [message.tool_call_id, message]));
  return (last?.tool_calls ?? []).map(({ id, name, args }) => {
    const result = results.get(id);
    if (result === undefined) throw new Error(`the call of ${name} has no result`);
    return { name, args, text: result.text, failed: result.status === "error" };
  });
}
