/** Transfers one large file in a separate process, to measure its memory and event loop. */
export const transferProgram = `
import fs from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { DaytonaSandbox } from "daytona-native";

const MIB = 1 << 20;
const size = Number(process.env.SIZE_MIB) * MIB;
const status = (name) => Number(new RegExp(name + ":\\\\s+(\\\\d+)").exec(fs.readFileSync("/proc/self/status", "utf8"))[1]) / 1024;

/** Returns the peak of additional resident memory and the longest stall of the event loop during an action. */
async function measured(act) {
  globalThis.gc();
  fs.writeFileSync("/proc/self/clear_refs", "5");
  const before = status("VmRSS");
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const result = await act();
  delay.disable();
  return { result, extraMib: Math.round(status("VmHWM") - before), stallMs: Math.round(delay.max / 1e6) };
}

const sandbox = await DaytonaSandbox.create();
// Warms up connections, code and threads.
await sandbox.uploadFiles([["warm", new Uint8Array(MIB)]]);
await sandbox.downloadFiles(["warm"]);

let content = Buffer.alloc(size);
for (let at = 0; at < size; at += 4096) content.writeUInt32LE(at / 4096, at);
const up = await measured(() => sandbox.uploadFiles([["large", content]]));
content = null;
// Waits until freed memory is returned to the system, because it would hide new allocations.
while (status("VmRSS") > process.env.SIZE_MIB) {
  globalThis.gc();
  await wait(5);
}
const down = await measured(() => sandbox.downloadFiles(["large"]));
const [{ error }] = up.result;
const [{ content: bytes }] = down.result;
let same = bytes.length === size;
for (let at = 0; same && at < size; at += 4096) same = Buffer.from(bytes.buffer, bytes.byteOffset + at, 4).readUInt32LE() === at / 4096;
await sandbox.close();
const figures = ({ extraMib, stallMs }) => ({ extraMib, stallMs });
console.log(JSON.stringify({ error, same, up: figures(up), down: figures(down) }));
`;

/** The output of the program. */
export interface TransferFigures {
  error: string | null;
  same: boolean;
  up: { extraMib: number; stallMs: number };
  down: { extraMib: number; stallMs: number };
}
