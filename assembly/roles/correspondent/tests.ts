import { Verdict } from "../../abi/verdict";
import { isHost } from "../../base/addr";
import { Door, on } from "../../engine/doors";
import { allocOwn, Packet } from "../../engine/packet";
import { port } from "../../engine/ports";
import { settle } from "../../engine/queue";
import { send } from "../../engine/tx";
import { ownAddress } from "../../tables/addresses";
import { Ip6, Proto } from "../../wire/ip6";
import { Mh, MhType } from "../../wire/mh";
import { cookieAt, putNonceIndex, TEST_LEN, tokenAt } from "../../wire/return-routability";
import { freshNonce, token } from "./nonces";
import { isOn, isServed, mayAnswer } from "./settings";

// Return routability, RFC 6275 §9.4: a test of the home address, one of the care-of address. Nothing is remembered. One question has one
// answer of nearly its size, to where it came from.

export function attachTests(): void {
  on(Door.MH, MhType.HOTI, rxHomeTestInit);
  on(Door.MH, MhType.COTI, rxCareOfTestInit);
}
function rxHomeTestInit(p: Packet): Verdict {
  return answer(p, MhType.HOT, 0);
}
function rxCareOfTestInit(p: Packet): Verdict {
  return answer(p, MhType.COT, 1);
}
function answer(p: Packet, type: u32, kind: u8): Verdict {
  if (!isOn()) return Verdict.MH_UNKNOWN;
  const ip = Ip6.at(p.ip);
  // §9.4.1-2: no Home Address option. A source that is ours would be answered to ourselves.
  if (p.home != 0 || p.outer != 0 || !isHost(ip.src) || ownAddress(ip.src) || !isServed(ip.dst))
    return Verdict.RR_REFUSED;
  if (!mayAnswer()) return Verdict.RR_REFUSED;
  const a = allocOwn();
  if (!a) return Verdict.NO_BUFFER;
  const mh = Ip6.begin(a.ip, ip.dst, ip.src, Proto.MH, TEST_LEN, port(p.port).hopLimit);
  a.end = mh + TEST_LEN;
  Mh.begin(mh, TEST_LEN, type);
  const index = freshNonce();
  putNonceIndex(mh, index);
  memory.copy(cookieAt(mh), cookieAt(p.at), 8);
  token(ip.src, index, kind, tokenAt(mh));
  Mh.seal(mh, ip.dst, ip.src);
  settle(a, send(a));
  return Verdict.DONE;
}
