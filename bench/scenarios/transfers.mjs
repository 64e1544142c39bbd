// Large transfers.
import { create, good, MB, observed, peakMB } from "./tools.mjs";

const BIG = 256 << 20;
const OUTPUT = 32 << 20;
const PATH = "/home/daytona/big";

export async function bigUpload() {
  const sandbox = await create();
  return upload(sandbox);
}

export async function bigDownload() {
  const sandbox = await create();
  // Uploaded by another process, so that the bytes are not in the memory of this one.
  const { spawnSync } = await import("node:child_process");
  const { origin } = new URL(process.env.DAYTONA_API_URL);
  const script = `
    const form = new FormData();
    form.append("files[0].path", "${PATH}");
    form.append("files[0].file", new Blob([Buffer.alloc(${BIG}, 120)]), "big");
    await fetch("${origin}/toolbox/${sandbox.id}/files/bulk-upload", { method: "POST", body: form, headers: { authorization: "Bearer mock" } });`;
  spawnSync(process.execPath, ["--input-type=module", "--eval", script], { stdio: "inherit" });
  return download(sandbox);
}

/** At the sink, which discards the file. */
export async function sinkUpload() {
  return upload(await create());
}

/** At the sink, which has a file of this size. */
export async function sinkDownload() {
  return download(await create());
}

/** As curl does it: to a file that keeps nothing. */
export async function sinkDiscard() {
  const { instance } = await create();
  return heavy(() => instance.fs.downloadFile(PATH, "/dev/null"));
}

export async function output() {
  const sandbox = await create();
  const repeats = 6;
  const { ms, stallMs } = await observed(async () => {
    for (let i = 0; i < repeats; i++) {
      const { output } = await sandbox.execute("cat big");
      if (output.length !== OUTPUT) throw new Error(`an output has ${output.length} characters instead of ${OUTPUT}`);
    }
  });
  return { MBps: (repeats * OUTPUT) / MB / (ms / 1000), peakMB: peakMB(), stallMs };
}

function upload(sandbox) {
  const content = Buffer.alloc(BIG, 120);
  return heavy(async () => good(await sandbox.uploadFiles([[PATH, content]])));
}

function download(sandbox) {
  return heavy(async () => {
    const [file] = await sandbox.downloadFiles([PATH]);
    if (file.content?.length !== BIG) throw new Error(`the download failed: ${file.error}`);
  });
}

/** Measures one large transfer: time, additional memory at its peak, and the longest stall of the event loop. */
async function heavy(transfer) {
  const before = peakMB();
  const { ms, stallMs } = await observed(transfer);
  return { ms, extraMB: peakMB() - before, stallMs };
}
