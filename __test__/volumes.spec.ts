import { Daytona as OriginalDaytona } from "@daytona/sdk";
import { DaytonaSandbox } from "daytona-native";
import {
  Daytona,
  DaytonaConflictError,
  DaytonaInvalidArgumentError,
  DaytonaNotFoundError,
  DaytonaValidationError,
  type Sandbox,
  type Volume,
} from "daytona-native/sdk";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

// Folders that sandboxes share, at the local server.

const server = inject("daytona");
const MOUNT = "/home/daytona/shared";
let daytona: Daytona;
beforeAll(() => {
  daytona = new Daytona(server);
});

const unique = () => `volume-${crypto.randomUUID()}`;
const run = async (sandbox: Sandbox, command: string) => {
  const { exitCode, result } = await sandbox.process.executeCommand(command);
  return exitCode === 0 ? result.trim() : `${exitCode}: ${result.trim()}`;
};

/** Calls with sandboxes that have a volume mounted, and deletes everything. */
async function withSandboxes(
  mounts: { mountPath: string; subpath?: string }[],
  use: (sandboxes: [Sandbox, Sandbox], volumeId: string) => Promise<void>,
) {
  const volume = await daytona.volume.create(unique());
  const sandboxes = await Promise.all(mounts.map((mount) => daytona.create({ volumes: [{ volumeId: volume.id, ...mount }] })));
  try {
    await use(sandboxes as [Sandbox, Sandbox], volume.id);
  } finally {
    await Promise.all(sandboxes.map((sandbox) => sandbox.delete()));
    await deleted(volume);
  }
}

/** Deletes a volume as soon as no sandbox uses it: one whose creation failed is deleted in the background. */
async function deleted(volume: { id: string }): Promise<void> {
  for (;;) {
    try {
      return await daytona.volume.delete(volume);
    } catch (error) {
      if (!(error instanceof DaytonaConflictError)) throw error;
    }
  }
}

describe("a volume", () => {
  it("is created, found and deleted", async () => {
    const name = unique();
    await expect(daytona.volume.get(name)).rejects.toBeInstanceOf(DaytonaNotFoundError);
    const volume = await daytona.volume.create(name);
    expect(volume).toMatchObject({ name, state: "ready" });
    expect(await daytona.volume.get(name)).toEqual(volume);
    expect(await daytona.volume.get(name, true)).toEqual(volume);
    expect((await daytona.volume.list()).map(({ id }) => id)).toContain(volume.id);
    await expect(daytona.volume.create(name)).rejects.toBeInstanceOf(DaytonaValidationError);
    await daytona.volume.delete(volume);
    await expect(daytona.volume.delete(volume)).rejects.toBeInstanceOf(DaytonaNotFoundError);
    expect((await daytona.volume.list()).map(({ id }) => id)).not.toContain(volume.id);
  });

  it("is created when it is needed first, once", async () => {
    const name = unique();
    const found = await Promise.all(Array.from({ length: 5 }, () => daytona.volume.get(name, true)));
    expect(new Set(found.map(({ id }) => id)).size).toBe(1);
    await daytona.volume.delete(found[0] as Volume);
  });

  it("needs a name, and is the same object", async () => {
    for (const name of ["", "  "]) {
      await expect(daytona.volume.create(name)).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
      await expect(daytona.volume.get(name)).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
      await expect(daytona.volume.delete({ id: name })).rejects.toBeInstanceOf(DaytonaInvalidArgumentError);
    }
    await expect(daytona.volume.create("<b>")).rejects.toBeInstanceOf(DaytonaValidationError);
    expect(daytona.volume).toBe(daytona.volume);
  });

  it("is shared by sandboxes, which may change what others have written", async () => {
    await withSandboxes([{ mountPath: MOUNT }, { mountPath: "/data/deep/down" }], async ([one, other]) => {
      expect(await run(one, `umask 077; mkdir ${MOUNT}/folder; echo from-one > ${MOUNT}/folder/file; ls -A ~`)).toContain("shared");
      expect(await run(other, "cd /data/deep/down && cat folder/file && echo from-other >> folder/file && echo new > folder/more")).toBe(
        "from-one",
      );
      expect(await run(one, `cat ${MOUNT}/folder/* && rm -r ${MOUNT}/folder && ls -A ${MOUNT}`)).toBe("from-one\nfrom-other\nnew");
      expect(await run(other, "ls -A /data/deep/down")).toBe("");

      await other.fs.uploadFile(Buffer.from("uploaded"), "/data/deep/down/up");
      expect((await one.fs.downloadFile("shared/up")).toString()).toBe("uploaded");
    });
  });

  it("keeps its files when sandboxes stop and are deleted", async () => {
    const volume = await daytona.volume.create(unique());
    const volumes = [{ volumeId: volume.name, mountPath: MOUNT }];
    const first = await daytona.create({ volumes });
    expect(first.volumes).toEqual([{ volumeId: volume.id, mountPath: MOUNT }]);
    await run(first, `echo kept > ${MOUNT}/file`);
    await first.stop();
    await first.start();
    expect(await run(first, `cat ${MOUNT}/file`)).toBe("kept");
    const refused = daytona.volume.delete(volume);
    await expect(refused).rejects.toBeInstanceOf(DaytonaConflictError);
    await expect(refused).rejects.toThrow(/in use by sandbox/);
    await first.delete();
    const second = await daytona.create({ volumes });
    expect(await run(second, `cat ${MOUNT}/file`)).toBe("kept");
    await second.delete();
    expect((await daytona.volume.get(volume.name)).lastUsedAt).toBeDefined();
    await daytona.volume.delete(volume);
    await expect(daytona.create({ volumes })).rejects.toBeInstanceOf(DaytonaNotFoundError);
  });

  it("is mounted in part", async () => {
    await withSandboxes([{ mountPath: MOUNT }, { mountPath: "/part", subpath: "users/one" }], async ([whole, part]) => {
      expect(await run(part, "echo mine > /part/file; ls -A /part/..; ls -A /part")).toContain("file");
      expect(await run(whole, `cd ${MOUNT}; find . | sort | tr '\\n' ' '`)).toBe(". ./users ./users/one ./users/one/file");
    });
  });

  it("does not lead out of itself", async () => {
    await withSandboxes([{ mountPath: MOUNT }], async ([sandbox], volumeId) => {
      await run(sandbox, `ln -s /etc ${MOUNT}/link; ln -s ../../.. ${MOUNT}/up; echo x > ${MOUNT}/file`);
      for (const subpath of ["link", "up", "link/ssl", "file"]) {
        const refused = daytona.create({ volumes: [{ volumeId, mountPath: "/part", subpath }] });
        await expect(refused, subpath).rejects.toThrow(/open the volume for \/part: (link|up|file) is a link or a file/);
      }
      for (const subpath of ["..", "/etc", "a/../../b"]) {
        const refused = daytona.create({ volumes: [{ volumeId, mountPath: "/part", subpath }] });
        await expect(refused, subpath).rejects.toThrow(/Invalid subpath/);
      }
    });
  });

  it("is not mounted over the system, nor through a link", async () => {
    await withSandboxes([{ mountPath: MOUNT }], async ([sandbox], volumeId) => {
      for (const mountPath of ["/", "/etc", "/usr/bin", "relative", "/a/../b", "/proc/1", ""]) {
        await expect(daytona.create({ volumes: [{ volumeId, mountPath }] }), mountPath).rejects.toThrow(/Invalid mount path/);
      }
      const twice = [1, 2].map(() => ({ volumeId, mountPath: "/twice" }));
      await expect(daytona.create({ volumes: twice })).rejects.toThrow(/Two volumes/);

      await run(sandbox, "umask 0; mkdir ~/real");
      const linked = await daytona.create({ volumes: [{ volumeId, mountPath: "/home/daytona/place/inside" }] });
      await linked.stop();
      await linked.start();
      await run(linked, "umount ~/place/inside 2> /dev/null; mv ~/place ~/moved; ln -s /tmp ~/place");
      await linked.stop();
      await expect(linked.start()).rejects.toThrow(/mount a volume at \/home\/daytona\/place\/inside: place is a link or a file/);
      await linked.delete();
    });
  });

  it("has no devices and gives no rights", async () => {
    await withSandboxes([{ mountPath: MOUNT }], async ([sandbox]) => {
      const options = await run(sandbox, `grep " ${MOUNT} " /proc/self/mounts`);
      expect(options).toMatch(/nosuid/);
      expect(options).toMatch(/nodev/);
      expect(await run(sandbox, `umount ${MOUNT} 2>&1; mount -o remount,suid ${MOUNT} 2>&1; echo $?`)).not.toMatch(/^0$/m);
    });
  });

  it("is one for agents too", async () => {
    const volume = await daytona.volume.create(unique());
    const agents = await DaytonaSandbox.create({
      auth: server,
      ttlMinutes: 60,
      volumes: [{ volumeId: volume.name, mountPath: MOUNT, subpath: "agent" }],
    });
    await agents.uploadFiles([[`${MOUNT}/notes.md`, Buffer.from("kept")]]);
    expect(agents.sandbox.autoDestroyAt).toBeDefined();
    await agents.close();
    const later = await daytona.create({ volumes: [{ volumeId: volume.id, mountPath: MOUNT }] });
    expect(await run(later, `cat ${MOUNT}/agent/notes.md`)).toBe("kept");
    await later.delete();
    await deleted(volume);
  });

  it("is one for the original too", async () => {
    const original = new OriginalDaytona({ ...server, target: "us" });
    const name = unique();
    const volume = await original.volume.get(name, true);
    expect(volume).toMatchObject({ name, state: "ready", id: (await daytona.volume.get(name)).id });
    const sandbox = await original.create({ volumes: [{ volumeId: volume.id, mountPath: MOUNT, subpath: "sub" }] });
    expect((await sandbox.process.executeCommand(`echo by-original > ${MOUNT}/file`)).exitCode).toBe(0);
    const ours = await daytona.create({ volumes: [{ volumeId: name, mountPath: MOUNT }] });
    expect(await run(ours, `cat ${MOUNT}/sub/file`)).toBe("by-original");
    await sandbox.delete();
    await ours.delete();
    expect((await original.volume.list()).map(({ id }) => id)).toContain(volume.id);
    await original.volume.delete(volume);
  });
});
afterAll(async () => {
  expect((await daytona.volume.list()).filter(({ name }) => name.startsWith("volume-"))).toEqual([]);
});
