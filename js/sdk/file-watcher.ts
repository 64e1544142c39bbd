import { interruptible, removeMissingSymbols } from "#internal";
import type * as native from "#native";

/** Options of `watch`. */
export interface WatchOptions extends native.CallOptions {
  /** Whether to watch everything below the folder, also what is created later. Default: false. */
  recursive?: boolean | undefined;
}

/** Changes of a file or folder, as they happen. Ends when what is watched is gone, or when it is closed. */
export class FileWatcher implements AsyncIterableIterator<native.FileEvent> {
  readonly #events: native.EventStream;
  readonly #signal: AbortSignal | undefined;

  /** @internal */
  constructor(events: native.EventStream, signal: AbortSignal | undefined) {
    this.#events = events;
    this.#signal = signal;
  }

  /**
   * Returns the next change.
   * @throws {DaytonaConnectionError} The connection broke; the message contains the number of changes received.
   * @throws The reason of the signal, once it is aborted.
   */
  async next(): Promise<IteratorResult<native.FileEvent, undefined>> {
    try {
      const event = await interruptible(this.#events.next(), this.#signal);
      if (event !== null) return { done: false, value: event };
    } catch (error) {
      await this.close();
      throw error;
    }
    return { done: true, value: undefined };
  }

  /** Closes the connection: what a loop calls that is left early. */
  async return(): Promise<IteratorResult<native.FileEvent, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  /** Closes the connection. A pending `next()` has no value. */
  async close(): Promise<void> {
    await this.#events.close();
  }

  /** Closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Returns this object: there is one iteration. */
  [Symbol.asyncIterator](): this {
    return this;
  }
}

removeMissingSymbols(FileWatcher);
