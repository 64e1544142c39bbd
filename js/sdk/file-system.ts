import { createReadStream, createWriteStream, promises as fs } from "node:fs";
import type { Readable } from "node:stream";
import { BYTES, complete, DaytonaInvalidArgumentError, inspectAsJson, toBytes } from "#internal";
import type * as native from "#native";
import { describePart, type PartDescription } from "./parts.js";
import { type ByteSource, streamModule, toReadable, type UploadSource, writeAll } from "./streams.js";
import { refuseListingOptions } from "./unsupported.js";

/** A file to write. */
export interface FileUpload {
  /** Content, or the path of a local file. Contents of more than 8 MiB together must not be modified before the promise settles. */
  source: ByteSource | string;
  /** Path in the sandbox. */
  destination: string;
}

/** Progress of a download. */
export interface DownloadProgress {
  /** Number of bytes received so far. */
  bytesReceived: number;
  /** Size of the file in bytes, if the service announced it. */
  totalBytes?: number;
}

/** Options of `downloadFileStream`. */
export interface DownloadStreamOptions extends native.CallOptions {
  /** Called after each chunk. */
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** Progress of an upload. */
export interface UploadProgress {
  /** Number of bytes sent so far. */
  bytesSent: number;
}

/** Options of `uploadFileStream`. */
export interface UploadStreamOptions extends native.CallOptions {
  /** Called after each chunk. */
  onProgress?: ((progress: UploadProgress) => void) | undefined;
}

/** Files of a sandbox. Relative paths start at the sandbox's working directory. */
export class FileSystem extends (complete.FileSystem as typeof native.FileSystem) {
  /**
   * Writes a file and creates its folder: `POST /files/bulk-upload`.
   * @param file Content, or the path of a local file. If the content has more than 8 MiB, it must not be modified before the
   * promise settles; if it is detached or shrunk, the call fails.
   * @param remotePath Path in the sandbox.
   * @param timeout Timeout in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to write the file.
   * @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
   * @throws The error of the local file, if it cannot be read.
   */
  override async uploadFile(
    file: ByteSource | string,
    remotePath: string,
    timeout?: number | null,
    options?: native.CallOptions | null,
  ): Promise<void> {
    await this.uploadFiles([{ source: file, destination: remotePath }], timeout, options);
  }

  /**
   * Writes files and creates their folders: `POST /files/bulk-upload`, once for all contents and once for each local file.
   * @param files Contents or paths of local files, and paths in the sandbox.
   * @param timeout Timeout of each request in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to write a file.
   * @throws {DaytonaInvalidFilePathError} A path is a folder or not a valid file path. In both cases the other contents are
   * written.
   * @throws The error of a local file, if it cannot be read. Then nothing is written if it cannot be opened.
   */
  override async uploadFiles(files: FileUpload[], timeout?: number | null, options?: native.CallOptions | null): Promise<void> {
    if (!Array.isArray(files) || !files.every((file: unknown) => typeof file === "object" && file !== null)) {
      throw new DaytonaInvalidArgumentError("Could not write files: files must be an array of { source, destination }.");
    }
    const contents = files.filter(({ source }) => typeof source !== "string").map(toNativeUpload);
    const locals = files.filter((file): file is FileUpload & { source: string } => typeof file.source === "string");
    const opened = await openAll(locals.map(({ source }) => source));
    try {
      if (contents.length > 0 || locals.length === 0) await super.uploadFiles(contents, timeout, options);
      for (const [index, { destination }] of locals.entries()) {
        const source = opened[index]?.createReadStream() as Readable;
        await this.uploadFileStream(source, destination, withTimeout(options, timeout));
      }
    } finally {
      await Promise.all(opened.map((handle) => handle.close()));
    }
  }

  /**
   * Returns the entries of a folder, sorted by name: `GET /files`.
   * @param path Path of the folder.
   * @param options Timeout in seconds (default 60, 0 for none) and a signal.
   * @returns The entries.
   * @throws {DaytonaNotFoundError} The folder does not exist.
   * @throws {DaytonaInvalidArgumentError} `depth` of `@daytona/sdk` is given, which is not supported.
   */
  override async listFiles(path: string, options?: native.CallOptions | null): Promise<native.FileInfo[]> {
    refuseListingOptions(options);
    return await super.listFiles(path, options);
  }

  /**
   * Reads a file: `POST /files/bulk-download`.
   * @param remotePath Path in the sandbox.
   * @param timeout Timeout in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @returns The content.
   * @throws {DaytonaFileNotFoundError} The file does not exist.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to read the file.
   * @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
   * @throws {DaytonaFileReadFailedError} The file does not fit into memory.
   */
  override downloadFile(remotePath: string, timeout?: number | null, options?: native.CallOptions | null): Promise<Buffer<ArrayBuffer>>;
  /**
   * Reads a file of any size into a local file: `POST /files/bulk-download`.
   * @param remotePath Path in the sandbox.
   * @param localPath Path of the local file, which is replaced; it is deleted if the download breaks off.
   * @param timeout Timeout in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @throws The errors of a download into memory, and the error of the local file, if it cannot be written.
   */
  override downloadFile(
    remotePath: string,
    localPath: string,
    timeout?: number | null,
    options?: native.CallOptions | null,
  ): Promise<undefined>;
  override async downloadFile(
    remotePath: string,
    ...rest:
      | [timeout?: number | null, options?: native.CallOptions | null]
      | [localPath: string, timeout?: number | null, options?: native.CallOptions | null]
  ): Promise<Buffer<ArrayBuffer> | undefined> {
    const [localPath] = rest;
    if (typeof localPath === "string") {
      const [, timeout, options] = rest as [string, (number | null)?, (native.CallOptions | null)?];
      return await writeTo(localPath, () => this.downloadFileStream(remotePath, withTimeout(options, timeout)));
    }
    const [timeout, options] = rest as [(number | null)?, (native.CallOptions | null)?];
    const content = await super.downloadFile(remotePath, timeout, options);
    return Buffer.from(content.buffer as ArrayBuffer, content.byteOffset, content.byteLength);
  }

  /**
   * Reads a file of any size as a Node.js stream: `POST /files/bulk-download`.
   * @param remotePath Path in the sandbox.
   * @param options Options, or the timeout of the whole download in seconds. Default: 1800; 0 for none.
   * @returns The stream. Destroying it closes the connection. If the connection breaks, it emits a
   * `DaytonaConnectionError` whose message contains the number of bytes received.
   * @throws {DaytonaFileNotFoundError} The file does not exist.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to read the file.
   * @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
   * @example
   * ```typescript
   * await pipeline(await sandbox.fs.downloadFileStream("large.bin"), createWriteStream("large.bin"));
   * ```
   */
  async downloadFileStream(remotePath: string, options?: number | DownloadStreamOptions | null): Promise<Readable> {
    const { onProgress, ...callOptions } = toOptions(options);
    const source = await this.openDownload(remotePath, callOptions);
    let bytesReceived = 0;
    return toReadable(source, callOptions.signal ?? undefined, (bytes) => {
      bytesReceived += bytes;
      onProgress?.(source.size === null ? { bytesReceived } : { bytesReceived, totalBytes: source.size });
    });
  }

  /**
   * Writes a file of any size from a stream and creates its folder: `POST /files/bulk-upload`.
   * @param source Bytes, a stream, or the path of a local file.
   * @param remotePath Path in the sandbox.
   * @param options Timeout of the whole upload in seconds (default 1800, 0 for none), a signal, and a callback for progress.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to write the file.
   * @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
   * @throws The error of the source, if reading it fails.
   * @example
   * ```typescript
   * await sandbox.fs.uploadFileStream(createReadStream("large.bin"), "large.bin");
   * ```
   */
  async uploadFileStream(source: UploadSource, remotePath: string, options?: UploadStreamOptions | null): Promise<void> {
    const { onProgress, ...callOptions } = options ?? {};
    const sink = await this.openUpload(remotePath, callOptions);
    let bytesSent = 0;
    const from = typeof source === "string" ? createReadStream(source) : source;
    await writeAll(from, sink, callOptions.signal ?? undefined, (bytes) => {
      bytesSent += bytes;
      onProgress?.({ bytesSent });
    });
  }

  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription> {
    return describePart(this);
  }
}

inspectAsJson(FileSystem);

function toNativeUpload({ source, destination }: FileUpload): native.FileUpload {
  const bytes = toBytes(source);
  if (bytes !== undefined) return { source: bytes, destination };
  throw new DaytonaInvalidArgumentError(`Could not write ${JSON.stringify(destination)}: the content must be ${BYTES}.`);
}

/** Opens local files for reading: all of them, or none. */
async function openAll(paths: string[]) {
  const results = await Promise.allSettled(paths.map((path) => fs.open(path)));
  const opened = results.filter((result) => result.status === "fulfilled").map(({ value }) => value);
  const failed = results.find((result) => result.status === "rejected");
  if (failed === undefined) return opened;
  await Promise.all(opened.map((handle) => handle.close()));
  throw failed.reason;
}

/** Writes a stream to a local file. The file is not touched unless the stream can be opened. */
async function writeTo(localPath: string, open: () => Promise<Readable>): Promise<undefined> {
  const source = await open();
  const target = createWriteStream(localPath);
  let isOpen = false;
  target.once("open", () => {
    isOpen = true;
  });
  try {
    await streamModule().promises.pipeline(source, target);
  } catch (error) {
    if (isOpen) await fs.rm(localPath, { force: true });
    throw error;
  }
}

/** Options with the timeout that is a parameter of its own, if it is given. */
function withTimeout(options: native.CallOptions | null | undefined, timeout: number | null | undefined): native.CallOptions {
  return { ...options, ...(timeout === undefined || timeout === null ? {} : { timeout }) };
}

function toOptions(options: number | DownloadStreamOptions | null | undefined): DownloadStreamOptions {
  return typeof options === "number" ? { timeout: options } : (options ?? {});
}
