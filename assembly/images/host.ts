// An IPv6 host with applications, which may keep bindings of mobile nodes.
import { attachEngine } from "../engine/abi";
import * as correspondent from "../roles/correspondent";
import * as host from "../roles/host";
import * as ipsec from "../roles/ipsec";

attachEngine();
host.attach();
correspondent.attach();
ipsec.attach();

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
} from "../engine/abi";
