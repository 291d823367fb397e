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
/** Answers a query: writes rows of the message's type from row `from` on, as many as fit. */
type Query = (from: i32) => void;

export function onQuery(type: Message, fn: Query): void {
  if (load<u32>(FN + <usize>(type << 2)) != 0) unreachable();
  store<u32>(FN + <usize>(type << 2), load<u32>(changetype<usize>(fn)));
}
/** Room for one message of the reply with `len` bytes of value, zeroed; 0 when the reply is full. */
function reply(type: Message, len: i32): usize {
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
/** Room for row number `row` of a reply. 0 when it no longer fits: MORE then says that the next query starts there. */
export function replyRow(type: Message, len: i32, row: i32): usize {
  const at = reply(type, len);
  if (at != 0) return at;
  const more = reply(Message.MORE, 4);
  if (more != 0) store<i32>(more, row);
  return 0;
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
    const why = run(fn, type, IN + <usize>(at + 4), n);
    if (why != Refusal.NONE) return refuse(why, at);
    at += 4 + ((n + 3) & ~3);
  }
  changed(Changed.CONFIGURED, 0, 0);
  return replied;
}
function run(fn: u32, type: i32, at: usize, len: i32): Refusal {
  if (type < Message.COUNTERS) return call_indirect<Refusal>(fn, at, len);
  if (len != 4) return Refusal.BAD_LENGTH;
  call_indirect<void>(fn, <i32>(load<u32>(at) & 0x7fffffff));
  return Refusal.NONE;
}
function refuse(why: Refusal, at: i32): i32 {
  store<u32>(OUT, <u32>at);
  return -(<i32>why);
}
