// The self-test: code that leaks in the ways code leaks, and code that does not (`asc --use KIND=n`). A check that does not tell them
// apart shows nothing.
import { secret } from "./secrets";

const EARLY_EXIT: i32 = 1;
const TABLE: i32 = 2;
const BRANCH: i32 = 3;
const COMPARE: i32 = 4;
const MASK: i32 = 5;

const KEY = secret(memory.data(16, 8), 16);
const GUESS = memory.data(16, 8);
const BOX = memory.data(256, 8);

/** Compares byte by byte and stops at the first that differs. */
function earlyExit(): u64 {
  for (let i = 0; i < 16; i++) if (load<u8>(KEY + i) != load<u8>(GUESS + i)) return i;
  return 16;
}
/** Looks a secret byte up. */
function table(): u64 {
  let sum: u64 = 0;
  for (let i = 0; i < 16; i++) sum += load<u8>(BOX + load<u8>(KEY + i));
  return sum;
}
/** Multiplies where a bit of the secret is set. */
function branch(): u64 {
  let product: u64 = 1;
  const bits = load<u64>(KEY);
  for (let i = 0; i < 64; i++) {
    product *= 3;
    if ((bits >> <u64>i) & 1) product = step(product);
  }
  return product;
}
/** Has an effect, so that no compiler makes a selection of the branch. */
function step(x: u64): u64 {
  store<u64>(GUESS, load<u64>(GUESS) + x);
  return x * x;
}
/** Compares all bytes. */
function compare(): u64 {
  let differ: u32 = 0;
  for (let i = 0; i < 16; i++) differ |= <u32>(load<u8>(KEY + i) ^ load<u8>(GUESS + i));
  return <u64>((differ - 1) >>> 31);
}
/** Takes one of two values by a mask. */
function mask(): u64 {
  const bits = load<u64>(KEY);
  let sum: u64 = 0;
  for (let i = 0; i < 64; i++) sum = rotl<u64>(sum, 1) ^ ((0 - ((bits >> <u64>i) & 1)) & 0x1b);
  return sum;
}

export function run(): u64 {
  if (KIND == EARLY_EXIT) return earlyExit();
  if (KIND == TABLE) return table();
  if (KIND == BRANCH) return branch();
  if (KIND == COMPARE) return compare();
  if (KIND == MASK) return mask();
  return 0;
}
export { secrets } from "./secrets";
