/** Median and spread of several rounds. */
export interface Spread {
  median: number;
  min: number;
  max: number;
  /** Half the distance between the quartiles, as a share of the median. */
  deviation: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const position = (sorted.length - 1) * share;
    const below = sorted[Math.floor(position)];
    return below + (sorted[Math.ceil(position)] - below) * (position % 1);
  };
  const median = at(0.5);
  return { median, min: sorted[0], max: sorted[sorted.length - 1], deviation: (at(0.75) - at(0.25)) / 2 / median };
}

/** The median over rounds of a/b: two subjects of one round saw the same machine. */
export function ratio(a: readonly number[], b: readonly number[]): Spread {
  return spread(a.map((value, i) => value / b[i]));
}

/** Fisher-Yates with a small generator (mulberry32), so that every run shuffles alike. */
export function shuffled<T>(values: readonly T[], seed = 1): T[] {
  const result = [...values];
  let state = seed;
  for (let i = result.length - 1; i > 0; i--) {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    const j = ((t ^ (t >>> 14)) >>> 0) % (i + 1);
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
