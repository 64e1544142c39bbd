import {
  type CaseContext,
  type Options,
  type Provider,
  type SandboxUnderTest,
  type Suite,
  decode,
  encode,
  failure,
  writeFile,
  sh,
} from "./suite.js";

/** Runs a case with a separate sandbox, which is deleted afterwards. */
async function withOwnSandbox<T>({ provider }: CaseContext, options: Options, use: (sandbox: SandboxUnderTest) => Promise<T>): Promise<T> {
  const sandbox = await provider.api.DaytonaSandbox.create({ auth: provider.auth, ...options });
  try {
    return await use(sandbox);
  } finally {
    await sandbox.close();
  }
}

/** Returns a unique value, so that concurrent runs at one server are independent. */
const unique = () => `case-${crypto.randomUUID()}`;

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

/** Reads a property that may throw. */
const property = (sandbox: SandboxUnderTest, name: string) => failure((async () => Reflect.get(sandbox, name, sandbox) !== undefined)());

/** Waits until a sandbox cannot be found and returns the failure. The service deletes it in the background. */
async function waitUntilDeleted({ api, auth }: Provider, id: string): Promise<unknown> {
  for (;;) {
    const found = await failure(api.DaytonaSandbox.fromId(id, { auth }).then(() => "there"));
    if (!(found as { returned?: string }).returned) return found;
  }
}

export const lifecycle: Suite = {
  name: "lifecycle",
  cases: [
    {
      name: "a new object has no sandbox yet",
      async run({ provider }) {
        const sandbox = new provider.api.DaytonaSandbox({ auth: provider.auth });
        return {
          running: sandbox.isRunning,
          placeholder: /^daytona-sandbox-\d+$/.test(sandbox.id),
          failures: [
            await property(sandbox, "instance"),
            await property(sandbox, "client"),
            await failure(sandbox.execute("true")),
            await failure(sandbox.uploadFiles([["/tmp/a", encode("a")]])),
            await failure(sandbox.downloadFiles(["/tmp/a"])),
            await failure(sandbox.getWorkDir()),
            await failure(sandbox.getUserHomeDir()),
          ],
        };
      },
      expected: {
        running: false,
        placeholder: true,
        failures: Array.from({ length: 7 }, () => ({ thrown: "DaytonaSandboxError", code: "NOT_INITIALIZED" })),
      },
    },
    {
      name: "stop, start and close of a new object",
      async run({ provider }) {
        const sandbox = new provider.api.DaytonaSandbox({ auth: provider.auth });
        return [await failure(sandbox.stop()), await failure(sandbox.start()), await failure(sandbox.close())];
      },
    },
    {
      name: "initialize creates the sandbox once",
      async run({ provider }) {
        const sandbox = new provider.api.DaytonaSandbox({ auth: provider.auth });
        await sandbox.initialize();
        try {
          const again = await failure(sandbox.initialize());
          return { again, running: sandbox.isRunning, uuid: isUuid(sandbox.id), output: (await sandbox.execute("echo hi")).output };
        } finally {
          await sandbox.close();
        }
      },
      expected: {
        again: { thrown: "DaytonaSandboxError", code: "ALREADY_INITIALIZED" },
        running: true,
        uuid: true,
        output: "hi\n",
      },
    },
    {
      name: "returns its folders",
      run: ({ sandbox }) => Promise.all([sandbox.getWorkDir(), sandbox.getUserHomeDir()]),
      expected: ["/home/daytona", "/home/daytona"],
    },
    {
      name: "returns the SDK's sandbox and client",
      async run({ sandbox }) {
        const { instance, client } = sandbox as unknown as {
          instance: { id: string; state: string; getWorkDir(): Promise<string>; fs: { createFolder(p: string, m: string): Promise<void> } };
          client: { get(id: string): Promise<{ id: string }> };
        };
        await instance.fs.createFolder("/home/daytona/by-sdk", "755");
        return {
          id: instance.id === sandbox.id,
          state: instance.state,
          workDir: await instance.getWorkDir(),
          mode: await sh(sandbox, "stat -c %a /home/daytona/by-sdk"),
          got: (await client.get(sandbox.id)).id === sandbox.id,
        };
      },
      expected: { id: true, state: "started", workDir: "/home/daytona", mode: "755\n", got: true },
    },
    {
      name: "stop and start keep the files",
      run: (context) =>
        withOwnSandbox(context, {}, async (sandbox) => {
          await writeFile(sandbox, "/home/daytona/kept/file", "kept");
          await sandbox.stop();
          await sandbox.start();
          return [sandbox.isRunning, await sh(sandbox, "cat /home/daytona/kept/file"), isUuid(sandbox.id)];
        }),
      expected: [true, "kept", true],
    },
    {
      name: "stop kills the processes of the sandbox",
      run: (context) =>
        withOwnSandbox(context, {}, async (sandbox) => {
          const pid = (await sh(sandbox, "sleep 1000 >/dev/null 2>&1 & echo $!")).trim();
          const before = await sandbox.execute(`tr '\\0' ' ' < /proc/${pid}/cmdline`);
          await sandbox.stop();
          await sandbox.start(30);
          const after = await sandbox.execute(`tr '\\0' ' ' < /proc/${pid}/cmdline 2>/dev/null`);
          return [before.output.trim(), after.output.includes("sleep 1000")];
        }),
      expected: ["sleep 1000", false],
    },
    {
      name: "start of a started sandbox",
      run: (context) => withOwnSandbox(context, {}, async (sandbox) => [await failure(sandbox.start()), await sh(sandbox, "echo on")]),
    },
    {
      name: "isRunning after stop",
      run: (context) =>
        withOwnSandbox(context, {}, async (sandbox) => {
          await sandbox.stop();
          return sandbox.isRunning;
        }),
    },
    {
      name: "calls to a stopped sandbox",
      run: (context) =>
        withOwnSandbox(context, {}, async (sandbox) => {
          await sandbox.stop();
          return failure(sandbox.execute("true"));
        }),
    },
    {
      name: "close deletes the sandbox",
      async run(context) {
        const { provider } = context;
        const sandbox = await provider.api.DaytonaSandbox.create({ auth: provider.auth });
        const id = sandbox.id;
        await sandbox.close();
        return {
          running: sandbox.isRunning,
          sameId: sandbox.id === id,
          calls: [
            await failure(sandbox.execute("true")),
            await failure(sandbox.downloadFiles(["/tmp/a"])),
            await property(sandbox, "instance"),
          ],
          again: await failure(sandbox.close()),
          found: await waitUntilDeleted(provider, id),
        };
      },
      expected: {
        running: false,
        sameId: true,
        calls: Array.from({ length: 3 }, () => ({ thrown: "DaytonaSandboxError", code: "NOT_INITIALIZED" })),
        again: { returned: undefined },
        found: { thrown: "DaytonaSandboxError", code: "SANDBOX_NOT_FOUND" },
      },
    },
    {
      name: "kill deletes the sandbox",
      async run({ provider }) {
        const sandbox = await provider.api.DaytonaSandbox.create({ auth: provider.auth });
        const id = sandbox.id;
        await sandbox.kill();
        return [sandbox.isRunning, await waitUntilDeleted(provider, id)];
      },
      expected: [false, { thrown: "DaytonaSandboxError", code: "SANDBOX_NOT_FOUND" }],
    },
    {
      name: "fromId finds a sandbox and its files",
      run: (context) =>
        withOwnSandbox(context, { initialFiles: { "/home/daytona/f": "mine" } }, async (sandbox) => {
          const found = await context.provider.api.DaytonaSandbox.fromId(sandbox.id, { auth: context.provider.auth });
          const [file] = await found.downloadFiles(["/home/daytona/f"]);
          return [found.id === sandbox.id, found.isRunning, decode(file?.content ?? null)];
        }),
      expected: [true, true, "mine"],
    },
    {
      name: "fromId of a missing sandbox",
      run: ({ provider }) => failure(provider.api.DaytonaSandbox.fromId(crypto.randomUUID(), { auth: provider.auth })),
      expected: { thrown: "DaytonaSandboxError", code: "SANDBOX_NOT_FOUND" },
    },
    {
      name: "fromId of a stopped sandbox, followed by start",
      run: (context) =>
        withOwnSandbox(context, {}, async (sandbox) => {
          await writeFile(sandbox, "/home/daytona/f", "slept");
          await sandbox.stop();
          const found = await context.provider.api.DaytonaSandbox.fromId(sandbox.id, { auth: context.provider.auth });
          await found.start();
          return sh(found, "cat f");
        }),
      expected: "slept",
    },
    {
      name: "fromName finds a sandbox by its name",
      async run({ provider, sandbox }) {
        const { client } = sandbox as unknown as { client: { create(options: { name: string }): Promise<{ id: string }> } };
        const name = unique();
        const made = await client.create({ name });
        const found = await provider.api.DaytonaSandbox.fromName(name, { auth: provider.auth });
        try {
          return { id: found.id === made.id ? "id" : found.id === name ? "name" : found.id, output: await sh(found, "echo there") };
        } finally {
          await found.close();
        }
      },
    },
    {
      name: "a sandbox that another client deleted",
      async run({ provider }) {
        const sandbox = await provider.api.DaytonaSandbox.create({ auth: provider.auth });
        const other = await provider.api.DaytonaSandbox.fromId(sandbox.id, { auth: provider.auth });
        await other.close();
        await waitUntilDeleted(provider, sandbox.id);
        return failure(sandbox.execute("true"));
      },
    },
    {
      name: "initialFiles exist after creation",
      run: (context) =>
        withOwnSandbox(context, { initialFiles: { "src/a.txt": "relative", "/home/daytona/b c.txt": "grüße" } }, (sandbox) =>
          sh(sandbox, "cat src/a.txt 'b c.txt'"),
        ),
      expected: "relativegrüße",
    },
    {
      name: "envVars are visible to commands",
      run: (context) =>
        withOwnSandbox(context, { envVars: { FOO: "bar baz", QUOTED: `it's "x" $HOME` } }, (sandbox) =>
          sh(sandbox, 'printf "%s|%s" "$FOO" "$QUOTED"'),
        ),
      expected: `bar baz|it's "x" $HOME`,
    },
    {
      name: "options are visible in the SDK's sandbox",
      run: (context) =>
        withOwnSandbox(context, { labels: { team: "a", empty: "" }, autoStopInterval: 7, language: "python" }, async (sandbox) => {
          const { labels, autoStopInterval } = (
            sandbox as unknown as { instance: { labels: Record<string, string>; autoStopInterval: number } }
          ).instance;
          return { labels, autoStopInterval };
        }),
    },
    {
      name: "deleteAll deletes only sandboxes with the labels",
      async run({ provider }) {
        const run = unique();
        const make = (labels: Record<string, string>) => provider.api.DaytonaSandbox.create({ auth: provider.auth, labels });
        const [one, two, other] = await Promise.all([make({ run, kind: "a" }), make({ run, kind: "a" }), make({ run, kind: "b" })]);
        try {
          const deleted = await provider.api.DaytonaSandbox.deleteAll({ run, kind: "a" }, { auth: provider.auth });
          const kept = await provider.api.DaytonaSandbox.fromId(other.id, { auth: provider.auth });
          return {
            deleted,
            gone: [await waitUntilDeleted(provider, one.id), await waitUntilDeleted(provider, two.id)],
            kept: await sh(kept, "echo kept"),
          };
        } finally {
          await other.close();
        }
      },
      expected: {
        deleted: 2,
        gone: [
          { thrown: "DaytonaSandboxError", code: "SANDBOX_NOT_FOUND" },
          { thrown: "DaytonaSandboxError", code: "SANDBOX_NOT_FOUND" },
        ],
        kept: "kept\n",
      },
    },
    {
      name: "a factory creates a new sandbox each time",
      async run({ provider }) {
        const factory = provider.api.createDaytonaSandboxFactory({ auth: provider.auth });
        const [one, two] = await Promise.all([factory(), factory()]);
        try {
          return [one.id !== two.id, one instanceof provider.api.DaytonaSandbox, await sh(two, "echo two")];
        } finally {
          await Promise.all([one.close(), two.close()]);
        }
      },
      expected: [true, true, "two\n"],
    },
    {
      name: "a factory of a sandbox returns that sandbox",
      run: async ({ provider, sandbox }) => {
        const factory = provider.api.createDaytonaSandboxFactoryFromSandbox(sandbox as never) as () => unknown;
        return factory() === sandbox;
      },
      expected: true,
    },
    {
      name: "a rejected key",
      run: ({ provider }) => failure(provider.api.DaytonaSandbox.create({ auth: { ...provider.auth, apiKey: "not-the-key" } })),
    },
    {
      name: "connecting with a rejected key",
      run: (context) =>
        failure(
          context.provider.api.DaytonaSandbox.fromId(context.sandbox.id, { auth: { ...context.provider.auth, apiKey: "not-the-key" } }),
        ),
    },
  ],
};
