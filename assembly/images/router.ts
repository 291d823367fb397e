// A router: the engine, forwarding, advertisements.
import { attachEngine } from "../engine/abi";

attachEngine();

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
