// Transfers whose memory is taken away meanwhile, in one program: npm run check:border runs it under valgrind, which finds
// each read and write of memory that is gone. How the transfers end is tested in __test__/bytes.spec.ts.
import { DaytonaSandbox } from "../index.js";

const MIB = 1 << 20;
const LARGE = 12 * MIB;
const collect = globalThis.gc ?? (() => {});

const buffers = {
  transferred(length) {
    const buffer = new ArrayBuffer(length);
    return [buffer, () => structuredClone(buffer, { transfer: [buffer] })];
  },
  emptied(length) {
    const buffer = new ArrayBuffer(length, { maxByteLength: 2 * length });
    return [buffer, () => buffer.resize(0)];
  },
  shortened(length) {
    const buffer = new ArrayBuffer(length, { maxByteLength: 2 * length });
    return [buffer, () => buffer.resize(length - 1)];
  },
  shared(length) {
    const buffer = new SharedArrayBuffer(length);
    return [buffer, () => new Uint8Array(buffer).fill(1)];
  },
  kept: (length) => [new ArrayBuffer(length), () => {}],
};

const sandbox = await DaytonaSandbox.create();
const { fs } = sandbox.sandbox;
let ended = 0;

for (const make of Object.values(buffers)) {
  for (const length of [MIB, LARGE]) {
    for (const isLate of [false, true]) {
      const [buffer, steal] = make(length);
      const upload = sandbox.uploadFiles([["f", new Uint8Array(buffer).fill(7)]]);
      const end = upload.catch(() => {});
      if (isLate) await new Promise(setImmediate);
      steal();
      collect();
      await end;
      ended += 1;
    }
  }
}

await sandbox.execute("head -c 12M /dev/zero > large; head -c 3M /dev/zero > small");
for (const { content } of await sandbox.downloadFiles(["large", "small", "large"])) {
  structuredClone(content.buffer, { transfer: [content.buffer] });
}
for await (const { buffer } of await fs.downloadFileStream("large")) structuredClone(buffer, { transfer: [buffer] });
await fs.uploadFileStream(new Uint8Array(2 * MIB), "streamed");
// A string that the engine takes over.
ended += (await sandbox.execute("head -c 300000 /dev/zero | tr '\\0' a")).output.length;

const controller = new AbortController();
const { signal } = controller;
const aborted = [
  sandbox.downloadFiles(["large", "large", "large"], { signal }),
  sandbox.uploadFiles([["f", new Uint8Array(LARGE)]], { signal }),
];
await new Promise(setImmediate);
controller.abort();
ended += (await Promise.allSettled(aborted)).length;
collect();

await sandbox.close();
console.log(`${ended === 300_022 ? "all" : ended} transfers ended`);
