import type { Stream } from "../../host-sim/sim/rng.js";
import { be, concat, ETHER, IP6, Protocol } from "../bench/frames.js";
import { fixChecksums } from "./checksums.js";
import type { Arrival } from "./network.js";
import * as world from "./world.js";

const INTERESTING = [0, 1, 2, 3, 4, 7, 8, 16, 17, 40, 43, 44, 58, 59, 60, 64, 127, 128, 134, 135, 136, 255];
/** Where a frame is most often interesting: IPv6 header, what follows it, ICMPv6 and mobility headers. */
const HOT = 120;
const ADDRESSES = [
  world.home,
  world.agent,
  world.correspondent,
  world.unspecified,
  world.loopback,
  world.allNodes,
  world.nowhere,
  world.linkLocal(7),
  world.unlisted,
];

type Change = (frame: Uint8Array, link: number, random: Stream) => Uint8Array;

const CHANGES: readonly Change[] = [flip, set, set, shorten, lengthen, address, hopLimit, extension, envelope, repeat];

/** A copy of an arrival, changed in one to three places; its checksums are mostly put right again. */
export function mutate({ port, frame }: Arrival, random: Stream): Arrival {
  const link = frame.length >= ETHER && frame[12] === 0x86 && frame[13] === 0xdd ? ETHER : 0;
  let changed = Uint8Array.from(frame);
  for (let i = 0; i <= random.below(3); i++) changed = Uint8Array.from(change(random)(changed, link, random));
  if (random.chance(0.85)) fixChecksums(changed, link > 0);
  return { port, frame: changed };
}

function change(random: Stream): Change {
  return CHANGES[random.below(CHANGES.length)];
}

function flip(frame: Uint8Array, _link: number, random: Stream): Uint8Array {
  if (frame.length > 0) frame[random.below(frame.length)] ^= 1 << random.below(8);
  return frame;
}

function set(frame: Uint8Array, link: number, random: Stream): Uint8Array {
  const at = link + random.below(HOT);
  if (at < frame.length) frame[at] = INTERESTING[random.below(INTERESTING.length)];
  return frame;
}

/** Cut at the end; the IPv6 length mostly follows. */
function shorten(frame: Uint8Array, link: number, random: Stream): Uint8Array {
  const cut = frame.subarray(0, Math.max(0, frame.length - 1 - random.below(Math.min(frame.length + 1, 80))));
  return random.chance(0.7) ? measured(cut, link) : cut;
}

function lengthen(frame: Uint8Array, link: number, random: Stream): Uint8Array {
  const longer = concat(frame, random.bytes(1 + random.below(40)));
  return random.chance(0.5) ? measured(longer, link) : longer;
}

function address(frame: Uint8Array, link: number, random: Stream): Uint8Array {
  const at = link + (random.chance(0.5) ? 8 : 24);
  if (frame.length >= at + 16) frame.set(ADDRESSES[random.below(ADDRESSES.length)], at);
  return frame;
}

function hopLimit(frame: Uint8Array, link: number, random: Stream): Uint8Array {
  if (frame.length > link + 7) frame[link + 7] = [0, 1, 2, 254, 255][random.below(5)];
  return frame;
}

/** An extension header behind the IPv6 header. */
function extension(frame: Uint8Array, link: number, random: Stream): Uint8Array {
  if (frame.length < link + IP6 || frame[link] >> 4 !== 6) return frame;
  const next = frame[link + 6];
  const headers: [number, Uint8Array][] = [
    [Protocol.HOP_BY_HOP, be(8, next, 0, 1, 4, 0, 0, 0, 0)],
    [Protocol.OPTIONS, be(8, next, 0, 1, 4, 0, 0, 0, 0)],
    [Protocol.OPTIONS, be(8, next, 0, [0x1e, 0x5e, 0x9e, 0xde][random.below(4)], 4, 0, 0, 0, 0)],
    [Protocol.ROUTING, be(8, next, 0, random.below(5), random.below(3), 0, 0, 0, 0)],
    [Protocol.FRAGMENT, be(8, next, 0, 0, random.below(2), 0, 0, 0, 7)],
  ];
  const [number, header] = headers[random.below(headers.length)];
  const longer = concat(frame.subarray(0, link + IP6), header, frame.subarray(link + IP6));
  longer[link + 6] = number;
  return measured(longer, link);
}

/** The packet in another of the same addresses. */
function envelope(frame: Uint8Array, link: number): Uint8Array {
  if (frame.length < link + IP6 || frame[link] >> 4 !== 6) return frame;
  const outer = Uint8Array.from(frame.subarray(link, link + IP6));
  outer[6] = Protocol.IP6;
  return measured(concat(frame.subarray(0, link), outer, frame.subarray(link)), link);
}

/** A piece of the frame once more behind itself: options that come twice. */
function repeat(frame: Uint8Array, link: number, random: Stream): Uint8Array {
  if (frame.length < link + IP6 + 16) return frame;
  const from = link + IP6 + 8 * random.below(Math.floor((frame.length - link - IP6) / 8));
  const piece = frame.subarray(from, from + 8 * (1 + random.below(3)));
  return measured(concat(frame.subarray(0, from), piece, frame.subarray(from)), link);
}

/** With the length that its IPv6 header should have, and no longer than a buffer is told. */
function measured(frame: Uint8Array, link: number): Uint8Array {
  const whole = frame.subarray(0, 1700);
  if (whole.length >= link + IP6 && whole[link] >> 4 === 6) whole.set(be(16, whole.length - link - IP6), link + 4);
  return whole;
}
