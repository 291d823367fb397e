// ESP and AH (assembly/ipsec.ts): seeds of every suite.
import { be, concat, ip6, Protocol, udp } from "../bench/frames.js";
import { input, type Parser, parser } from "./parser.js";
import { correspondent, home } from "./world.js";

const DATA = Uint8Array.from({ length: 24 }, (_, i) => i);
const LONGEST = 1400;
const options = concat(be(8, 17, 0, 1, 4, 0, 0, 0, 0));
const inner = ip6(correspondent, home, Protocol.UDP, udp(correspondent, home, [53, 4000], DATA));

/** Of assembly/ipsec.ts: the low bits of `how` are the suite, 6 of ESP and 3 of AH. */
const each = (suites: number, how: number, kind: number, ...bytes: Uint8Array[]) =>
  Object.fromEntries(
    Array.from({ length: suites }, (_, suite) => [
      `${how.toString(16)}-${kind}-${suite}`,
      input(how | suite, kind, ...bytes),
    ]),
  );
const EXTENDED = 8;
const IN_UDP = 0x10;
const TUNNEL = 0x20;
const ALTERED = 0x40;
const TEXT = 0x40;
const PACKET = 0x80;
const trailer = (length: number, next: number) =>
  Uint8Array.from([...Array.from({ length }, (_, i) => i + 1), length, next]);
const moved = concat(be(8, Protocol.ROUTING, 0, 0x3e, 4, 1, 2, 3, 4), be(8, 17, 2, 2, 0), be(32, 0), home, DATA);
export const ipsec: Parser[] = [
  parser(
    "esp",
    "ipsec",
    "esp",
    "ESP of every suite: headers, trailers behind a good ICV, packets there and back",
    LONGEST,
    {
      ...each(6, 0, 0, be(32, 0x1234, 7), new Uint8Array(64)),
      ...each(6, TEXT, 0, DATA, trailer(6, 17)),
      ...each(6, TEXT | EXTENDED, 0, inner.subarray(0, 64), trailer(14, 41)),
      ...each(6, TEXT, 1, trailer(30, 59)),
      ...each(6, PACKET, 17, DATA),
      ...each(6, PACKET | TUNNEL | IN_UDP, 17, DATA),
      ...each(6, PACKET | EXTENDED | IN_UDP, 0, moved),
      ...each(6, PACKET | ALTERED, 60, options, DATA),
    },
  ),
  parser("ah", "ipsec", "ah", "AH of every suite: headers, packets there and back", LONGEST, {
    ...each(3, 0, 0, be(8, 17, 4, 0, 0), be(32, 0x1234, 7), new Uint8Array(60)),
    ...each(3, PACKET, 17, DATA),
    ...each(3, PACKET | TUNNEL, 17, DATA),
    ...each(3, PACKET | EXTENDED, 0, moved),
    ...each(3, PACKET | ALTERED, 60, options, DATA),
  }),
];
