import fs from "node:fs";
import path from "node:path";
import { root } from "../support/server.js";

/** The declarations whose comments contain examples, with what is in scope there. */
const declarations: Record<string, string> = {
  "index.d.ts": `
    import { createDeepAgent, createFilesystemMiddleware } from "deepagents";
    import { createDaytonaSandboxFactory, createDaytonaSandboxFactoryFromSandbox, DaytonaSandbox, DaytonaSandboxError } from "daytona-native";
    declare const sandbox: DaytonaSandbox;
    declare const model: string;
    declare const id: string;`,
  "sdk.d.cts": `
    import { createReadStream, createWriteStream } from "node:fs";
    import { pipeline } from "node:stream/promises";
    import { Daytona, Sandbox } from "daytona-native/sdk";
    declare const daytona: Daytona;
    declare const sandbox: Sandbox;
    declare const cmdId: string;`,
  "local.d.cts": `
    import { DaytonaSandbox } from "daytona-native";
    import { LocalDaytona } from "daytona-native/local";`,
  "native.d.cts": `
    import { Daytona, Sandbox } from "daytona-native/sdk";
    declare const daytona: Daytona;
    declare const sandbox: Sandbox;`,
};

/** Returns the examples in the comments of the declarations, each as a program to compile. */
export function examplesInTypes(): { name: string; program: string }[] {
  return Object.entries(declarations).flatMap(([file, scope]) => {
    const comments = fs.readFileSync(path.join(root, file), "utf8");
    return Array.from(comments.matchAll(/^( *)\* ```typescript\n([\s\S]*?)^\1\* ```$/gm), ([, , lines = ""], index) => {
      const code = lines.replace(/^ *\* ?/gm, "");
      // In a block of its own, so that an example may declare what is in scope.
      return { name: `${file}, example ${index + 1}`, program: `${scope}\n{\n${code}\n}\nexport {};` };
    });
  });
}
