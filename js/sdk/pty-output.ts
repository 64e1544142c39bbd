/** Number of bytes that are kept until somebody reads them. */
const LIMIT = 1024 * 1024;

/** Output of a terminal on its way to whoever iterates over it. */
export class PtyOutput {
  #chunks: Uint8Array[] = [];
  #size = 0;
  #readers = 0;
  #isDropped: boolean;
  #end: { error?: unknown } | undefined;
  /** Wakes those who wait for a chunk or for room. */
  #wake: () => void = () => {};
  #changed = this.#nextChange();

  /** @param isDropped Whether output is dropped while nobody iterates. */
  constructor(isDropped: boolean) {
    this.#isDropped = isDropped;
  }

  /** Adds a chunk. Resolves when there is room for the next one. */
  async push(chunk: Uint8Array): Promise<void> {
    if (this.#isDropped && this.#readers === 0) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    this.#notify();
    while (this.#size >= LIMIT) await this.#changed;
  }

  /** Drops the output unless somebody iterates over it. */
  drop(): void {
    this.#isDropped = true;
    if (this.#readers === 0) this.#clear();
  }

  /** Ends the output, with an error if it is not complete. */
  end(end: { error?: unknown }): void {
    this.#end = end;
    this.#notify();
  }

  /** Iterates over the output. What is left when the loop is left early is for the next loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    this.#readers += 1;
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          this.#size -= chunk.length;
          this.#notify();
          yield chunk;
        } else if (this.#end === undefined) {
          await this.#changed;
        } else if ("error" in this.#end) {
          throw this.#end.error;
        } else {
          return;
        }
      }
    } finally {
      this.#readers -= 1;
      if (this.#isDropped && this.#readers === 0) this.#clear();
    }
  }

  #clear(): void {
    this.#chunks = [];
    this.#size = 0;
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#changed = this.#nextChange();
    wake();
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
