import { types } from "node:util";

/**
 * Returns the bytes of a content, without a copy where that is possible: a string in UTF-8, an array buffer, a view of
 * bytes, or a list of bytes, also those of another realm. Undefined for anything else.
 * @throws {TypeError} The memory of an array buffer or a view was given away.
 */
export function toBytes(content: unknown): Uint8Array | undefined {
  if (typeof content === "string") return Buffer.from(content);
  if (types.isUint8Array(content)) return content;
  if (types.isAnyArrayBuffer(content)) return new Uint8Array(content);
  if (types.isDataView(content) || types.isInt8Array(content) || types.isUint8ClampedArray(content)) {
    return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  }
  if (Array.isArray(content)) return Buffer.from(content as number[]);
  // A buffer that went through JSON.
  const { type, data } = (content ?? {}) as { type?: unknown; data?: unknown };
  return type === "Buffer" && Array.isArray(data) ? Buffer.from(data as number[]) : undefined;
}

/** Describes what {@link toBytes} accepts. */
export const BYTES = "a Uint8Array, an ArrayBuffer, a DataView, a string or an array of bytes";
