/** What a translator knows, and what it can answer. */

export interface World {
  /** The address of the other family, drawn from a pool where that is allowed. */
  to4(ip6: Uint8Array): Uint8Array | undefined;
  to6(ip4: Uint8Array): Uint8Array | undefined;
  /** The same without drawing: for the addresses of quoted packets. */
  known4(ip6: Uint8Array): Uint8Array | undefined;
  known6(ip4: Uint8Array): Uint8Array | undefined;
  /** Where errors of routers without a row come from (RFC 6791); drawing for them would let every path fill the pool. */
  gateway: Uint8Array;
  /** Of the link to the IPv6 network and of the application port. */
  mtu6: number;
  mtu4: number;
}

/** ICMP error to the sender, in the sender's family; `code` undefined: RFC 7915 leaves it open. */
export interface Problem {
  type: number;
  code: number | undefined;
  /** The second word of the message: MTU or pointer. */
  word: number;
}

export type Outcome = { packets: Uint8Array[] } | { problem: Problem } | { dropped: string };

export function drop(why: string): Outcome {
  return { dropped: why };
}
export function problem(type: number, code: number | undefined, word = 0): Outcome {
  return { problem: { type, code, word } };
}
