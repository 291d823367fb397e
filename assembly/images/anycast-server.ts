// A host that answers for anycast addresses, verifiably.
import { attachEngine } from "../engine/abi";
import * as anycastKeys from "../roles/anycast-keys";
import * as anycast from "../roles/anycast-server";
import * as host from "../roles/host";
import * as application from "../roles/host/application";
import * as ipsec from "../roles/ipsec";

attachEngine();
host.attach();
application.attach(true);
ipsec.attach();
anycastKeys.attach();
anycast.attach();

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
