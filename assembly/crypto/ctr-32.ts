// AES in counter mode on a board, two blocks at once (bitslice.ts). Counter blocks of a packet differ in their last byte alone, as long
// as that does not overflow. So the first round is made once for the other 15, the S-box once for 32 values of that byte, and each pair
// of blocks begins with the second round ("FACE", Park and Lee 2018).
import { be32, put32 } from "../base/bytes";
import { AES_BLOCK, addBlocks, aesRest, readBlocks, turns, writeBlocks } from "./aes";
import { addRoundKey, mixColumns, STATE, state, subBytes } from "./bitslice";
import { xor } from "./xor";

const PAIR: i32 = 32;
/** Last bytes that one S-box takes: a bit of a word each. */
const LANES: u32 = 32;
const BLOCKS = memory.data(32, 8);
/**
 * Eight words each: the state after the first round without what the last byte gives it; the S-box of last bytes; twice that in the
 * field of AES.
 */
const FIRST = memory.data(96, 8);
const ONCE = FIRST + 32;
const TWICE = FIRST + 64;
/** Where they are: see `state` of bitslice.ts. */
const AT = memory.data(4, 4);
store<usize>(AT, FIRST);
/** What the first round key adds to the last byte: a word of zeros or ones a bit. */
const KEY = memory.data(32, 8);
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
  addRoundKey<u32>(state(), ready + 8);
  for (let i: usize = 0; i < 8; i++) store<u32>(KEY + (i << 2), 0 - ((load<u32>(STATE + (i << 2)) >>> LAST_PLACE) & 1));
  subBytes<u32>(state());
  for (let i: usize = 0; i < 8; i++)
    store<u32>(STATE + (i << 2), load<u32>(STATE + (i << 2)) & ((1 << LAST_PLACE) - 1));
  mixColumns<u32>(state(), 1, ready + 8 + 32);
  memory.copy(FIRST, STATE, 32);
}
/** The S-box of the last bytes from `count`, a multiple of LANES, on. */
function substitute(count: u32): void {
  for (let i: usize = 0; i < 8; i++) {
    const bits = i < 5 ? load<u32>(NUMBERS + (i << 2)) : 0 - ((count >>> <u32>i) & 1);
    store<u32>(STATE + (i << 2), bits ^ load<u32>(KEY + (i << 2)));
  }
  subBytes<u32>(state());
  memory.copy(ONCE, STATE, 32);
  memory.copy(TWICE + 4, STATE, 28);
  const top = load<u32>(STATE, 28);
  store<u32>(TWICE, top);
  // x^8 = x^4 + x^3 + x + 1
  store<u32>(TWICE, load<u32>(TWICE, 4) ^ top, 4);
  store<u32>(TWICE, load<u32>(TWICE, 12) ^ top, 12);
  store<u32>(TWICE, load<u32>(TWICE, 16) ^ top, 16);
}
/** The state of two blocks after the first round: word by word what is constant, and the bits of both last bytes where they belong. */
function begin(s: usize, f: usize, lane: u32): void {
  store<u32>(s, load<u32>(f) ^ Bits.of(load<u32>(f, 32), load<u32>(f, 64), lane));
  store<u32>(s, load<u32>(f, 4) ^ Bits.of(load<u32>(f, 36), load<u32>(f, 68), lane), 4);
  store<u32>(s, load<u32>(f, 8) ^ Bits.of(load<u32>(f, 40), load<u32>(f, 72), lane), 8);
  store<u32>(s, load<u32>(f, 12) ^ Bits.of(load<u32>(f, 44), load<u32>(f, 76), lane), 12);
  store<u32>(s, load<u32>(f, 16) ^ Bits.of(load<u32>(f, 48), load<u32>(f, 80), lane), 16);
  store<u32>(s, load<u32>(f, 20) ^ Bits.of(load<u32>(f, 52), load<u32>(f, 84), lane), 20);
  store<u32>(s, load<u32>(f, 24) ^ Bits.of(load<u32>(f, 56), load<u32>(f, 88), lane), 24);
  store<u32>(s, load<u32>(f, 28) ^ Bits.of(load<u32>(f, 60), load<u32>(f, 92), lane), 28);
}
class Bits {
  @inline static of(once: u32, twice: u32, lane: u32): u32 {
    return (((once >>> lane) & 3) * PLACES_ONCE) ^ (((twice >>> lane) & 3) * PLACES_TWICE);
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
    begin(state(), load<usize>(AT), count & (LANES - 1));
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
