import { Event } from "../../abi/event";
import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq } from "../../base/addr";
import { emit, step } from "../../engine/events";
import { Packet } from "../../engine/packet";
import { port } from "../../engine/ports";
import { setWholeForApp } from "../../engine/rx";
import { Ip6 } from "../../wire/ip6";

// Programs 10001, 11000 and 11001, the seeds' second and fourth embodiment: no translation, the home address itself on the application port
// (step 66 of 10001).

/** What the tunnel takes from a packet. */
const TUNNEL_HEADER: u32 = 40;
const told = memory.data(16, 8);
let toldMtu: u32 = 0; // 0 = the application has no address

/** Door.PROGRAM, 10001. */
export function passOn(p: Packet): Verdict {
  step(66, Ip6.at(p.ip).dst, Ip6.at(p.ip).src, mtuOf(p));
  return hand(p);
}
function mtuOf(p: Packet): u32 {
  return <u32>port(p.port).mtu - TUNNEL_HEADER;
}
/** Door.PROGRAM: the application port has the home address from here on. */
export function hand(p: Packet): Verdict {
  const home = Ip6.at(p.ip).dst;
  const mtu = mtuOf(p);
  if (toldMtu == mtu && addrEq(told, home)) return Verdict.GO;
  addrCopy(told, home);
  toldMtu = mtu;
  setWholeForApp(false);
  emit(Event.APPLICATION, 6, home, 0, 128, mtu);
  return Verdict.GO;
}
/** The program was switched off: the application port loses the address. */
export function withdraw(): void {
  if (toldMtu == 0) return;
  toldMtu = 0;
  setWholeForApp(true);
  emit(Event.APPLICATION, 6, told, 0, 0, 0);
}
