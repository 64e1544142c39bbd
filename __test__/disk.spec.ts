import * as original from "@daytona/sdk";
import * as ours from "daytona-native/sdk";
import { describe, expect, inject, it } from "vitest";

// The disk of a sandbox that asks for a size, through this package and through the service's own SDK.

const auth = inject("daytona");
const GIB = 2 ** 30;

const sdks: [string, typeof ours | typeof original][] = [
  ["daytona-native", ours],
  ["@daytona/sdk", original],
];

/** A client of either SDK. */
function client(sdk: typeof ours | typeof original): ours.Daytona {
  return new (sdk.Daytona as new (config: object) => ours.Daytona)({ target: "us", ...auth });
}

async function enforcedLimits(id: string): Promise<string[]> {
  const response = await fetch(`${auth.apiUrl}/sandbox/${id}`, { headers: { authorization: `Bearer ${auth.apiKey}` } });
  return ((await response.json()) as { enforcedLimits: string[] }).enforcedLimits;
}

describe.each(sdks)("%s", (_name, sdk) => {
  it("gives a sandbox the disk that it asks for, and says when it is full", async ({ skip }) => {
    const daytona = client(sdk);
    const [sandbox, neighbour] = await Promise.all([
      daytona.create({ image: "debian:12", resources: { disk: 1 } }),
      daytona.create({ image: "debian:12", resources: { disk: 1 } }),
    ]);
    try {
      expect(sandbox.disk).toBe(1);
      if (!(await enforcedLimits(sandbox.id)).includes("disk")) {
        skip("this machine cannot limit disks: the server is not root, or has no loop devices or mkfs.ext4");
      }
      const run = (command: string) => sandbox.process.executeCommand(command);
      await sandbox.fs.uploadFile(Buffer.from("old"), "file");
      await run("fallocate -l $(($(df --output=avail -k ~ | tail -n 1) - 1024))K filler");
      const { diskTotal, diskUsed } = await sandbox.getMetricsLatest();
      expect(diskTotal).toBeLessThanOrEqual(GIB);
      expect(diskTotal - diskUsed).toBeLessThan(20 * 2 ** 20);

      const written = await run("head -c 50M /dev/zero 2>&1 > more");
      expect(written.exitCode).not.toBe(0);
      expect(written.result).toContain("No space left on device");
      const upload = sandbox.fs.uploadFile(Buffer.alloc(50 * 2 ** 20), "file");
      await expect(upload).rejects.toThrow(/no space left on device: the disk of the sandbox is full; its limit is 1 GiB\. Delete files/);
      expect((await sandbox.fs.downloadFile("file")).toString()).toBe("old");

      await neighbour.fs.uploadFile(Buffer.alloc(2 ** 20), "file");
      expect((await neighbour.process.executeCommand("stat -c %s file")).result.trim()).toBe(`${2 ** 20}`);

      await run("rm filler more");
      await sandbox.fs.uploadFile(Buffer.from("new"), "file");
      expect((await run("cat file")).result).toBe("new");
    } finally {
      await Promise.all([sandbox.delete(), neighbour.delete()]);
    }
    await expect(daytona.get(sandbox.id)).rejects.toThrow("not found");
  });
});
