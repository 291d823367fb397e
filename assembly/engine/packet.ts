import { BUFFER_SIZE, BUFFERS } from "../base/config";

// A packet and its buffer. The record lies at the start of the buffer, so one pointer says both.
//
//   0 Packet (72)   88 headroom for MAX_LAYERS layers and the link header   352 IP header of a received frame … 2048
//
// `ip` is the IP header in work, `at` the first byte not yet consumed, `end` the byte behind the packet. Receiving only
// raises `at`; sending only lowers `ip` into the headroom.
@unmanaged
export class Packet {
  start: usize; // first byte of the frame as it is given out
  ip: usize;
  at: usize;
  end: usize;
  outer: usize; // IP header around `ip` that was terminated here, 0 when none
  inner: usize; // innermost header when this node wrapped the packet, 0 when it did not
  /**
   * Where the care-of address lies while the packet is in home form, else 0: its IPv6 header has the home address, its type 2 routing header or
   * Home Address option (HOME_SOURCE) the care-of address. So it is once received and until sent, RFC 6275 §11.3: policies see homes.
   */
  home: usize;
  link: usize; // next in a list: free, held, to send
  next: u8; // number of the header at `at`
  port: u8; // came in on, or goes out on
  layers: u8; // IP headers terminated or added so far
  headers: u8; // headers of all kinds seen so far
  flags: i32; // PacketFlag
  step: u16; // step of the seeds, for traces
  guard: u16; // the security association, row + 1, that carried what lies at `at`; 0 = none. roles/ipsec/guard.ts keeps two marks in it
  prev: usize; // the byte that named `next`
  hopHi: u64; // next hop, wire order
  hopLo: u64;
  room: usize; // a u16 that wants to know how long a packet may be before protection; valid once `protectedBy` is not 0
  plain: u16; // its length before protection
  pad: u16;
}
export enum PacketFlag {
  /** Arrived as a link-layer multicast or broadcast. */
  L2_MULTICAST = 1,
  /** Entered through the application port. */
  FROM_APP = 2,
  /** Being forwarded for somebody else. */
  FORWARDED = 4,
  /** Terminated here for the application. */
  FOR_APP = 8,
  /** The checksum of the upper layer at `at` was found right; whoever looks next takes the flag away. */
  CHECKED = 16,
  /** Its sender had fragmented it; put together here. */
  REASSEMBLED = 32,
  /** `port` is decided already (link-local and multicast destinations, solicitations). */
  PORT_FIXED = 64,
  /** A Home Address option was applied: the source is the home address, `home` holds the care-of address. */
  HOME_SOURCE = 256,
  /** A Home Address option was seen at `home` and not yet believed: the addresses are as they came. */
  HOME_CLAIMED = 512,
  /** This node said it to itself: it was on no link, and no policy is asked. */
  LOCAL = 1024,
}

/**
 * Where the IP header of a received frame lies. Below are 264 bytes: Ethernet, and for instance three tunnels with ESP in UDP (72 each) or two with
 * a Home Address option or type 2 routing header and a mobile tunnel. What does not fit is refused, NO_HEADROOM.
 */
export const IP_AT: usize = 352;
/** Bytes at the end of a buffer that nothing uses: the fuzzer closes them. */
const UNUSED: i32 = 8;
/** Longest IP packet that fits a buffer. Whoever adds a trailer asks `hasTail`: a frame of 1500 bytes leaves 188. */
export const MAX_PACKET: i32 = BUFFER_SIZE - UNUSED - 352;

const POOL = memory.data(BUFFERS * BUFFER_SIZE, 16);
let freeList: usize = 0;
let freeCount: i32 = 0;

for (let i = 0; i < BUFFERS; i++) {
  const p = changetype<Packet>(POOL + <usize>(i * BUFFER_SIZE));
  p.link = freeList;
  freeList = changetype<usize>(p);
  freeCount++;
}

export function base(p: Packet): usize {
  return changetype<usize>(p);
}
/** A buffer with `ip = at = end` at `IP_AT`; null when the pool is empty. */
export function alloc(): Packet | null {
  if (freeList == 0) return null;
  const p = changetype<Packet>(freeList);
  freeList = p.link;
  freeCount--;
  // Not memory.fill: V8 leaves the module for it. What lies in front of `outer` is set below or when sending, the next hop is always
  // set before it is read.
  store<u64>(changetype<usize>(p), 0, offsetof<Packet>("outer"));
  store<u64>(changetype<usize>(p), 0, offsetof<Packet>("home"));
  store<u64>(changetype<usize>(p), 0, offsetof<Packet>("next"));
  store<u64>(changetype<usize>(p), 0, offsetof<Packet>("step"));
  p.ip = p.at = p.end = changetype<usize>(p) + IP_AT;
  return p;
}
/** For packets that the core starts itself: leaves the last buffers to what arrives. */
export function allocOwn(): Packet | null {
  return freeCount > 2 ? alloc() : null;
}
export function free(p: Packet): void {
  p.link = freeList;
  freeList = changetype<usize>(p);
  freeCount++;
}
/** How many of the processes that protect have had the packet on its way out: the next to be asked. In the top byte of `flags`. */
export function protectedBy(p: Packet): i32 {
  return p.flags >>> 24;
}
export function setProtectedBy(p: Packet, n: i32): void {
  p.flags = (p.flags & 0xffffff) | (n << 24);
}
/** Bytes of headers that this node put into the application's packet before it was sent: the application is told sizes without. Above the flags. */
export function added(p: Packet): i32 {
  return ((p.flags >>> 16) & 0xff) << 3;
}
export function setAdded(p: Packet, n: i32): void {
  p.flags = (p.flags & ~0xff0000) | (n << 13);
}
/** Is there room for `n` bytes behind the packet? */
export function hasTail(p: Packet, n: i32): bool {
  return p.end + <usize>n <= changetype<usize>(p) + BUFFER_SIZE - UNUSED;
}
/** Bytes from the cursor to the end. */
export function left(p: Packet): i32 {
  return <i32>(p.end - p.at);
}
/** A copy in a buffer of its own, the IP header at the same place; null when the pool is empty. */
export function clone(p: Packet): Packet | null {
  const q = allocOwn();
  if (!q) return null;
  const shift = changetype<usize>(q) - changetype<usize>(p);
  memory.copy(p.ip + shift, p.ip, p.end - p.ip);
  q.ip = p.ip + shift;
  q.at = p.at + shift;
  q.end = p.end + shift;
  q.start = q.ip;
  q.next = p.next;
  q.port = p.port;
  q.flags = p.flags;
  q.layers = p.layers;
  q.step = p.step;
  q.room = p.room;
  q.plain = p.plain;
  return q;
}
/** Lowers `ip` by `n` bytes of headroom; false when there is none left. */
export function push(p: Packet, n: i32): bool {
  if (p.ip - <usize>n < changetype<usize>(p) + offsetof<Packet>() + 16) return false;
  p.ip -= <usize>n;
  return true;
}
