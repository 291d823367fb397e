// Entropy (Message.ENTROPY) goes to the engine's generator and to those who make keys of it. The engine's generator is seeded with 16 bytes, the
// exclusive or of the two halves: whoever computes its state from what it gave away still lacks 128 bits of the keys' seed.
const MAX: i32 = 4;
const FN = memory.data(MAX * 4, 4);
let count: i32 = 0;

/** Registers who takes the 32 bytes; one that is known already is not called twice. While attaching. */
export function onEntropy(fn: (at: usize, len: i32) => void): void {
  const index = load<u32>(changetype<usize>(fn));
  for (let i = 0; i < count; i++) if (load<u32>(FN + <usize>(i << 2)) == index) return;
  if (count == MAX) unreachable();
  store<u32>(FN + <usize>(count++ << 2), index);
}
export function tellEntropy(at: usize, len: i32): void {
  for (let i = 0; i < count; i++) call_indirect<void>(load<u32>(FN + <usize>(i << 2)), at, len);
}
