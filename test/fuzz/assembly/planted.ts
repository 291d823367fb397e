// The fuzzer's self-test: a module behind our ABI that reads TLV options behind an IPv6 header, right (BUG = 0) or with one
// planted error (`asc --use BUG=n`). A fuzzer that does not find each of them is blind.

const NO_BUG: i32 = 0;
const TRAP: i32 = 1;
const OVER_READ: i32 = 2;
const HANG: i32 = 3;
const OVERRUN: i32 = 4;

const LEAD: usize = 2;
const HEADERS: i32 = 14 + 40;
const CLOCK: usize = memory.data(8, 8);
const CONTROL: usize = memory.data(64, 8);
const FRAME: usize = memory.data(2048, 16) + LEAD;
/** How often a length was seen, for lengths below 16; and a table behind it. */
const COUNTS: usize = memory.data(64, 8);
const BEHIND: usize = memory.data(4096, 16);
let seen: u32 = 0;

export function abi(): u32 {
  return 1;
}
export function ctlBuffer(): usize {
  return CONTROL;
}
export function clock(): usize {
  return CLOCK;
}
export function configure(len: i32): i32 {
  store<u8>(BEHIND, 1);
  return len;
}
export function rxBuffer(_port: u32): usize {
  return FRAME;
}

/** Sums up the options' bytes: type, length, value; type 0 is one byte of padding. */
export function rx(_port: u32, len: i32): void {
  if (len < HEADERS + 2 || load<u8>(FRAME + 14) >> 4 != 6) return;
  let at = FRAME + HEADERS;
  let end = FRAME + len;
  while (at + 2 <= end) {
    let type = load<u8>(at);
    let length: usize = load<u8>(at, 1);
    if (type == 0) {
      at++;
      continue;
    }
    if (BUG == TRAP && type == 0xc9 && length == 16) unreachable();
    if (BUG == HANG && type == 0x77 && length == 3) continue;
    if (BUG != OVER_READ && at + 2 + length > end) return;
    for (let i: usize = 0; i < length; i++) seen += load<u8>(at + 2 + i);
    if (length < 16 || BUG == OVERRUN) store<u32>(COUNTS + length * 4, load<u32>(COUNTS + length * 4) + 1);
    at += 2 + length;
  }
}

export function takeTx(): usize {
  return 0;
}
export function txDone(_ptr: usize): void {}
/** The sum is used, or the compiler would remove the loop. */
export function tick(): u32 {
  return BUG == NO_BUG ? 1 + (seen & 0xffff) : 2 + (seen & 0xffff);
}
export function takeEvent(): usize {
  return 0;
}
export function takeStore(): usize {
  return 0;
}
export function stored(_generation: u32): void {}
