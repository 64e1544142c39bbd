import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { complete, inspectAsJson } from "#internal";
import type * as native from "#native";
import { describePart, type PartDescription } from "./parts.js";
import { toReadable, type UploadSource, writeAll } from "./streams.js";

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
  async downloadFileStream(remotePath: string, options?: number | DownloadStreamOptions): Promise<Readable> {
    const { onProgress, ...callOptions } = toOptions(options);
    const source = await this.openDownload(remotePath, callOptions);
    let bytesReceived = 0;
    return toReadable(source, callOptions.signal, (bytes) => {
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
  async uploadFileStream(source: UploadSource, remotePath: string, options: UploadStreamOptions = {}): Promise<void> {
    const { onProgress, ...callOptions } = options;
    const sink = await this.openUpload(remotePath, callOptions);
    let bytesSent = 0;
    const from = typeof source === "string" ? createReadStream(source) : source;
    await writeAll(from, sink, callOptions.signal, (bytes) => {
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

function toOptions(options: number | DownloadStreamOptions | undefined): DownloadStreamOptions {
  return typeof options === "number" ? { timeout: options } : (options ?? {});
}
