import fs from "node:fs";
import path from "node:path";
import { inspectAsJson } from "#internal";
import type * as native from "#native";
import type { Readable } from "node:stream";
import { complete } from "./complete.js";
import { describePart, type PartDescription, part } from "./parts.js";
import { streamModule, toReadable } from "./streams.js";

/** A filter for accessible objects. */
export type AccessibilityFindOptions = native.FindAccessibilityNodesRequest;

/** The mouse of a desktop. */
export class Mouse extends (complete.Mouse as typeof native.Mouse) {
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription> {
    return describePart(this);
  }
}

/** The keyboard of a desktop. */
export class Keyboard extends (complete.Keyboard as typeof native.Keyboard) {
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription> {
    return describePart(this);
  }
}

/** Pictures of the screen of a desktop. */
export class Screenshot extends (complete.Screenshot as typeof native.Screenshot) {
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription> {
    return describePart(this);
  }
}

/** The displays and windows of a desktop. */
export class Display extends (complete.Display as typeof native.Display) {
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription> {
    return describePart(this);
  }
}

/** Recordings of the screen of a desktop. */
export class RecordingService extends (complete.RecordingService as typeof native.RecordingService) {
  /**
   * Writes a recording to a local file and creates its folder: `GET /computeruse/recordings/{id}/download`.
   * @param id Id of the recording.
   * @param localPath Path of the local file, which is replaced; it is deleted if the download breaks off.
   * @param options Timeout in seconds (default 1800, 0 for none) and a signal.
   * @throws {DaytonaNotFoundError} The recording does not exist.
   * @throws {DaytonaConnectionError} The connection broke; the message contains the number of bytes received.
   * @throws The error of the local file, if it cannot be written.
   */
  async download(id: string, localPath: string, options?: native.CallOptions | null): Promise<void> {
    await writeTo(localPath, async () => {
      const source = await this.openDownload(id, options);
      await fs.promises.mkdir(path.dirname(localPath), { recursive: true });
      return toReadable(source, options?.signal ?? undefined);
    });
  }

  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription> {
    return describePart(this);
  }
}

/** Accessible objects of a desktop: what programs say about their windows. */
export class Accessibility extends (complete.Accessibility as typeof native.Accessibility) {
  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription> {
    return describePart(this);
  }
}

/** The desktop of a sandbox: its mouse, keyboard and screen. */
export class ComputerUse extends (complete.ComputerUse as typeof native.ComputerUse) {
  /** The mouse. */
  override get mouse(): Mouse {
    return part(this, "mouse", () => Object.setPrototypeOf(super.mouse, Mouse.prototype) as Mouse);
  }

  /** The keyboard. */
  override get keyboard(): Keyboard {
    return part(this, "keyboard", () => Object.setPrototypeOf(super.keyboard, Keyboard.prototype) as Keyboard);
  }

  /** Pictures of the screen. */
  override get screenshot(): Screenshot {
    return part(this, "screenshot", () => Object.setPrototypeOf(super.screenshot, Screenshot.prototype) as Screenshot);
  }

  /** Displays and windows. */
  override get display(): Display {
    return part(this, "display", () => Object.setPrototypeOf(super.display, Display.prototype) as Display);
  }

  /** Recordings of the screen. */
  override get recording(): RecordingService {
    return part(this, "recording", () => Object.setPrototypeOf(super.recording, RecordingService.prototype) as RecordingService);
  }

  /** Accessible objects: what programs say about their windows. */
  override get accessibility(): Accessibility {
    return part(this, "accessibility", () => Object.setPrototypeOf(super.accessibility, Accessibility.prototype) as Accessibility);
  }

  /** Id, state and isolation of the sandbox, for `JSON.stringify` and `console.log`. */
  toJSON(): Partial<PartDescription> {
    return describePart(this);
  }
}

for (const Class of [Mouse, Keyboard, Screenshot, Display, RecordingService, Accessibility, ComputerUse]) inspectAsJson(Class);

/** Writes a stream to a local file. The file is not touched unless the stream can be opened. */
async function writeTo(localPath: string, open: () => Promise<Readable>): Promise<undefined> {
  const source = await open();
  const target = fs.createWriteStream(localPath);
  let isOpen = false;
  target.once("open", () => {
    isOpen = true;
  });
  try {
    await streamModule().promises.pipeline(source, target);
  } catch (error) {
    if (isOpen) await fs.promises.rm(localPath, { force: true });
    throw error;
  }
}
