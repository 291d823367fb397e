import { Message, Refusal } from "../abi/message";
import { CONTROL_SIZE } from "../base/config";
import { Changed, changed } from "./changed";

// Control: messages come in through one buffer and replies leave through another; abi/message.ts has the format.
//
//     ctlBuffer()                  requests, CONTROL_SIZE bytes
//     ctlBuffer() + CONTROL_SIZE   replies, CONTROL_SIZE bytes

const IN = memory.data(CONTROL_SIZE * 2, 16);
const OUT: usize = IN + <usize>CONTROL_SIZE;
const TYPES: i32 = 160;
const FN = memory.data(TYPES * 4, 4);
let replied: i32 = 0;

/** Handles one message: `at` = its value, `len` = bytes. Refusal.NONE or why not. */
type Control = (at: usize, len: i32) => Refusal;

export function controlBuffer(): usize {
  return IN;
}
export function onControl(type: Message, fn: Control): void {
  if (load<u32>(FN + <usize>(type << 2)) != 0) unreachable();
  store<u32>(FN + <usize>(type << 2), load<u32>(changetype<usize>(fn)));
}
/** Room for one message of the reply with `len` bytes of value, zeroed; 0 when the reply is full. */
export function reply(type: Message, len: i32): usize {
  const need = 4 + ((len + 3) & ~3);
  // The last eight bytes stay free for MORE.
  const limit = type == Message.MORE ? CONTROL_SIZE : CONTROL_SIZE - 8;
  if (replied + need > limit) return 0;
  const at = OUT + <usize>replied;
  memory.fill(at, 0, need);
  store<u16>(at, <u16>type);
  store<u16>(at, <u16>len, 2);
  replied += need;
  return at + 4;
}
/** Ends a reply that did not fit: the next query starts at `row`. */
export function replyMore(row: u32): void {
  const at = reply(Message.MORE, 4);
  if (at != 0) store<u32>(at, row);
}
/** Runs the messages in the request buffer. Bytes of the reply, or -Refusal with the offending offset as the reply's first u32. */
export function runControl(len: i32): i32 {
  replied = 0;
  let at = 0;
  if (len < 0 || len > CONTROL_SIZE) return refuse(Refusal.TRUNCATED, 0);
  while (at < len) {
    if (len - at < 4) return refuse(Refusal.TRUNCATED, at);
    const type = <i32>load<u16>(IN + <usize>at);
    const n = <i32>load<u16>(IN + <usize>at, 2);
    if (n > len - at - 4) return refuse(Refusal.TRUNCATED, at);
    const fn = type < TYPES ? load<u32>(FN + <usize>(type << 2)) : 0;
    if (fn == 0) return refuse(Refusal.UNKNOWN_TYPE, at);
    const why = call_indirect<Refusal>(fn, IN + <usize>(at + 4), n);
    if (why != Refusal.NONE) return refuse(why, at);
    at += 4 + ((n + 3) & ~3);
  }
  changed(Changed.CONFIGURED, 0, 0);
  return replied;
}
function refuse(why: Refusal, at: i32): i32 {
  store<u32>(OUT, <u32>at);
  return -(<i32>why);
}
