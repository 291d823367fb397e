import { Message } from "../../abi/message";
import { now } from "../../engine/clock";
import { replyRow } from "../../engine/control";
import { BindingUpdate, firstUpdate, nextUpdate, UpdateState } from "../../tables/binding-list";

/**
 * Table 210. A row: {u8[16] destination, u8[16] home, u8[16] care-of, u32 ms left, u16 sequence, u16 UpdateState}; care-of is the
 * home address while the binding is being taken away.
 */
export function bindingUpdates(from: i32): void {
  let row = 0;
  for (let p = firstUpdate(); p != 0; p = nextUpdate(p), row++) {
    const u = changetype<BindingUpdate>(p);
    if (row < from || u.state == UpdateState.NONE) continue;
    const to = replyRow(Message.BINDING_UPDATES, 56, row);
    if (to == 0) return;
    memory.copy(to, p, 48);
    const wait = u.expires > now() ? u.expires - now() : 0;
    store<u32>(to, wait > 0xffffffff ? u32.MAX_VALUE : <u32>wait, 48);
    store<u16>(to, u.seq, 52);
    store<u16>(to, u.state, 54);
  }
}
