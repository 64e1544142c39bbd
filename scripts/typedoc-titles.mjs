// Plugin of TypeDoc: names each document after its first heading instead of its file, and leaves the heading out of the text.
import { Converter, ReflectionKind } from "typedoc";

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const document of project.getReflectionsByKind(ReflectionKind.Document)) {
      // The content is in parts: text, code and links.
      const end = document.content.findIndex(({ text }) => text.includes("\n"));
      const last = document.content[end];
      if (last === undefined || !document.content[0]?.text.startsWith("# ")) continue;
      const [rest, ...lines] = last.text.split("\n");
      const heading = [...document.content.slice(0, end).map(({ text }) => text), rest].join("");
      document.name = heading.slice("# ".length).replaceAll("`", "").trim();
      document.content.splice(0, end + 1, { ...last, text: lines.join("\n").trimStart() });
    }
  });
}
