import { Verdict } from "../abi/verdict";
import { countDrop } from "./events";
import { base, free, Packet } from "./packet";
import { port, portExists } from "./ports";

// The transmit queue: frames wait here until the caller takes them, in order.
const RECORD = memory.data(16, 8); // {port, ptr, len, step} of takeTx
let first: usize = 0;
let last: usize = 0;
let lent: usize = 0; // frames the caller has taken and not yet given back

/** Queues a frame from `p.start` to `p.end` for `p.port`. Owns the buffer from here on. */
export function enqueue(p: Packet): Verdict {
  return portExists(p.port) && port(p.port).up ? append(p) : Verdict.PORT_DOWN;
}
/** The same for a port that is known to be up. */
export function append(p: Packet): Verdict {
  p.link = 0;
  if (last == 0) first = base(p);
  else changetype<Packet>(last).link = base(p);
  last = base(p);
  return Verdict.HELD;
}
/** Next frame {u32 port, u32 pointer, u32 length, u32 step}, 0 when there is none. Lent until `txDone`. */
export function takeTx(): usize {
  if (first == 0) return 0;
  const p = changetype<Packet>(first);
  first = p.link;
  if (first == 0) last = 0;
  p.link = lent;
  lent = base(p);
  store<u32>(RECORD, p.port);
  store<u32>(RECORD, <u32>p.start, 4);
  store<u32>(RECORD, <u32>(p.end - p.start), 8);
  store<u32>(RECORD, p.step, 12);
  return RECORD;
}
/** Gives the frame at `ptr` back. A pointer that was not lent is ignored. */
export function txDone(ptr: usize): void {
  let before: usize = 0;
  for (let at = lent; at != 0; before = at, at = changetype<Packet>(at).link) {
    if (changetype<Packet>(at).start != ptr) continue;
    if (before == 0) lent = changetype<Packet>(at).link;
    else changetype<Packet>(before).link = changetype<Packet>(at).link;
    free(changetype<Packet>(at));
    return;
  }
}
/** The one place where packets end: frees what nobody holds, counts what was dropped. */
export function settle(p: Packet, v: Verdict): void {
  if (v == Verdict.HELD) return;
  if (v >= Verdict.DROPS) countDrop(v, p);
  free(p);
}
