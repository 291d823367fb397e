// The terminal of the seeds: a mobile node whose applications, IPv4 or IPv6, keep one home address.
import { attachEngine } from "../engine/abi";
import * as anycastClient from "../roles/anycast-client";
import * as anycastKeys from "../roles/anycast-keys";
import * as anycastServer from "../roles/anycast-server";
import * as host from "../roles/host";
import * as application from "../roles/host/application";
import * as ipsec from "../roles/ipsec";
import * as mobileNode from "../roles/mobile-node";
import * as programs from "../roles/programs";
import * as translation from "../roles/translation";

attachEngine();
host.attach();
application.attach(false);
mobileNode.attach();
programs.attach();
translation.attach();
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
