import { DaytonaSandbox } from "daytona-native";
import { Daytona } from "daytona-native/sdk";
import { describe, expect, inject, it } from "vitest";
import { failureOf } from "./support/failure.js";
import { startServiceWith } from "./support/scripted-server.js";

// Limits that are a minute long and cannot be shorter: all waited for at once.

const auth = inject("daytona");

/** How long a transfer without a timeout waits for data, in seconds. */
const IDLE_LIMIT = 60;

describe.concurrent("after a minute", { timeout: 120_000 }, () => {
  it("a sandbox is stopped by auto-stop, which is SANDBOX_NOT_STARTED", async () => {
    const idle = await DaytonaSandbox.create({ auth, autoStopInterval: 1 });
    try {
      expect(idle.isRunning).toBe(true);
      const watched = await new Daytona(auth).get(idle.id);
      // Requesting its state does not count as activity.
      while (watched.state !== "stopped") {
        await new Promise((resolve) => setTimeout(resolve, 250));
        await watched.refreshData();
      }
      expect(idle.isRunning).toBe(true);
      const error = await failureOf(idle.execute("true"));
      expect([error.code, error.cause?.sandboxId]).toEqual(["SANDBOX_NOT_STARTED", idle.id]);
      expect(idle.isRunning).toBe(false);
      await idle.start();
      expect((await idle.execute("echo awake")).output).toBe("awake\n");
    } finally {
      await idle.close();
    }
  });

  it.each(["uploadFiles", "downloadFiles"] as const)("%s without data fails if it has no timeout", async (name) => {
    await using silent = await startServiceWith(() => "hang");
    const sandbox = await DaytonaSandbox.create({ auth: { apiUrl: silent.apiUrl, apiKey: "key-of-a-test" } });
    const started = performance.now();
    const transfer = name === "uploadFiles" ? sandbox.uploadFiles([["f", new TextEncoder().encode("x")]]) : sandbox.downloadFiles(["f"]);
    const error = await failureOf(transfer);
    const seconds = (performance.now() - started) / 1000;
    expect(error).toMatchObject({ code: "FILE_OPERATION_FAILED", cause: { name: "DaytonaTimeoutError" } });
    expect(error.message).toMatch(new RegExp(`no data was transferred for ${IDLE_LIMIT} s`));
    expect(seconds).toBeGreaterThanOrEqual(IDLE_LIMIT);
    expect(seconds).toBeLessThan(1.5 * IDLE_LIMIT);
  });
});
