// What must hold of the package in every test runner, whatever realm the runner gives a test file. The runner provides
// `describe`, `test`, `expect`, `beforeAll` and `afterAll` as globals; the server is in DAYTONA_API_URL and DAYTONA_API_KEY.

/**
 * Defines the tests.
 * @param {() => object} load Returns the modules of the package: `daytona`, `sdk`, and of its second copy: `alias`, `aliasSdk`.
 * @param {(() => Promise<object>) | undefined} reload Resets the runner's modules and returns `daytona` and `sdk` again;
 * undefined if the runner leaves packages to Node.js, which loads each once.
 */
module.exports = function defineChecks(load, reload) {
  /** @type {any} */
  let modules;
  /** @type {any} */
  let sandbox;
  beforeAll(async () => {
    modules = load();
    sandbox = await modules.daytona.DaytonaSandbox.create({ labels: { of: "a runner" }, initialFiles: { "a.txt": "one" } });
  });
  afterAll(() => sandbox?.close());

  const failureOf = async (call) => {
    try {
      await call();
    } catch (error) {
      return error;
    }
    throw new Error("expected a failure");
  };

  describe("a failure", () => {
    /** Holds for a failed request, whichever copy of the package made it. */
    const expectNotFound = (error, { daytona, sdk }) => {
      expect(error).toBeInstanceOf(daytona.DaytonaSandboxError);
      expect(error).toBeInstanceOf(Error);
      expect(daytona.DaytonaSandboxError.isInstance(error)).toBe(true);
      expect(error.code).toBe("SANDBOX_NOT_FOUND");
      expect(error.cause).toBeInstanceOf(sdk.DaytonaNotFoundError);
      expect(error.cause).toBeInstanceOf(Error);
      expect(error.cause.statusCode).toBe(404);
      expect(error.cause.headers).toStrictEqual({});
    };
    const connect = ({ daytona }) => failureOf(() => daytona.DaytonaSandbox.connect("no-such-sandbox"));

    test("of a request has its class and its cause", async () => {
      expectNotFound(await connect(modules), modules);
      await expect(modules.daytona.DaytonaSandbox.connect("no-such-sandbox")).rejects.toThrow(modules.daytona.DaytonaSandboxError);
    });

    test("of the SDK has its class", async () => {
      const { sdk } = modules;
      const error = await failureOf(() => sandbox.sandbox.fs.downloadFile("no-such-file"));
      expect(error).toBeInstanceOf(sdk.DaytonaFileNotFoundError);
      expect(error).toBeInstanceOf(sdk.DaytonaError);
      expect(error).toBeInstanceOf(Error);
    });

    test("of a chain has causes that are errors", async () => {
      const { daytona } = modules;
      const auth = { apiKey: "k", apiUrl: "http://127.0.0.1:1/api" };
      const error = await failureOf(() => daytona.DaytonaSandbox.connect("some-id", { auth, timeout: 5 }));
      expect(error).toBeInstanceOf(daytona.DaytonaSandboxError);
      for (let cause = error.cause; cause !== undefined; cause = cause.cause) expect(cause).toBeInstanceOf(Error);
    });

    test("of a constructor has its class", () => {
      const { sdk } = modules;
      expect(() => new sdk.Daytona({ apiUrl: "no url", apiKey: "k" })).toThrow(sdk.DaytonaInvalidArgumentError);
      expect(() => new sdk.Daytona({ apiUrl: 5, apiKey: "k" })).toThrow(sdk.DaytonaInvalidArgumentError);
    });

    test("of an argument has its class", async () => {
      const { daytona, sdk } = modules;
      expect(await failureOf(() => sandbox.sandbox.fs.listFiles(5))).toBeInstanceOf(sdk.DaytonaInvalidArgumentError);
      const calls = [
        () => sandbox.execute(5),
        () => sandbox.execute("true", { timeout: "soon" }),
        () => sandbox.uploadFiles([["a", 5]]),
        () => sandbox.getWorkDir({ timeout: "soon" }),
        () => sandbox.downloadFiles(["a"], { timeout: -1 }),
      ];
      for (const call of calls) expect(await failureOf(call)).toBeInstanceOf(daytona.DaytonaSandboxError);
    });

    test("of an aborted call is the signal's reason", async () => {
      const reason = { kind: "Timeout", code: "InvalidArg", daytonaFailure: { kind: "Timeout" } };
      expect(await failureOf(() => sandbox.execute("true", { signal: AbortSignal.abort(reason) }))).toBe(reason);
    });

    (reload ? test : test.skip)("has the class of the copy that was loaded after a reset of the modules", async () => {
      const before = modules;
      const after = await reload();
      expect(after.daytona.DaytonaSandboxError).not.toBe(before.daytona.DaytonaSandboxError);
      expectNotFound(await connect(after), after);
      expectNotFound(await connect(before), before);
      expect(await connect(before)).toBeInstanceOf(after.daytona.DaytonaSandboxError);
    });

    test("has the class of its copy when two copies share the addon", async () => {
      const alias = { daytona: modules.alias, sdk: modules.aliasSdk };
      expect(alias.daytona.DaytonaSandboxError).not.toBe(modules.daytona.DaytonaSandboxError);
      expectNotFound(await connect(alias), alias);
      expectNotFound(await connect(modules), modules);
      expect(await connect(alias)).toBeInstanceOf(modules.daytona.DaytonaSandboxError);
    });
  });

  describe("a promise", () => {
    test("is one of the test's", async () => {
      const promises = [sandbox.execute("true"), sandbox.sandbox.fs.listFiles("."), sandbox.sandbox.refreshData()];
      for (const promise of promises) expect(promise).toBeInstanceOf(Promise);
      await Promise.all(promises);
    });
  });

  describe("a result", () => {
    const bytes = (text) => new TextEncoder().encode(text);

    test("of a command equals a literal strictly", async () => {
      expect(await sandbox.execute("echo out; exit 3")).toStrictEqual({ output: "out\n", exitCode: 3, truncated: false });
      const { process } = sandbox.sandbox;
      expect(await process.executeCommand("echo out")).toStrictEqual({ exitCode: 0, result: "out\n", artifacts: { stdout: "out\n" } });
    });

    test("of files equals a literal strictly", async () => {
      const uploaded = await sandbox.uploadFiles([["b.txt", bytes("two")]]);
      expect(uploaded).toStrictEqual([{ path: "b.txt", error: null }]);
      expect(uploaded).toBeInstanceOf(Array);
      expect(await sandbox.downloadFiles(["b.txt", "missing"])).toStrictEqual([
        { path: "b.txt", content: bytes("two"), error: null },
        { path: "missing", content: null, error: "file_not_found", reason: "file not found: missing" },
      ]);
      const [{ content }] = await sandbox.downloadFiles(["b.txt"]);
      expect(content).toBeInstanceOf(Uint8Array);
    });

    test("of the SDK equals a literal strictly", async () => {
      const { fs, process } = sandbox.sandbox;
      const listed = await fs.listFiles(".");
      expect(listed).toBeInstanceOf(Array);
      expect(Object.getPrototypeOf(listed[0])).toBe(Object.prototype);
      expect(listed).toContainEqual({ ...listed[0], name: listed[0].name });
      expect(await fs.searchFiles(".", "a.txt")).toStrictEqual({ files: [expect.stringContaining("a.txt")] });
      expect(await fs.findFiles(".", "one")).toStrictEqual([{ file: expect.stringContaining("a.txt"), line: 1, content: "one" }]);
      expect(await fs.downloadFile("a.txt")).toStrictEqual(Buffer.from("one"));
      await process.createSession("s");
      const { commands, ...session } = await process.getSession("s");
      expect({ commands, session }).toStrictEqual({ commands: [], session: { sessionId: "s" } });
    });

    test("has the properties of a sandbox as plain objects", async () => {
      const { labels, env } = sandbox.sandbox;
      expect({ ...labels, "daytona-native/lease": "" }).toStrictEqual({ ...labels, "daytona-native/lease": "", of: "a runner" });
      expect(await sandbox.sandbox.setLabels({ of: "another" })).toStrictEqual({ of: "another" });
      expect(sandbox.sandbox.labels).toStrictEqual({ of: "another" });
      expect(env).toStrictEqual({});
      expect(Object.getPrototypeOf(sandbox.sandbox.data)).toBe(Object.prototype);
    });

    test("of a list is an array of sandboxes", async () => {
      const { sdk } = modules;
      for await (const found of sandbox.client.list({ labels: { of: "another" } })) {
        expect(found).toBeInstanceOf(sdk.Sandbox);
        expect(found.labels).toStrictEqual({ of: "another" });
      }
    });

    test("of a stream is complete", async () => {
      const { fs, process } = sandbox.sandbox;
      await fs.uploadFileStream(bytes("streamed"), "c.txt");
      const chunks = [];
      for await (const chunk of await fs.downloadFileStream("c.txt")) chunks.push(chunk);
      expect(Buffer.concat(chunks)).toStrictEqual(Buffer.from("streamed"));
      await process.createSession("t");
      const { cmdId } = await process.executeSessionCommand("t", { command: "echo logged", runAsync: true });
      let logged = "";
      await process.getSessionCommandLogs(
        "t",
        cmdId,
        (chunk) => {
          logged += chunk;
        },
        () => {},
      );
      expect(logged).toBe("logged\n");
    });
  });

  test("a spy on a part of a sandbox has an effect", async () => {
    expect(sandbox.sandbox.fs).toBe(sandbox.sandbox.fs);
    expect(sandbox.sandbox.process).toBe(sandbox.sandbox.process);
    sandbox.sandbox.fs.listFiles = async () => ["spied"];
    expect(await sandbox.sandbox.fs.listFiles(".")).toStrictEqual(["spied"]);
    delete sandbox.sandbox.fs.listFiles;
  });
};
