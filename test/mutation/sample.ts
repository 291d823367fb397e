/** A generator of numbers in [0, 1): mulberry32 (Ettinger). The same seed gives the same numbers everywhere. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of the list, each as likely as any other, in the list's order; all of it when it has no more. */
export function sample<T>(list: readonly T[], count: number, seed: number): T[] {
  const next = generator(seed);
  const drawn: T[] = [];
  for (const [i, item] of list.entries()) {
    if (next() * (list.length - i) < count - drawn.length) drawn.push(item);
  }
  return drawn;
}
