import { Message } from "../../abi/message";
import { addrCopy } from "../../base/addr";
import { now } from "../../engine/clock";
import { onQuery, replyRow } from "../../engine/control";
import { binding, bindingRows, careOf } from "../../tables/bindings";

// BINDINGS   {u8[16] home address, u8[16] care-of address, u32 ms left, u16 sequence, u16 flags of the Binding Update}

const LEN: i32 = 40;

export function attachQuery(): void {
  onQuery(Message.BINDINGS, bindings);
}
function bindings(from: i32): void {
  for (let row = from; row < bindingRows(); row++) {
    const b = binding(row);
    if (b.expires <= now()) continue;
    const to = replyRow(Message.BINDINGS, LEN, row);
    if (to == 0) return;
    addrCopy(to, changetype<usize>(b));
    addrCopy(to + 16, careOf(b));
    store<u32>(to, <u32>(b.expires - now()), 32);
    store<u16>(to, b.sequence, 36);
    store<u16>(to, b.flags, 38);
  }
}
