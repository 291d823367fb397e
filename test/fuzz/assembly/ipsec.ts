// ESP and AH by themselves, under associations of every suite. Behind an ICV nothing a fuzzer changes would come, so the entries seal what
// they are given: a trailer of the fuzzer's own, or any packet, which must come out as it went in.
import { Direction, Encryption, Integrity, Mode } from "../../../assembly/abi/ipsec";
import { Verdict } from "../../../assembly/abi/verdict";
import { takeOff } from "../../../assembly/engine/insert";
import { hasTail, Packet, PacketFlag, push } from "../../../assembly/engine/packet";
import { settle } from "../../../assembly/engine/queue";
import { ahIn, ahOut } from "../../../assembly/roles/ipsec/ah";
import { espIn } from "../../../assembly/roles/ipsec/esp-in";
import { espOut } from "../../../assembly/roles/ipsec/esp-out";
import { icvLen, ivLen, longestPlain, sealEsp } from "../../../assembly/roles/ipsec/suite";
import { Association, association, authOf, keyOf, SaFlag } from "../../../assembly/tables/sad";
import { Esp } from "../../../assembly/wire/esp";
import { Ip6, Proto } from "../../../assembly/wire/ip6";
import { Udp } from "../../../assembly/wire/udp";
import { finish, kind, packet, source } from "./craft";

export { place } from "./craft";
/** The ABI of an image, as far as the harness asks for it. */
export {
  abi,
  clock,
  configure,
  ctlBuffer,
  rx,
  rxBuffer,
  stored,
  takeEvent,
  takeStore,
  takeTx,
  tick,
  txDone,
} from "./no-image";

const ESP_SUITES: i32 = 6;
const AH_SUITES: i32 = 3;
const KEY = memory.data<u8>([16, 16, 36, 0, 20, 0, 0, 0, 0]);
const ENCRYPTION = memory.data<u8>([12, 12, 28, 11, 20, 11, 0, 0, 0]);
const INTEGRITY = memory.data<u8>([2, 12, 0, 2, 0, 12, 2, 12, 9]);
const COPY = memory.data(4096, 16);
/** More than 32 bits of it count where numbers are extended. */
const NUMBER: u64 = 0x500000007;
const SEQ_HI: u32 = 5;

function must(true_: bool): void {
  if (!true_) unreachable();
}
/** Bits of `how`: 7 = suite, 8 = extended numbers, 0x10 = UDP, 0x20 = tunnel mode, 0xc0 = what the input is; 0xff00: its type. */
function associate(suite: i32, how: u32, protocol: u32): Association {
  const row = suite & 1;
  const sa = association(row);
  sa.born = <u32>suite + 1;
  sa.direction = <u8>Direction.IN;
  sa.protocol = <u8>protocol;
  sa.encryption = load<u8>(ENCRYPTION + <usize>suite);
  sa.integrity = load<u8>(INTEGRITY + <usize>suite);
  sa.spi = 0x1234;
  sa.keyLen = load<u8>(KEY + <usize>suite);
  sa.authLen = sa.integrity == <u8>Integrity.HMAC_SHA2_256_128 ? 32 : sa.integrity == <u8>Integrity.NONE ? 0 : 20;
  memory.fill(keyOf(sa), <u8>(suite + 1), sa.keyLen);
  memory.fill(authOf(sa), <u8>(suite + 1), sa.authLen);
  sa.flags = how & 8 ? <u8>SaFlag.ESN : 0;
  if (how & 0x10 && protocol == Proto.ESP) sa.flags |= <u8>SaFlag.UDP;
  sa.seq = how & 8 ? NUMBER : NUMBER & 0xffffffff;
  return sa;
}
/** What is refused for a reason that has to do with the ICV or the lengths is as it came. */
function mustBeUntouched(p: Packet, ip: usize, len: usize): void {
  must(p.ip == ip && p.end == ip + len && memory.compare(ip, COPY, len) == 0);
}
/** Its lengths, and whatever points into it. */
function mustFit(p: Packet): void {
  const ip = Ip6.at(p.ip);
  must(p.at >= ip.payload && p.at <= p.end && ip.payload + <usize>ip.payloadLen == p.end);
  must(p.prev >= p.ip + 6 && p.prev < p.at);
}
function mustHaveCome(p: Packet, mode: Mode): void {
  mustFit(p);
  if (mode == Mode.TUNNEL && <u32>p.next == Proto.IP6) must(Ip6.ok(p.ip, <i32>(p.end - p.ip)));
  else must(load<u8>(p.prev) == p.next);
}
function remember(p: Packet): usize {
  const len = p.end - p.ip;
  memory.copy(COPY, p.ip, len);
  return len;
}
function end(p: Packet, v: Verdict): u32 {
  settle(p, v == Verdict.GO ? Verdict.DONE : v);
  return <u32>v;
}
/** `how` 0xc0: 0 = what the input says is an ESP header and all behind it, 0x40 = a payload and trailer, else a packet; 0x20: tunnel mode. */
export function esp(at: usize, how: u32, len: i32): u32 {
  const sa = associate(<i32>(how & 7) % ESP_SUITES, how, Proto.ESP);
  if (how & 0x80) return thereAndBack(at, how, len, sa);
  let p = finish(packet(at, len), at, how & 0xf, len, Proto.ESP, 64);
  const mode = modeOf(how);
  const given = <usize>len;
  if (how & 0x40) {
    const head = Esp.LEN + ivLen(sa);
    const block = sa.encryption == <u8>Encryption.AES_CBC ? 16 : 4;
    if (len < block || len % block != 0 || !hasTail(p, icvLen(sa)) || !push(p, head)) return end(p, Verdict.DONE);
    memory.copy(COPY, at, len);
    const start = at - <usize>head;
    Esp.write(start, sa.spi, <u32>sa.seq);
    sealEsp(sa, start, p.end);
    p = finish(p, start, how & 0xf, head + len + icvLen(sa), Proto.ESP, 64);
  }
  const ip = p.ip;
  if ((how & 0x40) == 0) remember(p);
  const v = espIn(p, sa, SEQ_HI, mode == Mode.TUNNEL);
  must(v == Verdict.BAD_ESP || (how & 0x40) != 0 || v == Verdict.BAD_ICV || v == Verdict.GO || v == Verdict.DONE);
  if (how & 0x40) {
    must(v != Verdict.BAD_ICV);
    if (v == Verdict.GO && <u32>p.next != Proto.IP6) must(memory.compare(p.at, COPY, p.end - p.at) == 0);
    must(v != Verdict.GO || p.end - p.at + 2 <= given);
  } else if (v == Verdict.BAD_ICV || v == Verdict.BAD_ESP) mustBeUntouched(p, ip, given + Ip6.LEN);
  if (v == Verdict.GO) mustHaveCome(p, mode);
  return end(p, v);
}
/** 0x80 = the input is a packet, else what it says is an AH and all behind it. */
export function ah(at: usize, how: u32, len: i32): u32 {
  const sa = associate(ESP_SUITES + (<i32>(how & 7) % AH_SUITES), how, Proto.AH);
  if (how & 0x80) return thereAndBack(at, how, len, sa);
  const p = finish(packet(at, len), at, how & 0xf, len, Proto.AH, 64);
  remember(p);
  const ip = p.ip;
  const v = ahIn(p, sa, SEQ_HI);
  if (v == Verdict.GO) mustHaveCome(p, Mode.TRANSPORT);
  else mustBeUntouched(p, ip, <usize>(len + Ip6.LEN));
  return end(p, v);
}
function modeOf(how: u32): Mode {
  return how & 0x20 ? Mode.TUNNEL : Mode.TRANSPORT;
}
/** Any headers and payload behind an IPv6 header go out and come in again; with 0x40 a bit changes on the way. */
function thereAndBack(at: usize, how: u32, len: i32, sa: Association): u32 {
  const p = finish(packet(at, len), at, how & 0xf, len, kind(how), 64);
  const plain = remember(p);
  const mode = modeOf(how);
  const isAh = <u32>sa.protocol == Proto.AH;
  let v = isAh ? ahOut(p, sa, mode, source(1), source(2)) : espOut(p, sa, mode, source(1), source(2));
  if (v != Verdict.GO) {
    must(v == Verdict.NO_HEADROOM || (mode == Mode.TRANSPORT && (v == Verdict.BAD_EXT || v == Verdict.BAD_FRAGMENT)));
    return end(p, v);
  }
  if (mode == Mode.TUNNEL) {
    const spare = longestPlain(sa, mode, <i32>(p.end - p.ip)) - <i32>plain;
    must(spare >= 0 && spare < 16);
  }
  mustFit(p);
  if ((sa.flags & SaFlag.UDP) != 0) takeOff(p, Udp.LEN, Proto.ESP);
  if (how & 0x40) store<u8>(p.at + 4, load<u8>(p.at, 4) ^ 1);
  v = isAh ? ahIn(p, sa, SEQ_HI) : espIn(p, sa, SEQ_HI, mode == Mode.TUNNEL);
  if (how & 0x40) {
    must(v == Verdict.BAD_ICV);
    return end(p, v);
  }
  if (v != Verdict.GO) {
    // A dummy, a fragment header of a packet that nobody fragmented, and congestion on an inner packet that knows nothing of it.
    must(v == Verdict.DONE || v == Verdict.BAD_FRAGMENT || (mode == Mode.TRANSPORT && v == Verdict.TUNNEL_REFUSED));
    return end(p, v);
  }
  mustHaveCome(p, isAh ? Mode.TRANSPORT : mode);
  const from = mode == Mode.TUNNEL ? p.at : p.ip;
  must(p.end - from == plain && (p.flags & PacketFlag.HOME_CLAIMED) == 0 && memory.compare(from, COPY, plain) == 0);
  return end(p, v);
}
