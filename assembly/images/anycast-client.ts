// A host that verifies the answers of anycast addresses.
import { attachEngine } from "../engine/abi";
import * as anycast from "../roles/anycast-client";
import * as anycastKeys from "../roles/anycast-keys";
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
