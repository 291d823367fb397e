/** The lines that, sent to a board's console, save a configuration on it (firmware/saved.h). */
import { crc32 } from "./crc32.js";

/** Bytes that a board keeps. */
export const SAVED_MAX = 2048;
/** Bytes a line: the console's lines end at 352 characters. */
const LINE = 128;

/** @param hash of the image that the messages are for, hexadecimal */
export function consoleLines(messages: Uint8Array, hash: string): string[] {
  const hex = Buffer.from(messages).toString("hex");
  const parts = hex.match(new RegExp(`.{1,${2 * LINE}}`, "g")) ?? [];
  const check = crc32(messages).toString(16).padStart(8, "0");
  return [`save begin ${hash.slice(0, 8)}`, ...parts.map((part) => `save ${part}`), `save end ${check}`];
}
