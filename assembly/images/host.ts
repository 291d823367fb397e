// An IPv6 host with applications.
import { attachEngine } from "../engine/abi";
import * as host from "../roles/host";

attachEngine();
host.attach();

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
