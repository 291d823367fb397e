/** a after b, modulo 2^16, RFC 6275 §9.5.1. */
export function seqAfter(a: u32, b: u32): bool {
  return <i16>(<u16>(a - b)) > 0;
}
