import { AnycastKeyUse } from "../abi/anycast";
import { Message, Refusal } from "../abi/message";
import { isHost } from "../base/addr";
import { Hash, hmacKey } from "../crypto/hash";
import { onControl } from "../engine/control";
import { dropAnycastKey, findAnycastKey, putAnycastKey, readyOf } from "../tables/anycast-keys";

// Keys of anycast addresses, for whichever roles of the image use them.

const SHORTEST: i32 = 16;
const LONGEST: i32 = 64;

/** Attaches the role to the doors of the engine. */
export function attach(): void {
  onControl(Message.ANYCAST_KEY, put);
  onControl(Message.ANYCAST_KEY_DELETE, take);
}
function valid(at: usize): bool {
  const use = <u32>load<u8>(at, 2);
  return load<u16>(at) != 0 && (use == AnycastKeyUse.IDENTIFIER || use == AnycastKeyUse.REGISTRATION) && isHost(at + 4);
}
function put(at: usize, len: i32): Refusal {
  if (len < 20 + SHORTEST) return Refusal.BAD_LENGTH;
  const size = <i32>load<u8>(at, 3);
  if (len != 20 + size) return Refusal.BAD_LENGTH;
  if (size < SHORTEST || size > LONGEST || !valid(at)) return Refusal.BAD_VALUE;
  const k = putAnycastKey(at + 4, <u32>load<u16>(at), <u32>load<u8>(at, 2));
  if (!k) return Refusal.TABLE_FULL;
  hmacKey(Hash.SHA256, at + 20, size, readyOf(k));
  return Refusal.NONE;
}
function take(at: usize, len: i32): Refusal {
  if (len != 20) return Refusal.BAD_LENGTH;
  if (!valid(at) || load<u8>(at, 3) != 0) return Refusal.BAD_VALUE;
  const k = findAnycastKey(at + 4, <u32>load<u16>(at), <u32>load<u8>(at, 2));
  if (k) dropAnycastKey(k);
  return Refusal.NONE;
}
