// A test's image: translation without mobility. MOBILE_NODE gives the application its home address and runs program 10000 at
// once, as a Binding Acknowledgement would; nothing is tunnelled.
import { Message, Refusal } from "../../../assembly/abi/message";
import { Verdict } from "../../../assembly/abi/verdict";
import { addrCopy } from "../../../assembly/base/addr";
import { attachEngine } from "../../../assembly/engine/abi";
import { onControl } from "../../../assembly/engine/control";
import { startAddress } from "../../../assembly/engine/dad";
import { ask, Door } from "../../../assembly/engine/doors";
import { alloc } from "../../../assembly/engine/packet";
import { settle } from "../../../assembly/engine/queue";
import * as translation from "../../../assembly/roles/translation";
import { AddressFlag, findAddress, newAddress } from "../../../assembly/tables/addresses";
import { setRunningProgram } from "../../../assembly/tables/policy";
import { Ip6 } from "../../../assembly/wire/ip6";

attachEngine();
translation.attach();
onControl(Message.MOBILE_NODE, home);

function home(at: usize, len: i32): Refusal {
  if (len != 40) return Refusal.BAD_LENGTH;
  if (!findAddress(at + 8, -1)) {
    const a = newAddress(at + 8, load<u8>(at));
    if (!a) return Refusal.TABLE_FULL;
    a.flags = AddressFlag.HOME | AddressFlag.NO_DAD;
    startAddress(a, 0);
  }
  const p = alloc();
  if (!p) return Refusal.TABLE_FULL;
  p.end = p.ip + Ip6.LEN;
  addrCopy(Ip6.at(p.ip).dst, at + 8);
  const v = ask(Door.PROGRAM, 10000, p, Verdict.NO_PROGRAM);
  settle(p, v);
  if (v == Verdict.DONE) setRunningProgram(10000);
  return v == Verdict.DONE ? Refusal.NONE : Refusal.BAD_VALUE;
}

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
