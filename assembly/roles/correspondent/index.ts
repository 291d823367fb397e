import { Message } from "../../abi/message";
import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq } from "../../base/addr";
import { now } from "../../engine/clock";
import { onQuery, replyRow } from "../../engine/control";
import { fitDirect } from "../../engine/direct";
import { Chain, onChain, Stage } from "../../engine/doors";
import { addRouting2 } from "../../engine/home-form";
import { takeHomeOption } from "../../engine/home-option";
import { Packet, PacketFlag } from "../../engine/packet";
import { boundMobile, mobileBinding, mobileCareOf, mobileRows } from "../../tables/correspondents";
import { Ip6, Proto } from "../../wire/ip6";
import { attachLifetimes } from "./lifetimes";
import { attachSettings } from "./settings";
import { attachTests } from "./tests";
import { attachUpdate } from "./update";

// Correspondent node, RFC 6275 §8.2, §9.
//   nonces.ts   Kcn, nonces, keygen tokens: stateless      tests.ts        HoTI → HoT, CoTI → CoT
//   update.ts   a Binding Update is judged                 acknowledge.ts  what it hears      lifetimes.ts  the end of bindings
//   settings.ts Message.CORRESPONDENT, rate of answers     engine/home-option.ts   who may speak as a home address

/** Seed step 538. */
const STEP_DIRECT: u16 = 538;
const ROW: i32 = 40;

/** Attaches the role to the doors of the engine. */
export function attach(): void {
  attachSettings();
  attachTests();
  attachUpdate();
  attachLifetimes();
  takeHomeOption(isBound);
  onChain(Chain.SEND, Stage.BINDING, toMobile);
  onQuery(Message.CORRESPONDENTS, bindings);
}
function isBound(home: usize, source: usize): bool {
  const b = boundMobile(home, now());
  return b != null && addrEq(mobileCareOf(b), source);
}
/**
 * What this node sends to a home address that is bound goes to the care-of address, §9.3.2. Not mobility headers: a Home Test is about the home
 * address, the others have found their way already.
 */
function toMobile(p: Packet): Verdict {
  if (mobileRows() == 0 || p.home != 0 || (p.flags & (PacketFlag.FORWARDED | PacketFlag.PORT_FIXED)) != 0)
    return Verdict.GO;
  const ip = Ip6.at(p.ip);
  if (ip.next == Proto.MH) return Verdict.GO;
  const b = boundMobile(ip.dst, now());
  if (!b) return Verdict.GO;
  b.used = 1;
  const v = fitDirect(p, mobileCareOf(b));
  if (v != Verdict.GO) return v;
  if (!addRouting2(p, mobileCareOf(b))) return Verdict.NO_HEADROOM;
  p.step = STEP_DIRECT;
  return Verdict.GO;
}
/** CORRESPONDENTS   {u8[16] home address, u8[16] care-of address, u32 ms left, u16 sequence, u16 flags of the Binding Update} */
function bindings(from: i32): void {
  for (let row = from; row < mobileRows(); row++) {
    const b = mobileBinding(row);
    if (b.expires <= now()) continue;
    const to = replyRow(Message.CORRESPONDENTS, ROW, row);
    if (to == 0) return;
    addrCopy(to, changetype<usize>(b));
    addrCopy(to + 16, mobileCareOf(b));
    store<u32>(to, <u32>(b.expires - now()), 32);
    store<u16>(to, b.sequence, 36);
    store<u16>(to, b.flags, 38);
  }
}
