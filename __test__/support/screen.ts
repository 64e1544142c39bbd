import { isDeepStrictEqual } from "node:util";
import xterm from "@xterm/headless";

/** The screen of a terminal emulator. */
export class Screen {
  readonly #terminal: InstanceType<typeof xterm.Terminal>;
  readonly #waiting = new Set<() => void>();

  constructor(cols: number, rows: number) {
    this.#terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true });
  }

  /** Draws output. Resolves when it is drawn. */
  write(data: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#terminal.write(data, () => {
        for (const check of [...this.#waiting]) check();
        resolve();
      });
    });
  }

  resize(cols: number, rows: number): void {
    this.#terminal.resize(cols, rows);
  }

  /** The rows of the screen, without spaces at their ends. */
  lines(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from(
      { length: this.#terminal.rows },
      (_, row) =>
        active
          .getLine(active.viewportY + row)
          ?.translateToString(true)
          .trimEnd() ?? "",
    );
  }

  text(): string {
    return this.lines().join("\n");
  }

  /** Waits until the screen shows something. */
  until(isShown: (text: string) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the screen does not show it:\n${this.text()}`)), 15_000);
      const check = () => {
        if (!isShown(this.text())) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Waits until the first rows of the screen are these. */
  untilRows(rows: string[]): Promise<void> {
    return this.until(() => isDeepStrictEqual(this.lines().slice(0, rows.length), rows));
  }

  cursor(): { x: number; y: number } {
    const { active } = this.#terminal.buffer;
    return { x: active.cursorX, y: active.cursorY };
  }

  /** Whether a program shows its own screen. */
  isAlternate(): boolean {
    return this.#terminal.buffer.active.type === "alternate";
  }

  /** Whether a row is in reverse video, from its first column to the last. */
  isInverse(row: number): boolean {
    const { active } = this.#terminal.buffer;
    const line = active.getLine(active.viewportY + row);
    return [0, this.#terminal.cols - 1].every((column) => (line?.getCell(column)?.isInverse() ?? 0) !== 0);
  }
}
