import { Message } from "../../abi/message";
import { onControl } from "../../engine/control";
import { Chain, onChain, Stage } from "../../engine/doors";
import { takeIdentifiers } from "../../engine/identifier";
import { answer } from "./answer";
import { configure } from "./config";
import { attachRegistration } from "./register";
import { receive } from "./request";

// A server of anycast addresses, docs/anycast-identifier.md §4: S301 request.ts, S302 and S303 answer.ts; how it makes itself known, §6: register.ts.

/** Attaches the role to the doors of the engine. */
export function attach(): void {
  takeIdentifiers();
  onControl(Message.ANYCAST_SERVER, configure);
  onChain(Chain.INBOUND, Stage.ANSWERING, receive);
  onChain(Chain.SEND, Stage.FILTER, answer);
  attachRegistration();
}
