// Poly1305 in the variant of the profile, over messages whose parts are padded to whole blocks (RFC 8439 §2.8).
import { PC } from "../base/config";
import { begin13, blocks13, end13 } from "./poly1305-13";
import { begin26, blocks26, end26 } from "./poly1305-26";

/** A last, shorter block of a part. */
const LAST = memory.data(16, 8);

export function poly1305Begin(key: usize): void {
  if (PC) begin26(key);
  else begin13(key);
}
function blocks(at: usize, n: i32): void {
  if (PC) blocks26(at, n);
  else blocks13(at, n);
}
/** Takes a part, and zeros up to a whole block. */
export function poly1305Padded(at: usize, len: i32): void {
  blocks(at, len >> 4);
  const rest = len & 15;
  if (rest == 0) return;
  store<u64>(LAST, 0);
  store<u64>(LAST, 0, 8);
  memory.copy(LAST, at + (len & ~15), rest);
  blocks(LAST, 1);
}
/** Takes the lengths of both parts and writes the tag, 16 bytes. */
export function poly1305End(first: i32, second: i32, tag: usize): void {
  store<u64>(LAST, first);
  store<u64>(LAST, second, 8);
  blocks(LAST, 1);
  if (PC) end26(tag);
  else end13(tag);
}
