import { Message } from "../../abi/message";
import { onControl, onQuery } from "../../engine/control";
import { Chain, onChain, Stage } from "../../engine/doors";
import { takeIdentifiers } from "../../engine/identifier";
import { ask } from "./ask";
import { configure, query } from "./config";
import { verify } from "./verify";

// A client of anycast addresses, docs/anycast-identifier.md §3: S101 ask.ts, S102 to S105 verify.ts.

/** Attaches the role to the doors of the engine. */
export function attach(): void {
  takeIdentifiers();
  onControl(Message.ANYCAST_CLIENT, configure);
  onQuery(Message.ANYCAST_REQUESTS, query);
  onChain(Chain.APP_IN, Stage.ASKING, ask);
  onChain(Chain.INBOUND, Stage.ASKING, verify);
}
