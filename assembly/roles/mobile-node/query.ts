import { Message, Refusal } from "../../abi/message";
import { now } from "../../engine/clock";
import { reply, replyMore } from "../../engine/control";
import { firstRow } from "../../engine/queries";
import { BindingUpdate, firstUpdate, nextUpdate, UpdateState } from "../../tables/binding-list";

/**
 * Table 210. A row: {u8[16] destination, u8[16] home, u8[16] care-of, u32 ms left, u16 sequence, u16 UpdateState}; care-of is the
 * home address while the binding is being taken away.
 */
export function bindingUpdates(at: usize, len: i32): Refusal {
  const from = firstRow(at, len);
  if (from < 0) return Refusal.BAD_LENGTH;
  let row = 0;
  for (let p = firstUpdate(); p != 0; p = nextUpdate(p), row++) {
    const u = changetype<BindingUpdate>(p);
    if (row < from || u.state == UpdateState.NONE) continue;
    const to = reply(Message.BINDING_UPDATES, 56);
    if (to == 0) {
      replyMore(row);
      break;
    }
    memory.copy(to, p, 48);
    const wait = u.expires > now() ? u.expires - now() : 0;
    store<u32>(to, wait > 0xffffffff ? u32.MAX_VALUE : <u32>wait, 48);
    store<u16>(to, u.seq, 52);
    store<u16>(to, u.state, 54);
  }
  return Refusal.NONE;
}
