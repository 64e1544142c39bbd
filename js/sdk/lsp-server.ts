import { inspectAsJson } from "#internal";
import type * as native from "#native";
import { complete } from "./complete.js";

/** What identifies a language server in a sandbox. */
export interface LspDescription {
  /** Language of the server. */
  languageId: string;
  /** Folder of the project. */
  pathToProject: string;
}

/** A language server for one project in a sandbox. */
export class LspServer extends (complete.LspServer as typeof native.LspServer) {
  /** Language and project, for `JSON.stringify` and `console.log`. */
  toJSON(): LspDescription {
    const { languageId, pathToProject } = this;
    return { languageId, pathToProject };
  }
}

inspectAsJson(LspServer);
