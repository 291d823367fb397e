import { Verdict } from "../abi/verdict";
import { BUFFERS, PC } from "../base/config";
import { Neighbour } from "../tables/neighbours";
import { Ip6, Proto } from "../wire/ip6";
import { base, Packet } from "./packet";
import { settle } from "./queue";

// Packets that wait for a neighbour's link address.

const MAX_QUEUED: i32 = PC ? 64 : 3; // for one neighbour
const MAX_WAITING: i32 = BUFFERS >> 1;
let waiting: i32 = 0; // packets held for any neighbour

/**
 * Queues a few packets; the oldest gives way, RFC 4861 §7.2.2, but data before a mobility message: the data's way may
 * depend on it, and it comes again only after a second. No more than half of all buffers wait here, or neighbours that do
 * not exist would leave none to receive into: QUEUE_FULL then, else HELD.
 */
export function hold(n: Neighbour, p: Packet): Verdict {
  if (<i32>n.queued == MAX_QUEUED) giveWay(n);
  if (waiting >= MAX_WAITING) return Verdict.QUEUE_FULL;
  p.link = 0;
  if (n.queue == 0) n.queue = <u32>base(p);
  else {
    let last = changetype<Packet>(<usize>n.queue);
    while (last.link != 0) last = changetype<Packet>(last.link);
    last.link = base(p);
  }
  n.queued++;
  waiting++;
  return Verdict.HELD;
}
function giveWay(n: Neighbour): void {
  let before: usize = 0;
  let at = <usize>n.queue;
  while (at != 0 && isMobility(changetype<Packet>(at))) {
    before = at;
    at = changetype<Packet>(at).link;
  }
  if (at == 0) {
    before = 0;
    at = <usize>n.queue;
  }
  const gone = changetype<Packet>(at);
  if (before == 0) n.queue = <u32>gone.link;
  else changetype<Packet>(before).link = gone.link;
  n.queued--;
  waiting--;
  settle(gone, Verdict.QUEUE_FULL);
}
/** A mobility header, behind a Home Address option or a routing header where there is one. */
function isMobility(p: Packet): bool {
  let at = Ip6.at(p.ip).payload;
  let next = <u32>Ip6.at(p.ip).next;
  while ((next == Proto.DEST_OPTS || next == Proto.ROUTING) && at + 8 <= p.end) {
    next = load<u8>(at);
    at += (<usize>load<u8>(at, 1) + 1) << 3;
  }
  return next == Proto.MH;
}
/** The first of the packets that waited for the row, which forgets them. */
export function takeQueue(n: Neighbour): usize {
  const first = <usize>n.queue;
  waiting -= <i32>n.queued;
  n.queue = 0;
  n.queued = 0;
  return first;
}
export function dropQueue(n: Neighbour, why: Verdict): void {
  let at = takeQueue(n);
  while (at != 0) {
    const p = changetype<Packet>(at);
    at = p.link;
    settle(p, why);
  }
}
