import { Verdict } from "../abi/verdict";
import { BUFFERS } from "../base/config";
import { Neighbour } from "../tables/neighbours";
import { base, Packet } from "./packet";
import { settle } from "./queue";

// Packets that wait for a neighbour's link address.

const MAX_QUEUED: i32 = 3;
const MAX_WAITING: i32 = BUFFERS >> 1;
let waiting: i32 = 0; // packets held for any neighbour

/**
 * Queues up to three packets; the oldest gives way, RFC 4861 §7.2.2. No more than half of all buffers wait here, or
 * neighbours that do not exist would leave none to receive into.
 */
export function hold(n: Neighbour, p: Packet): void {
  if (<i32>n.queued == MAX_QUEUED) {
    const oldest = changetype<Packet>(<usize>n.queue);
    n.queue = <u32>oldest.link;
    n.queued--;
    waiting--;
    settle(oldest, Verdict.QUEUE_FULL);
  }
  if (waiting >= MAX_WAITING) return settle(p, Verdict.QUEUE_FULL);
  p.link = 0;
  if (n.queue == 0) n.queue = <u32>base(p);
  else {
    let last = changetype<Packet>(<usize>n.queue);
    while (last.link != 0) last = changetype<Packet>(last.link);
    last.link = base(p);
  }
  n.queued++;
  waiting++;
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
