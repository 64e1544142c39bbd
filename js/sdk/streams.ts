import { Readable } from "node:stream";
import { types } from "node:util";
import type { ByteSink, ByteStream } from "#native";

/** Source of an upload: bytes, the path of a local file, or a stream. */
export type UploadSource = Uint8Array | string | Readable | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>;

/**
 * Returns a Node.js stream of a native one. A chunk is read when the consumer needs it, so that a slow consumer does not
 * fill the memory.
 */
export function toReadable(source: ByteStream, signal: AbortSignal | undefined, onChunk?: (bytes: number) => void): Readable {
  return new Readable({
    ...(signal === undefined ? {} : { signal }),
    read() {
      source.next().then(
        (chunk) => {
          if (chunk !== null) onChunk?.(chunk.data.length);
          this.push(chunk?.data ?? null);
        },
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      source.close().then(
        () => done(error),
        () => done(error),
      );
    },
  });
}

/** Writes a source to a native sink, each chunk when the sink has space for it. */
export async function writeAll(
  source: UploadSource,
  sink: ByteSink,
  signal: AbortSignal | undefined,
  onChunk?: (bytes: number) => void,
): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  const iterator = pieces(source)[Symbol.asyncIterator]();
  try {
    for (;;) {
      // A source that has nothing to give must not hold up the end of the upload.
      const { done, value } = await interruptible(iterator.next(), signal);
      if (done) break;
      const bytes = typeof value === "string" ? Buffer.from(value) : value;
      await sink.write(bytes, options);
      onChunk?.(bytes.length);
    }
    await sink.finish(options);
  } catch (error) {
    await sink.close();
    // Closes the source. How that ends concerns nobody any more.
    void iterator.return(undefined).catch(() => {});
    throw error;
  }
}

/**
 * The result of a promise, or the signal's reason once it is aborted. Not a race with one promise for the signal: that
 * would hold every result for as long as the signal lives.
 */
function interruptible<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Size in bytes of the chunks of a large buffer. */
const CHUNK_SIZE = 256 * 1024;

async function* pieces(source: UploadSource): AsyncGenerator<Uint8Array | string> {
  if (typeof source === "string") yield source;
  else if (types.isUint8Array(source)) {
    for (let at = 0; at < source.length; at += CHUNK_SIZE) yield source.subarray(at, at + CHUNK_SIZE);
  } else yield* source as AsyncIterable<Uint8Array | string>;
}

/** Passes the chunks of a log, decoded and in order, to the callback of their output stream. */
export async function toCallbacks(
  source: ByteStream,
  onStdout: (chunk: string) => void | Promise<void>,
  onStderr: (chunk: string) => void | Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  const outputs = {
    stdout: { decoder: new TextDecoder(), listener: onStdout },
    stderr: { decoder: new TextDecoder(), listener: onStderr },
  };
  try {
    for (let chunk = await source.next(options); chunk !== null; chunk = await source.next(options)) {
      const { decoder, listener } = outputs[chunk.channel === "stderr" ? "stderr" : "stdout"];
      const text = decoder.decode(chunk.data, { stream: true });
      if (text !== "") await listener(text);
    }
    for (const { decoder, listener } of Object.values(outputs)) {
      const rest = decoder.decode();
      if (rest !== "") await listener(rest);
    }
  } finally {
    await source.close();
  }
}
