import { type ScriptedServer, startScriptedServer } from "./scripted-server.js";

/** Returns the model's message for a turn, given the results of the tools so far. */
export type Turn = (results: string[]) => { text: string } | { tool: string; input: Record<string, unknown> };

/** Returns a turn if the result of a tool is as expected. */
export function turnIf<T>(result: string | undefined, wanted: RegExp, then: T): T {
  if (!wanted.test(result ?? "")) throw new Error(`the model expected ${wanted} but received ${result}`);
  return then;
}

interface Content {
  type: string;
  content?: string | { text?: string }[];
}

/** Starts the endpoint of a model with scripted turns, for Anthropic's clients. */
export function startScriptedModel(turns: Turn[]): Promise<ScriptedServer> {
  return startScriptedServer(({ method, path, body }) => {
    if (method !== "POST" || !path.startsWith("/v1/messages"))
      return { status: 404, json: errorBody("not_found_error", `no ${method} ${path}`) };
    const { messages, model } = JSON.parse(body) as { messages: { role: string; content: string | Content[] }[]; model: string };
    const done = messages.filter(({ role }) => role === "assistant").length;
    const turn = turns[done];
    if (turn === undefined) return { status: 400, json: errorBody("invalid_request_error", `there is no turn ${done}`) };
    const results = messages
      .flatMap(({ content }) => (typeof content === "string" ? [] : content))
      .filter(({ type }) => type === "tool_result")
      .map(textOf);
    const said = turn(results);
    const content =
      "text" in said ? { type: "text", text: said.text } : { type: "tool_use", id: `toolu_${done}`, name: said.tool, input: said.input };
    return {
      status: 200,
      json: {
        id: `msg_${done}`,
        type: "message",
        role: "assistant",
        model,
        content: [content],
        stop_reason: "text" in said ? "end_turn" : "tool_use",
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 1 },
      },
    };
  });
}

function errorBody(type: string, message: string) {
  return { type: "error", error: { type, message } };
}

function textOf({ content }: Content): string {
  return typeof content === "string" ? content : (content ?? []).map(({ text }) => text ?? "").join("");
}
