// A home agent, which is a router on the home link.
import { attachEngine } from "../engine/abi";
import * as homeAgent from "../roles/home-agent";
import * as ipsec from "../roles/ipsec";
import * as router from "../roles/router";

attachEngine();
router.attach();
homeAgent.attach();
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
