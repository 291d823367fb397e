// An access router.
import { attachEngine } from "../engine/abi";
import * as router from "../roles/router";

attachEngine();
router.attach();

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
