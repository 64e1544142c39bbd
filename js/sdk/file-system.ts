import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { BYTES, DaytonaError, DaytonaInvalidArgumentError, inspectAsJson, toBytes } from "#internal";
import type * as native from "#native";
import { complete } from "./complete.js";
import { FileWatcher, type WatchOptions } from "./file-watcher.js";
import { describePart, type PartDescription } from "./parts.js";
import { abortError, type ByteSource, toReadable, type UploadSource, writeAll } from "./streams.js";

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

/** The result of reading one file with `downloadFiles`. */
export interface FileDownloadResponse {
  /** The requested path. */
  source: string;
  /** The content, or the path of the local file; absent when it failed. */
  result?: Buffer<ArrayBuffer> | string;
  /** Why it failed. */
  error?: string;
  /** What else is known about the failure. */
  errorDetails?: native.FileDownloadErrorDetails;
}

/** A download and its result; for programs that name this type of `@daytona/sdk`. */
export interface DownloadMetadata {
  /** Path of the local file, if the file is not read into memory. */
  destination?: string;
  /** Why it failed. */
  error?: string;
  /** What else is known about the failure. */
  errorDetails?: native.FileDownloadErrorDetails;
  /** The content, or the path of the local file. */
  result?: Buffer | string | Uint8Array;
}

/** Files of a sandbox. Relative paths start at the sandbox's working directory. */
export class FileSystem extends (complete.FileSystem as typeof native.FileSystem) {
  /**
   * Writes a file and creates its folder: `POST /files/bulk-upload`.
   * @param file Content, or the path of a local file, which is read while it is sent. If the content has more than 8 MiB, it
   * must not be modified before the promise settles; if it is detached or shrunk, the call fails.
   * @param remotePath Path in the sandbox.
   * @param timeout Timeout in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to write the file.
   * @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
   * @throws {DaytonaError} The local file cannot be read; `code` is the system's, such as `ENOENT`.
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
   * Writes files in one request and creates their folders: `POST /files/bulk-upload`. Local files are read while they are
   * sent; those without a size, such as pipes, have a request of their own.
   * @param files Contents or paths of local files, and paths in the sandbox.
   * @param timeout Timeout in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to write a file.
   * @throws {DaytonaInvalidFilePathError} A path is a folder or not a valid file path. In both cases the other files are
   * written.
   * @throws {DaytonaError} A local file cannot be read; `code` is the system's, such as `ENOENT`. If it cannot be opened,
   * nothing is written.
   */
  override async uploadFiles(files: FileUpload[], timeout?: number | null, options?: native.CallOptions | null): Promise<void> {
    checkFiles(files, "write", "{ source, destination }");
    await super.uploadFiles(files.map(toNativeUpload), timeout, options);
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
   * @param localPath Path of the local file. Its folder is created, and an existing file is replaced once the download is
   * complete.
   * @param timeout Timeout in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @throws The errors of a download into memory.
   * @throws {DaytonaError} The local file cannot be written; `code` is the system's, such as `EACCES`.
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
      await this.downloadToFile(remotePath, localPath, timeout, options);
      return;
    }
    const [timeout, options] = rest as [(number | null)?, (native.CallOptions | null)?];
    return toBuffer(await super.downloadFile(remotePath, timeout, options));
  }

  /**
   * Reads files in one request, each into memory or into a local file: `POST /files/bulk-download`. A local file appears
   * once it is complete, and its folder is created.
   * @param files Paths in the sandbox, and paths of local files.
   * @param timeout Timeout in seconds. Default: 1800; 0 for none.
   * @param options A signal.
   * @returns One response for each file, in order; the failure of a file is in its response.
   * @example
   * ```typescript
   * const [config, log] = await sandbox.fs.downloadFiles([
   *   { source: "config.json" },
   *   { source: "server.log", destination: "logs/server.log" },
   * ]);
   * console.log(config?.result?.toString(), log?.error ?? "written");
   * ```
   */
  override async downloadFiles(
    files: native.FileDownloadRequest[],
    timeout?: number | null,
    options?: native.CallOptions | null,
  ): Promise<FileDownloadResponse[]> {
    checkFiles(files, "read", "{ source, destination? }");
    const results = await super.downloadFiles(files, timeout, options);
    return results.map(({ result, ...rest }): FileDownloadResponse => {
      if (result === undefined) return rest;
      return { ...rest, result: typeof result === "string" ? result : toBuffer(result) };
    });
  }

  /**
   * Reads a file of any size as a Node.js stream: `POST /files/bulk-download`.
   * @param remotePath Path in the sandbox.
   * @param options Options, or the timeout of the whole download in seconds. Default: 1800; 0 for none.
   * @returns The stream. Destroying it closes the connection. If the connection breaks, it emits a
   * `DaytonaConnectionError` whose message contains the number of bytes received. If it is aborted, it emits a `DaytonaError`,
   * or an `AbortError` with the signal's reason, if that has one.
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
    const what = `read ${quoted(remotePath)}`;
    const source = await this.openDownload(remotePath, callOptions).catch((error: unknown) => {
      throw cancelled(error, what) ?? error;
    });
    let bytesReceived = 0;
    const count = (bytes: number) => {
      bytesReceived += bytes;
      onProgress?.(source.size === null ? { bytesReceived } : { bytesReceived, totalBytes: source.size });
    };
    return toReadable(source, callOptions.signal ?? undefined, count, (reason) => cancelled(reason, what) ?? abortError(reason));
  }

  /**
   * Writes a file of any size from a stream and creates its folder: `POST /files/bulk-upload`.
   * @param source Bytes, a stream, or the path of a local file.
   * @param remotePath Path in the sandbox.
   * @param options Timeout of the whole upload in seconds (default 1800, 0 for none), a signal, and a callback for progress.
   * @throws {DaytonaFileAccessDeniedError} The user has no permission to write the file.
   * @throws {DaytonaInvalidFilePathError} The path is a folder or not a valid file path.
   * @throws The error of the source, if reading it fails; the signal's reason, or a `DaytonaError` if it has none.
   * @example
   * ```typescript
   * await sandbox.fs.uploadFileStream(createReadStream("large.bin"), "large.bin");
   * ```
   */
  async uploadFileStream(source: UploadSource, remotePath: string, options?: UploadStreamOptions | null): Promise<void> {
    const { onProgress, ...callOptions } = options ?? {};
    try {
      // Without a callback, the file need not pass through JavaScript.
      if (typeof source === "string" && onProgress === undefined) {
        return await this.uploadFile(source, remotePath, undefined, callOptions);
      }
      const sink = await this.openUpload(remotePath, callOptions);
      let bytesSent = 0;
      const from = typeof source === "string" ? createReadStream(source) : source;
      await writeAll(from, sink, callOptions.signal ?? undefined, (bytes) => {
        bytesSent += bytes;
        onProgress?.({ bytesSent });
      });
    } catch (error) {
      throw cancelled(error, `write ${quoted(remotePath)}`) ?? error;
    }
  }

  /**
   * Watches a file or folder of a sandbox of the local server: `GET /files/watch` over a WebSocket. The service has no
   * such operation.
   * @param path Path of a file or folder.
   * @param options Whether to watch everything below the folder; timeout of opening the watch in seconds (default 60, 0 for
   * none); and a signal, which ends the watch too.
   * @returns The changes, once none is missed. While they are not read, some thousands are kept; an event of type `overflow`
   * says that later ones were missed.
   * @throws {DaytonaNotFoundError} The service does not support this operation, or there is nothing at the path.
   * @throws {DaytonaConflictError} There are more than 8192 folders, or too many watches.
   * @example
   * ```typescript
   * for await (const { type, path } of await sandbox.fs.watch("src", { recursive: true })) console.log(type, path);
   * ```
   */
  async watch(path: string, options?: WatchOptions | null): Promise<FileWatcher> {
    const { recursive, ...callOptions } = options ?? {};
    const events = await this.openWatch(path, recursive ?? false, callOptions);
    return new FileWatcher(events, callOptions.signal ?? undefined);
  }

  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription> {
    return describePart(this);
  }
}

inspectAsJson(FileSystem);

/**
 * The error of a stream that was aborted without a reason: one of the SDK, as in `@daytona/sdk`. Undefined for other failures,
 * and for a reason that the program has given.
 */
function cancelled(reason: unknown, what: string): DaytonaError | undefined {
  // By its code: a test runner has classes of its own.
  const { name, code } = (reason ?? {}) as Partial<DOMException>;
  const isDefault = name === "AbortError" && code === DOMException.ABORT_ERR;
  return isDefault ? new DaytonaError(`Could not ${what}: it was cancelled by its signal`, { cause: reason }) : undefined;
}

function checkFiles(files: unknown, verb: string, shape: string): void {
  if (Array.isArray(files) && files.every((file: unknown) => typeof file === "object" && file !== null)) return;
  throw new DaytonaInvalidArgumentError(`Could not ${verb} files: files must be an array of ${shape}.`);
}

function toNativeUpload({ source, destination }: FileUpload): native.FileUpload {
  if (typeof source === "string") return { source, destination };
  const bytes = toBytes(source);
  if (bytes !== undefined) return { source: bytes, destination };
  throw new DaytonaInvalidArgumentError(`Could not write ${quoted(destination)}: the content must be ${BYTES}.`);
}

function toBuffer(content: Uint8Array): Buffer<ArrayBuffer> {
  return Buffer.from(content.buffer as ArrayBuffer, content.byteOffset, content.byteLength);
}

function toOptions(options: number | DownloadStreamOptions | null | undefined): DownloadStreamOptions {
  return typeof options === "number" ? { timeout: options } : (options ?? {});
}

/** A path in a message; what is not a path has an error of its own. */
function quoted(path: string): string {
  return typeof path === "string" ? JSON.stringify(path) : "a file";
}
