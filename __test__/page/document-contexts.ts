import type { CodeBlock } from "./code-blocks.js";

/** The context of the blocks of one document that have none of their own. */
export const documentContexts: Record<string, Pick<CodeBlock, "before" | "after">> = {
  "docs/sdk.md": {
    before: `
      import { createReadStream, createWriteStream, statSync, writeFileSync } from "node:fs";
      import { pipeline } from "node:stream/promises";
      import { Daytona, DaytonaFileNotFoundError, DaytonaGitTransportFailedError, DaytonaTimeoutError } from "daytona-native/sdk";
      import { LocalDaytona } from "daytona-native/local";
      writeFileSync("large.bin", Buffer.alloc(3_000_000, "daytona"));
      let sent = 0;
      const server = await LocalDaytona.start();
      const daytona = new Daytona(server);
      const sandbox = await daytona.create({ language: "python" });
      try {`,
    after: `
      } finally {
        await server.close();
      }`,
  },
  "docs/computer-use.md": {
    before: `
      import { writeFileSync } from "node:fs";
      import { Daytona } from "daytona-native/sdk";
      import { LocalDaytona } from "daytona-native/local";
      const server = await LocalDaytona.start();
      const sandbox = await new Daytona(server).create();
      try {
        await sandbox.computerUse.start();
        await sandbox.process.executeCommand("xmessage -title Question Text > /dev/null 2>&1 &");`,
    after: `
      } finally {
        await server.close();
      }`,
  },
};
