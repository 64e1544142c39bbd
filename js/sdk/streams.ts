import type { Readable } from "node:stream";
import { BYTES, DaytonaInvalidArgumentError, interruptible, onAbort, toBytes } from "#internal";
import type { ByteSink, ByteStream } from "#native";

/** Source of an upload: bytes, the path of a local file, or a stream. */
export type UploadSource = ByteSource | string | Readable | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>;

/** Bytes. */
export type ByteSource = Uint8Array | ArrayBufferLike | DataView | number[];

/** The streams of Node.js, loaded when a program first uses one: loading them takes longer than the rest of the SDK. */
export function streamModule(): typeof import("node:stream") {
  return require("node:stream") as typeof import("node:stream");
}

/**
 * Returns a Node.js stream of a native one. A chunk is read when the consumer needs it, so that a slow consumer does not
 * fill the memory. `toError` makes the error of a stream that was aborted.
 */
export function toReadable(
  source: ByteStream,
  signal: AbortSignal | undefined,
  onChunk?: (bytes: number) => void,
  toError: (reason: unknown) => Error = abortError,
): Readable {
  const stream = new (streamModule().Readable)({
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
      release?.();
      source.close().then(
        () => done(error),
        () => done(error),
      );
    },
  });
  // Not the option of `Readable`, which adds a listener to the signal for each stream.
  const abort = () => void stream.destroy(toError(signal?.reason));
  const release = signal && onAbort(signal, abort);
  if (signal?.aborted) abort();
  return stream;
}

/** The error of a Node.js stream that was aborted. */
export function abortError(cause: unknown): Error {
  return Object.assign(new Error("The operation was aborted", { cause }), { name: "AbortError", code: "ABORT_ERR" });
}

/** Writes a source to a native sink, each chunk when the sink has space for it. */
export async function writeAll(
  source: UploadSource,
  sink: ByteSink,
  signal: AbortSignal | undefined,
  onChunk?: (bytes: number) => void,
): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  const iterator = slices(source)[Symbol.asyncIterator]();
  try {
    for (;;) {
      // A source that has nothing to give must not hold up the end of the upload.
      const { done, value } = await interruptible(iterator.next(), signal);
      if (done) break;
      await sink.write(partOf(value), options);
      onChunk?.(value.end - value.start);
    }
    await sink.finish(options);
  } catch (error) {
    await sink.close();
    // Closes the source. How that ends concerns nobody any more.
    void iterator.return(undefined).catch(() => {});
    throw error;
  }
}

/** Size in bytes of the chunks of a large buffer, each of which is copied when it is sent. */
const CHUNK_SIZE = 256 * 1024;

/** A part of a chunk, which is looked up when it is written: the chunk can be detached or resized until then. */
interface Slice {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** The chunks of a source, in parts of a size that the event loop does not notice. */
async function* slices(source: UploadSource): AsyncGenerator<Slice> {
  const bytes = toBytes(source);
  if (bytes !== undefined) return yield* slicesOf(bytes);
  if (!isIterable(source))
    throw new DaytonaInvalidArgumentError(`Could not write a file: the source must be ${BYTES}, or a stream of them.`);
  for await (const chunk of source as AsyncIterable<unknown>) {
    const bytes = toBytes(chunk);
    if (bytes === undefined) throw new DaytonaInvalidArgumentError(`Could not write a chunk: it must be ${BYTES}.`);
    yield* slicesOf(bytes);
  }
}

function isIterable(source: unknown): boolean {
  return typeof source === "object" && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source);
}

function* slicesOf(bytes: Uint8Array): Generator<Slice> {
  const { byteLength } = bytes;
  for (let start = 0; start < byteLength; start += CHUNK_SIZE) yield { bytes, start, end: Math.min(start + CHUNK_SIZE, byteLength) };
}

function partOf({ bytes, start, end }: Slice): Uint8Array {
  if (end <= bytes.byteLength) return bytes.subarray(start, end);
  throw new DaytonaInvalidArgumentError(
    `Could not write bytes ${start} to ${end} of a chunk: it was detached or resized while it was sent. Pass a copy of it.`,
  );
}

/** Passes the chunks of a log, decoded and in order, to the callback of their output stream. */
export async function toCallbacks(
  source: ByteStream,
  onStdout: (chunk: string) => unknown,
  onStderr: (chunk: string) => unknown,
  signal: AbortSignal | undefined,
): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  try {
    for (let chunk = await source.nextText(options); chunk !== null; chunk = await source.nextText(options)) {
      await (chunk.channel === "stderr" ? onStderr : onStdout)(chunk.text);
    }
  } finally {
    await source.close();
  }
}
