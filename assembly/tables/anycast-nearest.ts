import { putInList, Server, ServerState, server, serverRow, takeFromList } from "./anycast-servers";
import { Anycast, anycast } from "./boundary-anycasts";

// Which of the live servers of an anycast address is nearest: the lowest cost, then the fewest hops, then the lowest address. A pairing heap
// (Fredman, Sedgewick, Sleator, Tarjan 1986) for each anycast address: its top is the nearest, putting costs nothing, taking out a logarithm.

let ended: u32 = 0;

/** How many servers ended or moved in their heap: who remembers what a look-up found looks again. */
export function endedServers(): u32 {
  return ended;
}
/** The nearest live server, or null. */
export function nearestServer(a: Anycast): Server | null {
  return a.nearest == 0 ? null : server(a.nearest - 1);
}
/** An ENDED server becomes LIVE. */
export function putLive(s: Server): void {
  takeFromList(s);
  s.state = <u8>ServerState.LIVE;
  s.child = 0;
  s.left = 0;
  s.right = 0;
  const a = anycast(s.anycast);
  a.nearest = meld(a.nearest, serverRow(s) + 1);
}
/** A LIVE server becomes ENDED. */
export function putEnded(s: Server): void {
  ended++;
  const row = serverRow(s) + 1;
  const a = anycast(s.anycast);
  const below = mergePairs(s.child);
  if (a.nearest == row) a.nearest = below;
  else {
    const before = server(s.left - 1);
    if (before.child == row) before.child = s.right;
    else before.right = s.right;
    if (s.right != 0) server(s.right - 1).left = s.left;
    a.nearest = meld(a.nearest, below);
  }
  putInList(row - 1, ServerState.ENDED);
}
function isNearer(a: Server, b: Server): bool {
  const x = ((<u32>a.cost) << 8) | <u32>a.hops;
  const y = ((<u32>b.cost) << 8) | <u32>b.hops;
  if (x != y) return x < y;
  if (a.hi != b.hi) return bswap<u64>(a.hi) < bswap<u64>(b.hi);
  return bswap<u64>(a.lo) < bswap<u64>(b.lo);
}
/** Makes one heap of two; both tops have no siblings. Rows + 1, 0 = empty. */
function meld(x: i32, y: i32): i32 {
  if (x == 0) return y;
  if (y == 0) return x;
  const yIsTop = isNearer(server(y - 1), server(x - 1));
  const top = yIsTop ? y : x;
  const below = yIsTop ? x : y;
  const t = server(top - 1);
  const b = server(below - 1);
  b.left = top;
  b.right = t.child;
  if (t.child != 0) server(t.child - 1).left = below;
  t.child = below;
  return top;
}
/** Makes one heap of siblings: in pairs from the left, then those from the right. */
function mergePairs(first: i32): i32 {
  let pairs: i32 = 0; // a list through `right`, last pair first
  for (let i = first; i != 0; ) {
    const x = i;
    const y = server(x - 1).right;
    i = y == 0 ? 0 : server(y - 1).right;
    alone(x);
    if (y != 0) alone(y);
    const top = meld(x, y);
    server(top - 1).right = pairs;
    pairs = top;
  }
  let heap: i32 = 0;
  while (pairs != 0) {
    const x = pairs;
    pairs = server(x - 1).right;
    alone(x);
    heap = meld(heap, x);
  }
  return heap;
}
function alone(row: i32): void {
  const s = server(row - 1);
  s.left = 0;
  s.right = 0;
}
