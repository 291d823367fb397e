import { addrEq } from "../../base/addr";
import { now } from "../../engine/clock";
import { takeHomeOption } from "../../engine/home-option";
import { boundTo, careOf } from "../../tables/bindings";
import { attachAgent } from "./agent";
import { attachDiscovery } from "./discovery";
import { attachLifetimes } from "./lifetimes";
import { attachPrefixes } from "./prefixes";
import { attachProxy } from "./proxy";
import { attachQuery } from "./query";
import { attachRecords } from "./records";
import { attachRefresh } from "./refresh";
import { attachTunnel } from "./tunnel";
import { attachUpdate } from "./update";

// Home agent, RFC 6275 §8.4, §10. A home registration runs through these files:
//
//   engine/home-option   a Home Address option is believed only with a Binding Update behind it or a binding
//   update        the Binding Update is judged: status, or silence
//   registration  binding made, renewed, removed; duplicate address detection before a first one
//   records       the record is kept outside, only then …
//   acknowledge   … the Binding Acknowledgement leaves
//   proxy         neighbours on the home link are told, tunnel carries the packets, lifetimes ends it all

/** Attaches the role to the doors of the engine. */
export function attach(): void {
  attachAgent();
  takeHomeOption(isBound);
  attachUpdate();
  attachRecords();
  attachProxy();
  attachTunnel();
  attachLifetimes();
  attachRefresh();
  attachQuery();
  attachDiscovery();
  attachPrefixes();
}
function isBound(home: usize, source: usize): bool {
  const b = boundTo(home, now());
  return b != null && addrEq(careOf(b), source);
}
