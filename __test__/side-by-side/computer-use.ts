import { type Area, inOrder, settled } from "./case.js";

/** Whether the screen was changed is not compared here: computer-use.spec.ts sees to that. */
const pictureOf = (picture: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(picture).map(([name, value]) => [name, typeof value === "string" ? "a string" : value]));

/** Computer use, on a host with a desktop. */
export const computerUse: Area = {
  name: "computer use",
  cases: {
    "what needs the desktop, before it runs": ({ sandbox: { computerUse } }) =>
      inOrder(
        () => computerUse.getStatus(),
        () => computerUse.mouse.getPosition(),
        () => computerUse.screenshot.takeFullScreen(),
        () => computerUse.keyboard.type("x"),
        () => computerUse.display.getInfo(),
        () => computerUse.recording.list(),
        () => computerUse.getProcessStatus("none"),
        () => computerUse.getProcessLogs("xvfb"),
        () => computerUse.restartProcess("none"),
        () => computerUse.stop(),
      ),
    "the desktop from start to stop": async ({ sandbox: { computerUse } }) => {
      const status = await computerUse.start();
      const whole = await inOrder(
        () => computerUse.getStatus(),
        () => computerUse.getProcessStatus("xvfb"),
        () => computerUse.mouse.move(100, 120),
        () => computerUse.mouse.getPosition(),
        () => computerUse.mouse.click(100, 120),
        () => computerUse.mouse.click(100, 120, "right", true),
        () => computerUse.mouse.click(1, 1, "none"),
        () => computerUse.mouse.drag(10, 10, 50, 60),
        () => computerUse.mouse.scroll(10, 10, "down", 2),
        () => computerUse.mouse.scroll(10, 10, "sideways" as never),
        () => computerUse.keyboard.type("text"),
        () => computerUse.keyboard.press("Return"),
        () => computerUse.keyboard.press("a", ["shift"]),
        () => computerUse.keyboard.press("no-such-key"),
        () => computerUse.keyboard.hotkey("ctrl+a"),
        () => computerUse.keyboard.hotkey(""),
        () => computerUse.display.getInfo(),
        () => computerUse.recording.list(),
        () => computerUse.recording.get("none"),
        () => computerUse.recording.stop("none"),
        () => computerUse.recording.delete("none"),
        () => computerUse.accessibility.focusNode("none"),
      );
      const { screenshot } = computerUse;
      const region = { x: 10, y: 20, width: 30, height: 40 };
      const pictures = await inOrder(
        async () => pictureOf({ ...(await screenshot.takeFullScreen(true)) }).screenshot,
        async () => pictureOf({ ...(await screenshot.takeRegion(region)) }).screenshot,
        async () => Object.keys(await screenshot.takeCompressed({ format: "jpeg", quality: 50, scale: 0.5 })).sort(),
        () => screenshot.takeRegion({ x: 0, y: 0, width: -1, height: 5 }),
        () => screenshot.takeCompressed({ format: "none" } as never),
      );
      return {
        keys: Object.keys(status).sort(),
        whole: whole.map(withoutProcesses),
        pictures,
        stopped: withoutProcesses(await settled(() => computerUse.stop())),
      };
    },
  },
};

/** A result without ids of processes and how long they have run. */
function withoutProcesses(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result, (name, value: unknown) => (["pid", "uptime"].includes(name) ? typeof value : value))) as unknown;
}
