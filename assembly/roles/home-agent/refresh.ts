import { Message, Refusal } from "../../abi/message";
import { now } from "../../engine/clock";
import { onControl } from "../../engine/control";
import { Binding, BindingMark, boundTo } from "../../tables/bindings";
import { sendRefreshRequest } from "./acknowledge";

// Binding Refresh Request, RFC 6275 §9.5.5: a binding that is in use and about to end is asked for, twice. And by Message.REFRESH.
//
//   3/4 of the lifetime: look who uses it from now on    7/8: ask    15/16: ask again

export function attachRefresh(): void {
  onControl(Message.REFRESH, refreshNow);
}
/** `askAt` is due: the next step. */
export function refresh(b: Binding): void {
  const left = b.expires - now();
  b.asks++;
  b.askAt = b.asks <= 2 ? now() + (left >> 1) : 0;
  if (b.asks == 1) b.marks &= ~BindingMark.USED;
  else if ((b.marks & BindingMark.USED) != 0) sendRefreshRequest(b);
}
function refreshNow(at: usize, len: i32): Refusal {
  if (len != 16) return Refusal.BAD_LENGTH;
  const b = boundTo(at, now());
  if (!b) return Refusal.BAD_VALUE;
  sendRefreshRequest(b);
  return Refusal.NONE;
}
