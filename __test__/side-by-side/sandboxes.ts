import type { Sandbox } from "daytona-native/sdk";
import { type Area, inOrder, settled, withSandbox } from "./case.js";

/** The data of a sandbox: what both have of it, without objects of the SDKs. */
function dataOf(sandbox: Sandbox) {
  const fields = [
    ...["name", "organizationId", "snapshot", "user", "env", "labels", "public", "target", "cpu", "gpu", "gpuType", "memory", "disk"],
    ...["state", "desiredState", "errorReason", "recoverable", "backupState", "backupCreatedAt", "autoStopInterval", "autoPauseInterval"],
    ...["autoArchiveInterval", "autoDeleteInterval", "autoDestroyAt", "volumes", "buildInfo", "createdAt", "updatedAt"],
    ...["networkBlockAll", "networkAllowList", "domainAllowList", "linkedSandboxId", "sandboxClass", "daemonVersion"],
    ...["outboundProxyUrl", "otelEndpointOverride", "spot", "spotEvictedAt", "warmPoolId"],
  ];
  const data = Object.fromEntries(fields.map((name) => [name, Reflect.get(sandbox, name) as unknown]));
  // What tells sandboxes of this package from others; differences.md has it.
  const labels = { ...(data.labels as Record<string, string>) };
  delete labels["daytona-native/lease"];
  return { ...data, labels };
}

/** Names of the sandboxes of a list, without their common beginning. */
async function names(sandboxes: AsyncIterable<Sandbox>, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of sandboxes) found.push(name.replace(prefix, ""));
  return found;
}

/** What calls inside a sandbox do. */
const callsInside = (sandbox: Sandbox) =>
  inOrder(
    () => sandbox.process.executeCommand("true"),
    () => sandbox.process.codeRun("1"),
    () => sandbox.process.createSession("s"),
    () => sandbox.fs.listFiles("."),
    () => sandbox.fs.downloadFile("x"),
    () => sandbox.fs.uploadFile(Buffer.from("x"), "x"),
    () => sandbox.git.status("."),
    () => sandbox.codeInterpreter.listContexts(),
    () => sandbox.codeInterpreter.runCode("1"),
    () => sandbox.process.listPtySessions(),
    () => sandbox.process.createPty({ id: "p", onData: () => {} }),
    () => sandbox.getWorkDir(),
    () => sandbox.getMetricsLatest(),
    () => sandbox.computerUse.getStatus(),
  );

/** Sandboxes: creation, states, lists and what is measured. */
export const sandboxes: Area = {
  name: "sandboxes",
  cases: {
    "data of a plain one": (context) => withSandbox(context, { name: context.unique }, async (sandbox) => dataOf(sandbox)),
    "data with options": (context) => {
      const options = {
        name: context.unique,
        language: "javascript",
        envVars: { A: "1" },
        labels: { team: "a", empty: "" },
        public: true,
        user: "someone",
        autoStopInterval: 7,
        autoArchiveInterval: 60,
        autoDeleteInterval: 120,
      } as const;
      return withSandbox(context, options, async (sandbox) => dataOf(sandbox));
    },
    "data that is read again": (context) =>
      withSandbox(context, { name: context.unique }, async (sandbox) => {
        const found = await context.daytona.get(context.unique);
        await found.refreshData();
        return [found.id === sandbox.id, dataOf(found)];
      }),
    "invalid options": ({ daytona, unique }) =>
      inOrder(
        () => daytona.create({ autoStopInterval: -1 }),
        () => daytona.create({ autoStopInterval: 1.5 }),
        () => daytona.create({ autoArchiveInterval: -1 }),
        () => daytona.create({ language: "cobol" as never, name: unique }),
        () => daytona.create({}, { timeout: -1 } as never),
      ),
    "a name that exists": (context) =>
      withSandbox(context, { name: context.unique }, () => settled(() => context.daytona.create({ name: context.unique }))),
    "one that is not there": ({ daytona }) => settled(() => daytona.get("no-such-sandbox")),
    "labels and intervals": (context) =>
      withSandbox(context, {}, async (sandbox) => {
        const results = await inOrder(
          () => sandbox.setLabels({ a: "b" }),
          () => sandbox.setAutostopInterval(5),
          () => sandbox.setAutoArchiveInterval(6),
          () => sandbox.setAutoDeleteInterval(7),
          () => sandbox.setAutoDeleteInterval(-1),
          () => sandbox.setAutostopInterval(-1),
          () => sandbox.setAutostopInterval(1.5),
          () => sandbox.setAutoArchiveInterval(-1),
          () => sandbox.refreshActivity(),
        );
        const now = [sandbox.labels, sandbox.autoStopInterval, sandbox.autoArchiveInterval, sandbox.autoDeleteInterval];
        return { results, now };
      }),
    "network settings": (context) =>
      withSandbox(context, {}, async (sandbox) => {
        const states: unknown[] = [];
        for (const settings of [
          { networkBlockAll: true },
          { networkBlockAll: false },
          { networkAllowList: "192.0.2.0/24,198.51.100.0/24" },
          { domainAllowList: "example.com,*.example.org" },
          { networkAllowList: "" },
          {},
          { networkAllowList: "192.0.2.1" },
          { domainAllowList: "192.0.2.1" },
        ]) {
          const result = await settled(() => sandbox.updateNetworkSettings(settings));
          states.push([result, sandbox.networkBlockAll, sandbox.networkAllowList, sandbox.domainAllowList]);
        }
        return states;
      }),
    "stop and start": (context) =>
      withSandbox(context, {}, async (sandbox) => {
        const states: unknown[] = [sandbox.state];
        const results: unknown[] = [];
        for (const act of [
          () => sandbox.stop(),
          () => sandbox.waitUntilStopped(),
          () => sandbox.start(),
          () => sandbox.waitUntilStarted(),
          () => context.daytona.stop(sandbox),
          () => context.daytona.start(sandbox),
          () => sandbox.start(),
          () => sandbox.recover(),
          () => sandbox.stop(-1),
          () => sandbox.waitUntilStarted(-1),
        ]) {
          results.push(await settled(act));
          states.push(sandbox.state);
        }
        return { results, states };
      }),
    "a stopped one": (context) =>
      withSandbox(context, {}, async (sandbox) => {
        await sandbox.stop();
        return {
          inside: await callsInside(sandbox),
          again: await settled(() => sandbox.stop()),
          archived: await settled(() => sandbox.archive()),
        };
      }),
    "a deleted one": (context) =>
      withSandbox(context, {}, async (sandbox) => {
        const deleted = await settled(() => sandbox.delete());
        return {
          deleted,
          state: sandbox.state,
          again: await settled(() => sandbox.delete()),
          others: await inOrder(
            () => sandbox.start(),
            () => sandbox.stop(),
            () => sandbox.refreshData(),
            () => sandbox.setLabels({}),
            () => sandbox.archive(),
          ),
          inside: await callsInside(sandbox),
        };
      }),
    lists: async (context) => {
      const { daytona, unique } = context;
      const labels = { group: unique };
      const made: Sandbox[] = [];
      for (const name of ["b", "a"]) made.push(await daytona.create({ name: `${unique}-${name}`, labels: { ...labels, [name]: "1" } }));
      const sorted = { labels, sort: "name", order: "asc" } as const;
      const results = await inOrder(
        () => names(daytona.list(sorted as never), `${unique}-`),
        () => names(daytona.list({ ...sorted, limit: 1 } as never), `${unique}-`),
        () => names(daytona.list({ labels: { ...labels, a: "1" } }), `${unique}-`),
        () => names(daytona.list({ labels: { group: "none" } }), ""),
        async () => {
          for await (const sandbox of daytona.list(sorted as never)) return [sandbox instanceof context.sdk.Sandbox, dataOf(sandbox)];
        },
        () => names(daytona.list({ limit: 0 }), ""),
        () => names(daytona.list({ limit: 500 }), ""),
        () => names(daytona.list({ sort: "none" as never }), ""),
      );
      for (const sandbox of made) await sandbox.delete();
      return results;
    },
    folders: ({ sandbox }) =>
      inOrder(
        () => sandbox.getWorkDir(),
        () => sandbox.getUserHomeDir(),
        () => sandbox.getUserRootDir(),
      ),
    metrics: async ({ sandbox }) => {
      const shape = (metrics: object) =>
        Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, value instanceof Date ? "date" : typeof value]));
      const [latest, all] = [await sandbox.getMetricsLatest(), await sandbox.getMetrics(new Date(0), new Date(Date.now() + 60_000))];
      const { cpuCount, memTotal, diskTotal } = latest;
      return {
        latest: { ...shape(latest), cpuCount, memTotal, diskTotal },
        all: [Array.isArray(all), all.slice(0, 1).map(shape)],
        none: await sandbox.getMetrics(new Date(0), new Date(1)),
      };
    },
    environment: (context) =>
      withSandbox(context, { envVars: { A: "1", B: "2" } }, async (sandbox) => {
        const updated = await settled(() => sandbox.updateEnv({ A: "3" }, { unset: ["B"] } as never));
        return { updated, now: (await sandbox.process.executeCommand('echo "$A|$B"')).result };
      }),
    "signed URLs": async ({ sandbox, folder }) => {
      await sandbox.fs.uploadFile(Buffer.from("signed"), `${folder}/f`);
      const down = new URL(await sandbox.downloadUrl(`${folder}/f`));
      const up = new URL(await sandbox.uploadUrl(`${folder}/g`));
      const content = await (await fetch(down)).text();
      const parameters = [down, up].map((url) => [...url.searchParams.keys()].sort());
      const results = await inOrder(
        () => sandbox.downloadUrl(`${folder}/f`, 0),
        () => sandbox.downloadUrl(`${folder}/f`, -5),
        () => sandbox.rotateSigningKey(),
        async () => (await fetch(down)).status,
      );
      return { content, parameters, results: results.map((result) => withoutUrl(result)) };
    },
    previews: ({ sandbox }) =>
      inOrder(
        async () => Object.keys(await sandbox.getPreviewLink(3000)).sort(),
        async () => Object.keys(await sandbox.getSignedPreviewUrl(3000)).sort(),
        async () => Object.keys(await sandbox.getSignedPreviewUrl(3000, 5)).sort(),
        () => sandbox.getSignedPreviewUrl(3000, 0),
        () => sandbox.getSignedPreviewUrl(3000, 86_401),
        () => sandbox.expireSignedPreviewUrl(3000, "unknown"),
      ),
    "SSH access": ({ sandbox }) =>
      inOrder(
        () => sandbox.createSshAccess(),
        () => sandbox.revokeSshAccess("token"),
        () => sandbox.validateSshAccess("token"),
      ),
    "a time to live": (context) =>
      withSandbox(context, { ttlMinutes: 30 }, async (sandbox) => {
        const minutes = async () => {
          await sandbox.refreshData();
          const { autoDestroyAt } = sandbox;
          return autoDestroyAt && Math.round((Date.parse(autoDestroyAt) - Date.now()) / 60_000);
        };
        return inOrder(
          minutes,
          () => sandbox.setTtl(5),
          minutes,
          () => sandbox.setTtl(0),
          minutes,
          () => sandbox.setTtl(-1),
          () => sandbox.setAutoPauseInterval(5),
          () => sandbox.setAutoPauseInterval(0),
          () => sandbox.pause(),
        );
      }),
    resources: (context) =>
      withSandbox(context, {}, async (sandbox) => {
        const resources = () => [sandbox.cpu, sandbox.memory, sandbox.disk, sandbox.state];
        return inOrder(
          () => sandbox.resize({ cpu: 2, memory: 3 }),
          resources,
          () => sandbox.resize({ cpu: 1 }),
          () => sandbox.resize({ disk: 9 }),
          () => sandbox.resize({ cpu: 2 }),
          () => sandbox.waitForResizeComplete(),
          () => sandbox.stop(),
          () => sandbox.resize({ cpu: 1, memory: 1, disk: 9 }),
          resources,
          () => sandbox.resize({ disk: 1 }),
        );
      }),
    volumes: async ({ daytona, unique }) => {
      const results = await inOrder(
        () => daytona.volume.get(unique),
        // What the service returns as null is absent here, as in a sandbox.
        async () =>
          Object.entries(await daytona.volume.get(unique, true)).flatMap(([key, value]) =>
            value === null || value === undefined ? [] : key,
          ),
        () => daytona.volume.create(unique),
        async () => (await daytona.volume.list()).filter(({ name }) => name === unique).length,
        () => daytona.create({ volumes: [{ volumeId: "no-such-volume", mountPath: "/v" }] }),
        () => daytona.create({ volumes: [{ volumeId: unique, mountPath: "/etc" }] }),
      );
      const volume = await daytona.volume.get(unique);
      const sandbox = await daytona.create({ volumes: [{ volumeId: volume.id, mountPath: "/v" }], name: `${unique}-user` });
      const mounted = sandbox.volumes?.map(({ mountPath, subpath }) => [mountPath, subpath]);
      const used = await settled(() => daytona.volume.delete(volume));
      await sandbox.delete();
      return [...results, mounted, used, await settled(() => daytona.volume.delete(volume))];
    },
    "a rejected key": ({ sdk, config }) => {
      const daytona = new sdk.Daytona({ ...config, apiKey: "wrong", target: "us" });
      return inOrder(
        () => daytona.get("x"),
        () => daytona.create(),
        () => names(daytona.list(), ""),
      );
    },
    "no key": ({ sdk }) =>
      inOrder(
        () => new sdk.Daytona({ apiUrl: "http://127.0.0.1:9/api" }),
        () => new sdk.Daytona({ apiUrl: "http://127.0.0.1:9/api", jwtToken: "x" } as never),
      ),
    "a service that is not there": ({ sdk }) =>
      settled(() => new sdk.Daytona({ apiUrl: "http://127.0.0.1:9/api", apiKey: "x", target: "us" }).get("x")),
  },
};

/** A result without its URL, which has a signature. */
function withoutUrl(result: unknown): unknown {
  const { returned } = result as { returned?: unknown };
  return typeof returned === "string" && URL.canParse(returned) ? { returned: "a URL" } : result;
}
