import { Chain, Door, on, onChain, Stage } from "../../engine/doors";
import { Proto } from "../../wire/ip6";
import { attachConfig } from "./config";
import { ESP_PORT } from "./esp-out";
import { insideTunnel, judgeForwarded, judgeHere, takeOffHeader } from "./inbound";
import { attachLifetimes } from "./lifetime";
import { protect } from "./outbound";
import { attachQueries } from "./query";
import { attachRecords } from "./records";
import { traceAcknowledged } from "./trace";
import { rxEncapsulated } from "./udp";

// IPsec, RFC 4301, as often on one packet as policies say.
//
//   config, associate   messages: policies and associations       query    rows for the outside, never keys
//   select              which policy a packet is for               exempt   what policies do not judge
//   outbound            the way out: process after process         inbound  the way in: header after header, then the judgement
//   esp-out, esp-in, ah, insert, suite, keys                       the headers and their algorithms
//   lifetime, records   how long, how much, which numbers are used trace    the seeds' steps
//   udp                 ESP in UDP
//
// Nothing of it happens before Message.IPSEC.

/** Attaches the role to the doors of the engine. */
export function attach(): void {
  attachConfig();
  attachQueries();
  attachRecords();
  attachLifetimes();
  on(Door.PROTO, Proto.ESP, takeOffHeader);
  on(Door.PROTO, Proto.AH, takeOffHeader);
  on(Door.UDP, ESP_PORT, rxEncapsulated);
  onChain(Chain.SEND, Stage.POLICY, protect);
  onChain(Chain.INBOUND, Stage.POLICY, judgeHere);
  onChain(Chain.FORWARD, Stage.POLICY, judgeForwarded);
  onChain(Chain.TUNNEL, Stage.FILTER, insideTunnel);
  onChain(Chain.ACKNOWLEDGED, Stage.POLICY, traceAcknowledged);
}
