import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, ToolMessage } from "@langchain/core/messages";

/**
 * A chat model that says what was written down for it, so that an agent can run without a key and without a
 * network. Only the model is scripted: the tools it calls are real, and so is what they answer.
 *
 * A script is a list of turns. A turn is what the model says, `{ say, calls: [{ name, args }] }`, or a function
 * that makes it from what the calls of the turn before answered: `(results) => ({ say, calls })`. Such a turn
 * throws with `mismatch()` when the answers are not what the script goes on from.
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
    // Like any chat model it keeps nothing between calls: the conversation itself tells which turn it is.
    const index = messages.filter((message) => AIMessage.isInstance(message)).length;
    const written = this.script[index];
    if (written === undefined) {
      throw new Error(`the script has ${this.script.length} turns, and the agent asked for one more`);
    }
    const turn = typeof written === "function" ? written(resultsOfLastTurn(messages)) : written;
    const offered = options.tools?.map((tool) => tool.name ?? tool.function?.name);
    const calls = (turn.calls ?? []).map((call, position) => {
      if (!offered?.includes(call.name)) {
        throw new Error(`turn ${index + 1} calls "${call.name}"; the agent offers ${offered?.join(", ") ?? "no tools"}`);
      }
      return { type: "tool_call", id: `call_${index + 1}_${position + 1}`, name: call.name, args: call.args };
    });
    const message = new AIMessage({ content: turn.say, tool_calls: calls });
    return { generations: [{ text: turn.say, message }] };
  }
}

/** Ends the script where it no longer fits: a run that went on from here would only look as if it worked. */
export function mismatch(expected, result) {
  throw new Error(`the script expected ${expected}, but ${result.name} answered:\n${result.text}`);
}

/** What the calls of the last turn answered, in the order in which they were made. */
function resultsOfLastTurn(messages) {
  const last = messages.findLast((message) => AIMessage.isInstance(message));
  const answers = new Map(messages.filter((message) => ToolMessage.isInstance(message)).map((message) => [message.tool_call_id, message]));
  return (last?.tool_calls ?? []).map(({ id, name, args }) => {
    const answer = answers.get(id);
    if (answer === undefined) throw new Error(`the call of ${name} was never answered`);
    return { name, args, text: answer.text, failed: answer.status === "error" };
  });
}
