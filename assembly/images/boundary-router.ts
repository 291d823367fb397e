// A boundary router: what a network of anycast servers has at its edge.
import { attachEngine } from "../engine/abi";
import * as anycastKeys from "../roles/anycast-keys";
import * as boundaryRouter from "../roles/boundary-router";
import * as router from "../roles/router";

attachEngine();
router.attach();
anycastKeys.attach();
boundaryRouter.attach();

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
