// An IPv6 host with applications, which may keep bindings of mobile nodes.
import { attachEngine } from "../engine/abi";
import * as anycastClient from "../roles/anycast-client";
import * as anycastKeys from "../roles/anycast-keys";
import * as anycastServer from "../roles/anycast-server";
import * as correspondent from "../roles/correspondent";
import * as host from "../roles/host";
import * as application from "../roles/host/application";
import * as ipsec from "../roles/ipsec";

attachEngine();
host.attach();
application.attach(true);
correspondent.attach();
ipsec.attach();
anycastKeys.attach();
anycastClient.attach();
anycastServer.attach();

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
