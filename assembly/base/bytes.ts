// Big-endian access for headers. All of it compiles to a load and a byte swap.
export function be16(p: usize): u32 {
  return <u32>bswap<u16>(load<u16>(p));
}
export function be32(p: usize): u32 {
  return bswap<u32>(load<u32>(p));
}
export function put16(p: usize, v: u32): void {
  store<u16>(p, bswap<u16>(<u16>v));
}
export function put32(p: usize, v: u32): void {
  store<u32>(p, bswap<u32>(v));
}
