// AES in counter mode on a board, two blocks at once (bitslice.ts). Counter blocks of a packet differ in their last byte alone, as long
// as that does not overflow. So the first round is made once for the other 15, the S-box once for 32 values of that byte, and each pair
// of blocks begins with the second round ("FACE", Park and Lee 2018).
import { be32, put32 } from "../base/bytes";
import { AES_BLOCK, addBlocks, aesRest, readBlocks, turns, writeBlocks } from "./aes";
import { addRoundKey, Lanes, mixColumns, STATE, subBytes } from "./bitslice";
import { xor } from "./xor";

const PAIR: i32 = 32;
/** Last bytes that one S-box takes: a bit of a word each. */
const LANES: u32 = 32;
const BLOCKS = memory.data(32, 8);
/** The state after the first round without what the last byte gives it. */
const FIRST = memory.data(32, 8);
/** What the first round key adds to the last byte: a word of zeros or ones a bit. */
const KEY = memory.data(32, 8);
/** The S-box of last bytes, and twice that in the field of AES. */
const ONCE = memory.data(32, 8);
const TWICE = memory.data(32, 8);
/** Bits of a lane's number; higher ones are the same in all lanes. */
const NUMBERS = memory.data<u32>([0xaaaaaaaa, 0xcccccccc, 0xf0f0f0f0, 0xff00ff00, 0xffff0000]);
/** The last byte of both blocks of a state, before the first round. */
const LAST_PLACE: u32 = 30;
/** Where a last byte comes to lie once, and where twice, after MixColumns: rows 0 to 2; rows 2 and 3. */
const PLACES_ONCE: u32 = 0x00100401;
const PLACES_TWICE: u32 = 0x40100000;

/** The first round of all but the last byte. */
function prepare(ready: usize, first: usize, count: u32): void {
  for (let b: usize = 0; b < 32; b += 16) {
    memory.copy(BLOCKS + b, first, 12);
    put32(BLOCKS + b + 12, count & ~0xff);
  }
  readBlocks(BLOCKS, false);
  addRoundKey<u32>(ready + 8);
  for (let i: usize = 0; i < 8; i++) store<u32>(KEY + (i << 2), 0 - ((Lanes.at<u32>(i) >>> LAST_PLACE) & 1));
  subBytes<u32>();
  for (let i: usize = 0; i < 8; i++) Lanes.put<u32>(i, Lanes.at<u32>(i) & ((1 << LAST_PLACE) - 1));
  mixColumns<u32>(1, ready + 8 + 32);
  memory.copy(FIRST, STATE, 32);
}
/** The S-box of the last bytes from `count`, a multiple of LANES, on. */
function substitute(count: u32): void {
  for (let i: usize = 0; i < 8; i++) {
    const bits = i < 5 ? load<u32>(NUMBERS + (i << 2)) : 0 - ((count >>> <u32>i) & 1);
    Lanes.put<u32>(i, bits ^ load<u32>(KEY + (i << 2)));
  }
  subBytes<u32>();
  memory.copy(ONCE, STATE, 32);
  memory.copy(TWICE + 4, STATE, 28);
  const top = Lanes.at<u32>(7);
  store<u32>(TWICE, top);
  // x^8 = x^4 + x^3 + x + 1
  store<u32>(TWICE, load<u32>(TWICE, 4) ^ top, 4);
  store<u32>(TWICE, load<u32>(TWICE, 12) ^ top, 12);
  store<u32>(TWICE, load<u32>(TWICE, 16) ^ top, 16);
}
/** The state of two blocks after the first round. */
function begin(lane: u32): void {
  for (let i: usize = 0; i < 32; i += 4) {
    const once = (load<u32>(ONCE + i) >>> lane) & 3;
    const twice = (load<u32>(TWICE + i) >>> lane) & 3;
    store<u32>(STATE + i, load<u32>(FIRST + i) ^ (once * PLACES_ONCE) ^ (twice * PLACES_TWICE));
  }
}
/** Adds the key stream to `len` bytes at `p`. `first` is the first counter block, 16 bytes. */
export function ctr32(ready: usize, first: usize, p: usize, len: i32): void {
  let count = be32(first + 12);
  let prepared = false;
  let substituted = false;
  while (len > 0) {
    if (!prepared || (count & 0xff) == 0) prepare(ready, first, count);
    if (!substituted || (count & (LANES - 1)) == 0) substitute(count & ~(LANES - 1));
    prepared = substituted = true;
    begin(count & (LANES - 1));
    aesRest(ready, 2);
    // Pairs begin at even numbers, so that no pair lies on both sides of a lane's end.
    const odd = (count & 1) != 0;
    if (!odd && len >= PAIR) addBlocks(p, turns(ready));
    else {
      writeBlocks(BLOCKS, turns(ready));
      xor(p, p, BLOCKS, min(len, odd ? AES_BLOCK : PAIR));
    }
    const took = odd ? AES_BLOCK : PAIR;
    count += took >> 4;
    len -= took;
    p += took;
  }
}
