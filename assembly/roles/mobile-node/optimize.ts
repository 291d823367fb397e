import { Registration } from "../../abi/event";
import { Message, Refusal } from "../../abi/message";
import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq, prefixEq } from "../../base/addr";
import { drbgReady, drbgSeed } from "../../crypto/drbg";
import { now } from "../../engine/clock";
import { onControl } from "../../engine/control";
import { fitDirect } from "../../engine/direct";
import { Chain, onChain, Stage } from "../../engine/doors";
import { onEntropy } from "../../engine/entropy";
import { dataStep } from "../../engine/events";
import { addHomeAddress } from "../../engine/home-form";
import { Packet, PacketFlag } from "../../engine/packet";
import { findReturnRoute, newReturnRoute, ReturnState } from "../../tables/return-routes";
import { enforced } from "../../tables/spd";
import { Ip6, Proto } from "../../wire/ip6";
import { boundTo, soon } from "./correspondents";
import { agent, careOf, home, MN } from "./node";

// Data on the direct way, RFC 6275 §11.3.1, §11.3.3, steps of routine 100 and 120: what leaves from the home address to a correspondent that
// knows the care-of address carries a Home Address option. To one that does not it goes through the tunnel, and the correspondent is asked
// for a binding, if it is in a prefix of Message.OPTIMIZE.

const MAX: i32 = 8;
const PREFIXES = memory.data(MAX * 24, 8); // prefix (16), length (8)
/** Seed step 545. */
const STEP_DIRECT: u16 = 545;
let count: i32 = 0;

export function attachOptimize(): void {
  onEntropy(drbgSeed);
  onControl(Message.OPTIMIZE, optimize);
  onChain(Chain.SEND, Stage.BINDING, direct);
  onChain(Chain.INBOUND, Stage.BINDING, arrived);
}
function optimize(at: usize, len: i32): Refusal {
  if (len != 20) return Refusal.BAD_LENGTH;
  const bits = <i32>load<u8>(at);
  // Without entropy everybody would know the cookies.
  if (bits > 128 || !drbgReady()) return Refusal.BAD_VALUE;
  for (let i = 0; i < count; i++) {
    const row = PREFIXES + <usize>(i * 24);
    if (load<i32>(row, 16) == bits && prefixEq(row, at + 4, bits)) return Refusal.NONE;
  }
  if (count == MAX) return Refusal.TABLE_FULL;
  const row = PREFIXES + <usize>(count++ * 24);
  addrCopy(row, at + 4);
  store<i32>(row, bits, 16);
  return Refusal.NONE;
}
function wanted(a: usize): bool {
  for (let i = 0; i < count; i++) {
    const row = PREFIXES + <usize>(i * 24);
    if (prefixEq(row, a, load<i32>(row, 16))) return true;
  }
  return false;
}
/** Chain.SEND. Mobility headers find their own way: a Home Test Init goes through the tunnel. */
function direct(p: Packet): Verdict {
  if (count == 0 || p.home != 0 || MN.atHome || MN.state != Registration.REGISTERED) return Verdict.GO;
  const ip = Ip6.at(p.ip);
  if (ip.next == Proto.MH || !addrEq(ip.src, home())) return Verdict.GO;
  const to = ip.dst;
  if (!wanted(to) || addrEq(to, agent()) || addrEq(to, home())) return Verdict.GO;
  const r = findReturnRoute(to);
  const u = boundTo(to);
  // With policies routine 100 goes on where they are asked.
  if (u || !enforced()) {
    dataStep(101, ip.src, to);
    dataStep(102, ip.src, to);
  }
  if (r) r.usedAt = now();
  if (!u) {
    const fresh = r ? r : newReturnRoute(to);
    if (fresh && fresh.state == ReturnState.IDLE) soon(fresh);
    return Verdict.GO;
  }
  const v = fitDirect(p, to);
  if (v != Verdict.GO) return v;
  if (!addHomeAddress(p, careOf())) return Verdict.NO_HEADROOM;
  dataStep(103, home(), to);
  dataStep(544, home(), to);
  p.step = STEP_DIRECT;
  return Verdict.GO;
}
/** Chain.INBOUND: data by a type 2 routing header came directly. The engine has seen that the home address in it is ours. */
function arrived(p: Packet): Verdict {
  if (count == 0 || p.home == 0 || (p.flags & PacketFlag.HOME_SOURCE) != 0 || p.next == Proto.MH) return Verdict.GO;
  const ip = Ip6.at(p.ip);
  dataStep(121, ip.src, ip.dst);
  dataStep(123, ip.src, ip.dst);
  dataStep(539, ip.src, ip.dst);
  dataStep(124, ip.src, ip.dst);
  return Verdict.GO;
}
