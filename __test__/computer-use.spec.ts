import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  type AccessibilityNode,
  Daytona,
  DaytonaA11yUnavailableError,
  DaytonaNotFoundError,
  DaytonaRecordingFfmpegNotFoundError,
  DaytonaRecordingStillActiveError,
  DaytonaServiceUnavailableError,
  DaytonaValidationError,
  type Sandbox,
  type WindowInfo,
} from "daytona-native/sdk";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { missingPrograms } from "./support/desktop.js";
import { until } from "./support/processes.js";

// The desktop of a sandbox through the public package: real windows of real programs, seen in pictures, and used with mouse
// and keyboard.

const auth = inject("daytona");
const daytona = new Daytona(auth);

/** Skips tests whose programs are not here, and says so. */
function needs(what: string, ...programs: string[]): boolean {
  const missing = missingPrograms(...programs);
  if (missing.length > 0) console.log(`computer use: ${what} is skipped: no ${missing.join(", ")} (scripts/install-desktop.mjs)`);
  return missing.length > 0;
}

describe("a host without a desktop", () => {
  it("is told which packages to install, for every operation but the list of recordings", async () => {
    const sandbox = await daytona.create({ envVars: { PATH: "/nowhere" } });
    try {
      const { computerUse } = sandbox;
      for (const call of [
        () => computerUse.start(),
        () => computerUse.stop(),
        () => computerUse.getStatus(),
        () => computerUse.getProcessStatus("nope"),
        () => computerUse.mouse.click(1, 1),
        () => computerUse.keyboard.type("a\tb"),
        () => computerUse.screenshot.takeFullScreen(),
        () => computerUse.display.getWindows(),
        () => computerUse.accessibility.getTree(),
      ]) {
        const error: unknown = await call().catch((error: unknown) => error);
        expect(error).toBeInstanceOf(DaytonaServiceUnavailableError);
        expect((error as Error).message).toContain("apt-get install xvfb openbox");
      }
      expect(await computerUse.recording.list()).toEqual({ recordings: [] });
      const error: unknown = await computerUse.recording.start().catch((error: unknown) => error);
      expect(error).toBeInstanceOf(DaytonaRecordingFfmpegNotFoundError);
      expect((error as Error).message).toContain("apt-get install ffmpeg");
    } finally {
      await sandbox.delete();
    }
  });
});

describe.skipIf(needs("the desktop", "Xvfb", "openbox", "xmessage", "zenity"))("a desktop", () => {
  let sandbox: Sandbox;
  const desktop = () => sandbox.computerUse;

  beforeAll(async () => {
    sandbox = await daytona.create();
    await desktop().start();
    await sandbox.process.createSession("windows");
  });
  afterEach(async () => {
    await sandbox.process.executeCommand("pkill -x 'zenity|xmessage'");
    await until(async () => (await desktop().display.getWindows()).windows.length === 0);
  });
  afterAll(() => sandbox.delete());

  /** Starts a program with a window, and waits until it is there and has the keyboard. */
  async function open(command: string, title: string): Promise<{ window: WindowInfo; ended: () => Promise<string> }> {
    const script = `LC_ALL=C.UTF-8 ${command}; echo "exit $?"`;
    const { cmdId } = await sandbox.process.executeSessionCommand("windows", { command: script, runAsync: true });
    const window = await windowOf(title);
    const ended = async () => {
      await until(async () => (await sandbox.process.getSessionCommand("windows", cmdId)).exitCode !== undefined);
      return (await sandbox.process.getSessionCommandLogs("windows", cmdId)).stdout;
    };
    return { window, ended };
  }

  async function windowOf(title: string): Promise<WindowInfo> {
    let found: WindowInfo | undefined;
    await until(async () => {
      found = (await desktop().display.getWindows()).windows.find((window) => window.title === title && window.isActive);
      return found !== undefined;
    });
    return found as WindowInfo;
  }

  const picture = async () => (await desktop().screenshot.takeFullScreen()).screenshot;

  it("runs, and says what runs", async () => {
    const { message, status } = await desktop().start();
    expect(message).toContain("started");
    expect(Object.keys(status).sort()).toEqual(["atspi", "novnc", "x11vnc", "xfce4", "xvfb"]);
    expect(status.xvfb).toEqual({ running: true, priority: 100, autoRestart: false, pid: expect.any(Number) as number });
    expect(status.xfce4?.running).toBe(true);
    expect(status.novnc).toEqual({ running: false, priority: 500, autoRestart: false });
    expect(await desktop().getStatus()).toEqual({ status: "active" });
    expect(await desktop().getProcessStatus("xvfb")).toEqual({ processName: "xvfb", running: true });
    expect((await desktop().getProcessLogs("xvfb")).logs).toMatch(/^\d+\n$/);
    expect(await desktop().getProcessErrors("x11vnc")).toEqual({ processName: "x11vnc", errors: "" });
    await expect(desktop().getProcessStatus("bash")).rejects.toThrow(/"bash".*xvfb/);
    await expect(desktop().restartProcess("novnc")).rejects.toBeInstanceOf(DaytonaValidationError);
  });

  it("gives its display to commands and sessions", async () => {
    const { result } = await sandbox.process.executeCommand('echo "$DISPLAY"; test -r "$XAUTHORITY" && echo readable');
    expect(result).toMatch(/^:\d+\nreadable\n$/);
    const { result: overridden } = await sandbox.process.executeCommand('echo "$DISPLAY"', undefined, { DISPLAY: ":77" });
    expect(overridden).toBe(":77\n");
  });

  it("keeps out programs that do not have its secret", async () => {
    const { exitCode } = await sandbox.process.executeCommand("xmessage -timeout 1 hello", undefined, { XAUTHORITY: "/dev/null" });
    expect(exitCode).not.toBe(0);
  });

  it("a click on a real button is seen by its program and in the picture", async () => {
    const before = await picture();
    const { window, ended } = await open("xmessage -title Question -buttons yes:3,no:4 'Press a button'", "Question");
    const during = await picture();
    expect(during).not.toBe(before);
    const tree = (await sandbox.process.executeCommand(`xwininfo -id ${window.id} -tree`)).result;
    // Widgets as `0x400033 (has no name): ()  29x25+44+37  +483+394`, size and corner: the last button is in the last row.
    const widgets = [...tree.matchAll(/ (\d+)x(\d+)\+\S+ {2}\+(\d+)\+(\d+)$/gm)].map((found) => found.slice(1).map(Number));
    const [width = 0, height = 0, x = 0, y = 0] =
      widgets.sort((a, b) => (a[3] ?? 0) - (b[3] ?? 0) || (a[2] ?? 0) - (b[2] ?? 0)).at(-1) ?? [];
    const place = [x + Math.floor(width / 2), y + Math.floor(height / 2)] as const;
    expect(await desktop().mouse.click(...place)).toEqual({ x: place[0], y: place[1] });
    expect(await ended()).toBe("exit 4\n");
    await until(async () => (await picture()) !== during);
  });

  it("text is typed as it is, with keys that the keyboard does not have", async () => {
    const { ended } = await open("zenity --entry --title Entry --text Name", "Entry");
    await desktop().keyboard.type("Hello, Wörld! €5 日本 {}~\n");
    expect(await ended()).toBe("Hello, Wörld! €5 日本 {}~\nexit 0\n");
  });

  it("keys are pressed with others held, and held keys stay down", async () => {
    const { ended } = await open("zenity --entry --title Entry --text Name", "Entry");
    const { keyboard } = desktop();
    await keyboard.type("wrong", 1);
    await keyboard.hotkey("ctrl+A");
    await keyboard.press("a");
    await keyboard.press("b", ["shift"]);
    await keyboard.down("shift");
    await keyboard.press("c");
    await keyboard.up("shift");
    await keyboard.press("d");
    await keyboard.press("Return");
    expect(await ended()).toBe("aBCd\nexit 0\n");
  });

  it("a hotkey of the window manager closes a window", async () => {
    const { ended } = await open("zenity --info --title Info --text Text", "Info");
    await desktop().keyboard.hotkey("alt+f4");
    expect(await ended()).toMatch(/^exit [15]\n$/);
  });

  it("what cannot be typed or pressed is refused", async () => {
    const { keyboard, mouse } = desktop();
    await expect(keyboard.type("a\tb")).rejects.toThrow(/control character/);
    await expect(keyboard.press("nope")).rejects.toThrow(/unknown key "nope"/);
    await expect(keyboard.press("a", ["b"])).rejects.toThrow(/unknown modifier "b"/);
    await expect(keyboard.hotkey("a+b")).rejects.toBeInstanceOf(DaytonaValidationError);
    await expect(mouse.click(1, 1, "fourth")).rejects.toThrow(/unknown button/);
    await expect(mouse.click(1, 1, "left", false, 0)).rejects.toThrow(/from 1 to 10/);
    await expect(mouse.scroll(1, 1, "sideways" as "up")).rejects.toThrow(/unknown direction/);
    await expect(mouse.move(100_000, 1)).rejects.toThrow(/not on any screen/);
    await expect(mouse.down(1, undefined)).rejects.toThrow(/together/);
  });

  it("the pointer moves, and stays on the screen", async () => {
    const { mouse } = desktop();
    expect(await mouse.move(300, 200)).toEqual({ x: 300, y: 200 });
    expect(await mouse.getPosition()).toEqual({ x: 300, y: 200 });
    expect(await mouse.move(-5, 5000)).toEqual({ x: 0, y: 767 });
  });

  it("a window is dragged by its title", async () => {
    const { window } = await open("xmessage -title Drag -buttons ok 'Drag this window by its title'", "Drag");
    const [x, y] = [window.x + 60, window.y - 8];
    // A window manager that has not finished what was before takes a press for a part of it. Once the window has moved, the place
    // where it was is that of the desktop, which ignores another attempt.
    await until(async () => {
      expect(await desktop().mouse.drag(x, y, x + 300, y + 200)).toEqual({ x: x + 300, y: y + 200 });
      return (await windowOf("Drag")).x === window.x + 300;
    });
    expect((await windowOf("Drag")).y).toBe(window.y + 200);
    // The same with a button that is held.
    await until(async () => {
      await desktop().mouse.down(x + 300, y + 200);
      await desktop().mouse.move(x + 200, y + 200);
      await desktop().mouse.move(x, y);
      await desktop().mouse.up();
      return (await windowOf("Drag")).x === window.x;
    });
  });

  it("the wheel turns", async () => {
    const { window, ended } = await open("zenity --scale --title Scale --text Value --value 50 --step 1", "Scale");
    const { mouse, keyboard } = desktop();
    const [x, y] = [window.x + Math.floor(window.width / 2), window.y + Math.floor(window.height / 2)];
    await until(async () => {
      const before = await picture();
      expect(await mouse.scroll(x, y, "up", 3)).toBe(true);
      return (await picture()) !== before;
    });
    await keyboard.press("enter");
    expect(Number.parseInt(await ended(), 10)).not.toBe(50);
  });

  it("pictures have the size that was asked for", async () => {
    const { screenshot } = desktop();
    const full = await screenshot.takeFullScreen();
    expect(pngSize(full.screenshot)).toEqual([1024, 768]);
    expect(full.sizeBytes).toBe(Buffer.from(full.screenshot, "base64").length);
    const region = { x: 100, y: 100, width: 300, height: 200 };
    expect(pngSize((await screenshot.takeRegion(region)).screenshot)).toEqual([300, 200]);
    expect(pngSize((await screenshot.takeCompressed({ scale: 0.5 })).screenshot)).toEqual([512, 384]);
    const jpeg = await screenshot.takeCompressedRegion(region, { format: "jpeg", quality: 50, scale: 0.1 });
    expect(Buffer.from(jpeg.screenshot, "base64").subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
    for (const wrong of [{ width: 0 }, { x: -1 }, { x: 900 }, { height: 2 ** 31 - 1 }]) {
      await expect(screenshot.takeRegion({ ...region, ...wrong })).rejects.toBeInstanceOf(DaytonaValidationError);
    }
  });

  it("the pointer is drawn when it is asked for", async () => {
    await desktop().mouse.move(500, 400);
    const region = { x: 480, y: 380, width: 60, height: 60 };
    const { screenshot } = desktop();
    const [without, again, shown] = await Promise.all([
      screenshot.takeRegion(region),
      screenshot.takeRegion(region, false),
      screenshot.takeRegion(region, true),
    ]);
    expect(without.screenshot).toBe(again?.screenshot);
    expect(shown?.screenshot).not.toBe(without.screenshot);
    expect(shown?.cursorPosition).toEqual({ x: 500, y: 400 });
  });

  it("displays and windows are listed", async () => {
    expect(await desktop().display.getInfo()).toEqual({
      displays: [{ id: 0, x: 0, y: 0, width: 1024, height: 768, isActive: true }],
    });
    const { window } = await open("zenity --info --title 'Ä title' --text Text", "Ä title");
    expect(window).toMatchObject({ id: expect.any(Number) as number, title: "Ä title", isActive: true });
    expect(window.width).toBeGreaterThan(50);
  });

  describe.skipIf(needs("accessibility", "dbus-daemon", "at-spi-bus-launcher"))("accessibility", () => {
    it("finds a button by what is written on it, and presses it", async () => {
      const { ended } = await open("zenity --question --title Ask --text 'Is it so?' --ok-label Indeed", "Ask");
      const { accessibility } = desktop();
      const filter = { role: "button", name: "indeed", states: ["showing"] };
      let button: AccessibilityNode | undefined;
      await until(async () => {
        [button] = (await accessibility.findNodes({ scope: "all", ...filter })).matches;
        return button !== undefined;
      });
      expect(button).toMatchObject({ name: "Indeed", actions: [expect.stringMatching(/^click$/i)] });
      expect(button?.bounds?.width).toBeGreaterThan(10);
      expect((await accessibility.findNodes({ role: "push button", name: "^Indeed$", nameMatch: "regex" })).matches).toHaveLength(1);
      await accessibility.invokeNode(button?.id ?? "");
      expect(await ended()).toBe("exit 0\n");
      await expect(accessibility.invokeNode(button?.id ?? "")).rejects.toBeInstanceOf(DaytonaNotFoundError);
    });

    it("reads the tree and writes a text", async () => {
      const { ended } = await open("zenity --entry --title Entry --text Name", "Entry");
      const { accessibility } = desktop();
      await until(async () => (await accessibility.findNodes({ scope: "all", role: "text" })).matches.length > 0);
      const tree = await accessibility.getTree();
      expect(tree).toMatchObject({ truncated: false, root: { role: "application", name: "zenity" } });
      expect(tree.root?.children?.[0]).toMatchObject({ name: "Entry" });
      expect((await accessibility.getTree({ maxDepth: 0 })).root?.children).toBeUndefined();
      const [entry] = (await accessibility.findNodes({ role: "text" })).matches;
      await accessibility.focusNode(entry?.id ?? "");
      await accessibility.setNodeValue(entry?.id ?? "", "written");
      await desktop().keyboard.press("enter");
      expect(await ended()).toBe("written\nexit 0\n");
    });

    it("says what is wrong", async () => {
      const { accessibility } = desktop();
      await expect(accessibility.getTree({ scope: "nope" })).rejects.toThrow(/unknown scope "nope"/);
      await expect(accessibility.getTree({ scope: "pid" })).rejects.toBeInstanceOf(DaytonaValidationError);
      await expect(accessibility.getTree({ scope: "pid", pid: 999_999 })).rejects.toBeInstanceOf(DaytonaNotFoundError);
      await expect(accessibility.focusNode("nope")).rejects.toBeInstanceOf(DaytonaNotFoundError);
      await expect(accessibility.findNodes({ name: "(", nameMatch: "regex" })).rejects.toBeInstanceOf(DaytonaValidationError);
    });
  });

  describe.skipIf(needs("recording", "ffmpeg"))("recordings", () => {
    it("are started, listed, stopped, downloaded and deleted", async () => {
      const { recording } = desktop();
      const started = await recording.start("demo");
      expect(started).toMatchObject({ status: "recording", fileName: expect.stringMatching(/^demo_.*\.mp4$/) as string });
      expect((await recording.list()).recordings).toEqual([expect.objectContaining({ id: started.id, status: "recording" })]);
      await expect(recording.delete(started.id)).rejects.toBeInstanceOf(DaytonaRecordingStillActiveError);
      await desktop().mouse.move(10, 10);
      const stopped = await recording.stop(started.id);
      expect(stopped.status).toBe("completed");
      expect(stopped.sizeBytes).toBeGreaterThan(100);
      expect(stopped.durationSeconds).toBeGreaterThan(0);
      expect(await recording.get(started.id)).toMatchObject({ id: started.id, status: "completed", sizeBytes: stopped.sizeBytes });
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), "recording-"));
      try {
        const local = path.join(folder, "new", "demo.mp4");
        await recording.download(started.id, local);
        const content = fs.readFileSync(local);
        expect(content.length).toBe(stopped.sizeBytes);
        expect(content.toString("latin1", 4, 8)).toBe("ftyp");
      } finally {
        fs.rmSync(folder, { recursive: true });
      }
      await recording.delete(started.id);
      await expect(recording.get(started.id)).rejects.toBeInstanceOf(DaytonaNotFoundError);
      await expect(recording.stop(started.id)).rejects.toBeInstanceOf(DaytonaNotFoundError);
    });

    it("have labels that are parts of names", async () => {
      await expect(desktop().recording.start("../outside")).rejects.toThrow(/invalid label/);
    });
  });

  it("processes are restarted one by one", async () => {
    const before = (await desktop().start()).status;
    for (const name of ["xfce4", "xvfb"] as const) {
      expect(await desktop().restartProcess(name)).toMatchObject({ processName: name });
      expect((await desktop().start()).status[name]?.pid).not.toBe(before[name]?.pid);
    }
    expect(await desktop().getStatus()).toEqual({ status: "active" });
    expect(pngSize(await picture())).toEqual([1024, 768]);
  });
});

describe.skipIf(needs("the end of a desktop", "Xvfb", "openbox", "xmessage"))("the start and the end of a desktop", () => {
  it("leaves no process, and everything says that it does not run", async () => {
    const sandbox = await daytona.create({ envVars: { VNC_RESOLUTION: "640x480" } });
    try {
      const { computerUse } = sandbox;
      expect(await computerUse.getStatus()).toEqual({ status: "inactive" });
      const refused = /does not run. Start it with POST \/computeruse\/start/;
      await expect(computerUse.screenshot.takeFullScreen()).rejects.toThrow(refused);
      // Two clients at once start one desktop.
      const [first, second] = await Promise.all([computerUse.start(), computerUse.start()]);
      expect(first.status.xvfb?.pid).toBe(second.status.xvfb?.pid);
      expect(pngSize((await computerUse.screenshot.takeFullScreen()).screenshot)).toEqual([640, 480]);
      const { status } = await computerUse.stop();
      expect(Object.values(status).some(({ running }) => running)).toBe(false);
      await expect(computerUse.mouse.getPosition()).rejects.toThrow(refused);
      await expect(computerUse.accessibility.getTree()).rejects.toThrow(refused);
      // What the session bus has started ends with it.
      const count = "ps -e -o comm= | grep -c -E '^(Xvfb|openbox|dbus-daemon|at-spi)'";
      await until(async () => (await sandbox.process.executeCommand(count)).result === "0\n");
    } finally {
      await sandbox.delete();
    }
  });

  it("is that of its sandbox", async () => {
    const sandbox = await daytona.create();
    await sandbox.computerUse.start();
    await sandbox.stop();
    await sandbox.start();
    expect(await sandbox.computerUse.getStatus()).toEqual({ status: "inactive" });
    await sandbox.computerUse.start();
    expect(await sandbox.computerUse.getStatus()).toEqual({ status: "active" });
    await sandbox.delete();
  });

  it("a window that opens right after the start is shown", async () => {
    const sandbox = await daytona.create();
    try {
      await sandbox.computerUse.start();
      expect(await sandbox.computerUse.display.getWindows()).toEqual({ windows: [] });
      await sandbox.process.executeCommand("xmessage -title Early text > /dev/null 2>&1 &");
      await until(async () => (await sandbox.computerUse.display.getWindows()).windows.some(({ title }) => title === "Early"));
    } finally {
      await sandbox.delete();
    }
  });

  it("accessibility without a bus is an error that says so", async () => {
    const folder = "/tmp/without-bus";
    const sandbox = await daytona.create({ envVars: { PATH: folder } });
    try {
      const links = ["Xvfb", "openbox", "sh"].map((program) => `/bin/ln -s "$(command -v ${program})" ${folder}/`).join("; ");
      await sandbox.process.executeCommand(`export PATH=/usr/bin:/bin; mkdir -p ${folder}; ${links}`);
      await sandbox.computerUse.start();
      const error: unknown = await sandbox.computerUse.accessibility.getTree({ scope: "all" }).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(DaytonaA11yUnavailableError);
      expect((error as Error).message).toContain("apt-get install dbus-daemon at-spi2-core");
    } finally {
      await sandbox.delete();
    }
  });
});

/** Width and height of a PNG in Base64. */
function pngSize(base64: string): [width: number, height: number] {
  const bytes = Buffer.from(base64, "base64");
  expect(bytes.toString("latin1", 1, 4)).toBe("PNG");
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}
