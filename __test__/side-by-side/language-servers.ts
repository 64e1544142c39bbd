import { type Area, type Context, inOrder, settled } from "./case.js";

const TYPESCRIPT = "export class Greeter {\n  greet(name: string) {\n    return name;\n  }\n}\nnew Greeter().\n";

/** Starts a language server of a project with one file, and stops it afterwards. */
async function started(context: Context, use: (lsp: Awaited<ReturnType<Context["sandbox"]["createLspServer"]>>) => Promise<unknown>) {
  const { sandbox, folder } = context;
  await sandbox.fs.uploadFile(Buffer.from('{ "include": ["*.ts"] }'), `${folder}/tsconfig.json`);
  await sandbox.fs.uploadFile(Buffer.from(TYPESCRIPT), `${folder}/a.ts`);
  const lsp = await sandbox.createLspServer("typescript", folder);
  await lsp.start();
  try {
    return await use(lsp);
  } finally {
    await lsp.stop();
  }
}

/** Language servers. */
export const languageServers: Area = {
  name: "language servers",
  cases: {
    "symbols and completions": (context) =>
      started(context, async (lsp) => {
        const file = `${context.folder}/a.ts`;
        const [opened] = await inOrder(() => lsp.didOpen(file));
        const { isIncomplete, items } = await lsp.completions(file, { line: 5, character: 14 });
        return {
          opened,
          symbols: await lsp.documentSymbols(file),
          found: await lsp.sandboxSymbols("Greeter"),
          same: await lsp.workspaceSymbols("Greeter"),
          isIncomplete,
          items: items.slice(0, 3),
          closed: await settled(() => lsp.didClose(file)),
        };
      }),
    "one that was not started": async ({ sandbox, folder }) => {
      const lsp = await sandbox.createLspServer("typescript", folder);
      return await inOrder(
        () => lsp.didOpen("a.ts"),
        () => lsp.didClose("a.ts"),
        () => lsp.documentSymbols("a.ts"),
        () => lsp.sandboxSymbols("a"),
        () => lsp.completions("a.ts", { line: 0, character: 0 }),
        () => lsp.stop(),
      );
    },
    "a language that has none": async ({ sandbox, folder }) => {
      return await settled(async () => (await sandbox.createLspServer("cobol", folder)).start());
    },
    "a project that is missing": async ({ sandbox, folder }) => {
      return await settled(async () => (await sandbox.createLspServer("typescript", `${folder}/none`)).start());
    },
  },
};
