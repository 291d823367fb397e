// The terminal with one more program, number 20000: what it takes to add one is this role and this list.
import { Verdict } from "../../../assembly/abi/verdict";
import { attachEngine } from "../../../assembly/engine/abi";
import { Door, on } from "../../../assembly/engine/doors";
import { step } from "../../../assembly/engine/events";
import { Packet } from "../../../assembly/engine/packet";
import * as host from "../../../assembly/roles/host";
import * as mobileNode from "../../../assembly/roles/mobile-node";
import * as programs from "../../../assembly/roles/programs";
import { Ip6 } from "../../../assembly/wire/ip6";
import { Mh } from "../../../assembly/wire/mh";

/** Says that it ran; a lifetime of 28 s is what it cannot bear. */
function extra(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  step(64, ip.dst, ip.src, 20000);
  return Mh.at(p.at).lifetime == 7 ? Verdict.POOL_EXHAUSTED : Verdict.GO;
}

attachEngine();
host.attach();
mobileNode.attach();
programs.attach();
on(Door.PROGRAM, 20000, extra);

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
} from "../../../assembly/engine/abi";
