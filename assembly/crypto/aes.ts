// AES (FIPS 197) with keys of 128, 192 and 256 bits: several blocks at once, two on a board, four on a PC (bitslice.ts).
import { PC } from "../base/config";
import {
  addRoundKey,
  halfTurn,
  invMixColumns,
  invSubBytes,
  mixColumns,
  STATE,
  state,
  subBytes,
  transpose,
} from "./bitslice";

export const AES_BLOCK: i32 = 16;
/** Blocks that one call takes. */
export const AES_BATCH: i32 = PC ? 4 : 2;
/** Bytes of a word of the state. */
const WORD: usize = PC ? 8 : 4;
/** Bytes of a key made ready: the number of rounds, then a state for each of up to 15 round keys. */
export const AES_KEY: i32 = PC ? 8 + 15 * 64 : 8 + 15 * 32;
/** The words of the key schedule, FIPS 197 §5.2. */
const SCHEDULE = memory.data(240, 8);
/** The blocks of a batch, as bytes. */
const BLOCKS = memory.data(64, 8);

/** Bytes 0 to 3 of a word to every second byte of eight. */
function spread(word: u32): u64 {
  let x: u64 = word;
  x = (x | (x << 16)) & 0x0000ffff0000ffff;
  return (x | (x << 8)) & 0x00ff00ff00ff00ff;
}
function gather(x: u64): u32 {
  x &= 0x00ff00ff00ff00ff;
  x = (x | (x >> 8)) & 0x0000ffff0000ffff;
  return <u32>(x | (x >> 16));
}
/** Has the state hold a batch of blocks; `turn`: rows 1 and 3 change places with what lies two columns off. */
export function readBlocks(p: usize, turn: bool): void {
  if (PC) {
    for (let i: usize = 0; i < 8; i++) {
      const from = p + (i & 3) * 16 + (i >> 2) * 4;
      store<u64>(STATE + i * 8, spread(load<u32>(from)) | (spread(load<u32>(from, 8)) << 8));
    }
    transpose<u64>(state());
    if (turn) halfTurn<u64>(state());
    return;
  }
  const odd = oddRows(turn);
  for (let i: usize = 0; i < 4; i++) {
    const from = p + (i & 1) * 16 + (i >> 1) * 4;
    const a = load<u32>(from);
    const b = load<u32>(from, 8);
    const t = (a ^ b) & odd;
    store<u32>(STATE + i * 4, a ^ t);
    store<u32>(STATE + i * 4, b ^ t, 16);
  }
  transpose<u32>(state());
}
/** Writes what the state holds. */
export function writeBlocks(p: usize, turn: bool): void {
  if (PC) {
    if (turn) halfTurn<u64>(state());
    transpose<u64>(state());
    for (let i: usize = 0; i < 8; i++) {
      const x = load<u64>(STATE + i * 8);
      const to = p + (i & 3) * 16 + (i >> 2) * 4;
      store<u32>(to, gather(x));
      store<u32>(to, gather(x >> 8), 8);
    }
    return;
  }
  transpose<u32>(state());
  const odd = oddRows(turn);
  for (let i: usize = 0; i < 4; i++) {
    const a = load<u32>(STATE + i * 4);
    const b = load<u32>(STATE + i * 4, 16);
    const t = (a ^ b) & odd;
    const to = p + (i & 1) * 16 + (i >> 1) * 4;
    store<u32>(to, a ^ t);
    store<u32>(to, b ^ t, 8);
  }
}
/** Adds what the state holds to the 32 bytes at `p`, on a board. */
export function addBlocks(p: usize, turn: bool): void {
  transpose<u32>(state());
  const odd = oddRows(turn);
  for (let i: usize = 0; i < 4; i++) {
    const a = load<u32>(STATE + i * 4);
    const b = load<u32>(STATE + i * 4, 16);
    const t = (a ^ b) & odd;
    const to = p + (i & 1) * 16 + (i >> 1) * 4;
    store<u32>(to, load<u32>(to) ^ a ^ t);
    store<u32>(to, load<u32>(to, 8) ^ b ^ t, 8);
  }
}
/** Of a column's word the rows that change places with those two columns off. */
function oddRows(turn: bool): u32 {
  return turn ? 0xff00ff00 : 0;
}
/** Do the rounds of a key leave rows 1 and 3 two columns off? */
export function turns(ready: usize): bool {
  return (load<u32>(ready) & 3) == 2;
}

/** SubWord, FIPS 197 §5.2. */
function subWord(word: u32): u32 {
  memory.fill(STATE, 0, 64);
  store<u32>(STATE, word);
  if (PC) {
    transpose<u64>(state());
    subBytes<u64>(state());
    transpose<u64>(state());
  } else {
    transpose<u32>(state());
    subBytes<u32>(state());
    transpose<u32>(state());
  }
  return load<u32>(STATE) ^ 0x63636363;
}
/** Makes a key of 16, 24 or 32 bytes ready. */
export function aesKey(key: usize, len: i32, ready: usize): void {
  const words = len >> 2;
  const rounds = words + 6;
  memory.copy(SCHEDULE, key, len);
  let constant: u32 = 1;
  for (let i = words; i < 4 * (rounds + 1); i++) {
    let t = load<u32>(SCHEDULE + ((<usize>i - 1) << 2));
    if (i % words == 0) {
      t = subWord(rotr<u32>(t, 8)) ^ constant;
      constant = (constant << 1) ^ (constant >= 0x80 ? 0x11b : 0);
    } else if (words == 8 && i % words == 4) t = subWord(t);
    store<u32>(SCHEDULE + ((<usize>i) << 2), t ^ load<u32>(SCHEDULE + ((<usize>(i - words)) << 2)));
  }
  store<u64>(ready, rounds);
  for (let i = 0; i <= rounds; i++) {
    roundKey(SCHEDULE + ((<usize>i) << 4), <usize>i & 3);
    readBlocks(BLOCKS, false);
    if (i > 0) invert();
    memory.copy(ready + 8 + <usize>i * 8 * WORD, STATE, 8 * WORD);
  }
  memory.fill(SCHEDULE, 0, 240);
}
/** A round key for each block, row r by n * r columns on. */
function roundKey(key: usize, n: usize): void {
  for (let column: usize = 0; column < 4; column++) {
    for (let row: usize = 0; row < 4; row++) {
      const byte = load<u8>(key + (((column - n * row) & 3) << 2) + row);
      for (let b: usize = 0; b < <usize>AES_BATCH; b++) store<u8>(BLOCKS + (b << 4) + (column << 2) + row, byte);
    }
  }
}
/** Adds 0x63 to every byte: what the S-box leaves out. */
function invert(): void {
  for (let i: usize = 0; i < 8; i++) {
    if (((0x63 >> <u32>i) & 1) == 0) continue;
    if (PC) store<u64>(STATE + i * 8, ~load<u64>(STATE + i * 8));
    else store<u32>(STATE + i * 4, ~load<u32>(STATE + i * 4));
  }
}

/** The rounds from number `from` on. */
function rest<T>(ready: usize, from: u32): void {
  const s = state();
  const rounds = load<u32>(ready);
  let key = ready + 8 + (from - 1) * 8 * sizeof<T>();
  for (let i = from; i < rounds; i++) {
    key += 8 * sizeof<T>();
    subBytes<T>(s);
    mixColumns<T>(s, i & 3, key);
  }
  subBytes<T>(s);
  addRoundKey<T>(s, key + 8 * sizeof<T>());
}
/** Of a state that has the first rounds behind it on a board. */
export function aesRest(ready: usize, from: u32): void {
  rest<u32>(ready, from);
}
function decrypt<T>(ready: usize): void {
  const s = state();
  const rounds = load<u32>(ready);
  let key = ready + 8 + rounds * 8 * sizeof<T>();
  addRoundKey<T>(s, key);
  for (let i = rounds - 1; i > 0; i--) {
    key -= 8 * sizeof<T>();
    invSubBytes<T>(s);
    addRoundKey<T>(s, key);
    invMixColumns<T>(s, i & 3);
  }
  invSubBytes<T>(s);
  addRoundKey<T>(s, ready + 8);
}
/** Encrypts a batch (AES_BATCH blocks) in place. */
export function aesEncrypt(ready: usize, p: usize): void {
  readBlocks(p, false);
  if (PC) {
    addRoundKey<u64>(state(), ready + 8);
    rest<u64>(ready, 1);
  } else {
    addRoundKey<u32>(state(), ready + 8);
    rest<u32>(ready, 1);
  }
  writeBlocks(p, turns(ready));
}
/** Decrypts a batch in place. */
export function aesDecrypt(ready: usize, p: usize): void {
  readBlocks(p, turns(ready));
  if (PC) decrypt<u64>(ready);
  else decrypt<u32>(ready);
  writeBlocks(p, false);
}
