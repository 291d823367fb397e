/** Durations and rates as scenario files write them. The schema has checked their form. */
const US: Record<string, number> = { us: 1, ms: 1e3, s: 1e6, min: 60e6, h: 3600e6 };
const BITS: Record<string, number> = { "": 1, k: 1e3, M: 1e6, G: 1e9 };

/** `1.5s` to whole microseconds. */
export function durationUs(text: string): number {
  const [, number, unit] = /^([0-9.]+)([a-z]+)$/.exec(text)!;
  return Math.round(Number(number) * US[unit]);
}

/** `1.5s` to whole milliseconds, rounded up: what is not zero stays so. */
export function durationMs(text: string): number {
  return Math.ceil(durationUs(text) / 1000);
}

/** `30s` to whole seconds, rounded up. */
export function durationS(text: string): number {
  return Math.ceil(durationUs(text) / 1e6);
}

/** `100Mbit/s` to bits a second. */
export function rateBits(text: string): number {
  const [, number, prefix] = /^([0-9.]+)([kMG]?)bit\/s$/.exec(text)!;
  return Number(number) * BITS[prefix];
}
