import { PC } from "../../base/config";
import { AES_KEY, aesKey } from "../../crypto/aes";
import { Hash, HMAC_KEY, hmacKey } from "../../crypto/hash";
import { Association, authOf, rowOf } from "../../tables/sad";

// Keys made ready: an AES key schedule takes as long as some blocks, an HMAC's two states take as long as two. Those of the associations
// that were used last are kept, one for each remainder of the row's number.

const SLOTS: i32 = PC ? 64 : 2;
//   0 `born` of the association   4 row + 1   8 AES key is ready   9 HMAC key is ready   16 AES key … HMAC key
const CIPHER: usize = 16;
const MAC: usize = CIPHER + <usize>AES_KEY;
const SLOT: usize = MAC + <usize>HMAC_KEY;
const POOL = memory.data(SLOTS * (16 + AES_KEY + HMAC_KEY), 16);

function slotOf(row: i32): usize {
  return POOL + <usize>(row % SLOTS) * SLOT;
}
function slot(sa: Association): usize {
  const row = rowOf(sa);
  const at = slotOf(row);
  if (load<u32>(at) != sa.born || load<i32>(at, 4) != row + 1) {
    store<u32>(at, sa.born);
    store<i32>(at, row + 1, 4);
    store<u16>(at, 0, 8);
  }
  return at;
}
/** The AES key of `len` bytes at `key`, the only one of this association. */
export function cipherKey(sa: Association, key: usize, len: i32): usize {
  const at = slot(sa);
  if (load<u8>(at, 8) == 0) {
    aesKey(key, len, at + CIPHER);
    store<u8>(at, 1, 8);
  }
  return at + CIPHER;
}
/** The key of its HMAC. */
export function macKey(sa: Association, h: Hash): usize {
  const at = slot(sa);
  if (load<u8>(at, 9) == 0) {
    hmacKey(h, authOf(sa), <i32>sa.authLen, at + MAC);
    store<u8>(at, 1, 9);
  }
  return at + MAC;
}
/** Forgets what was made ready for this association: before its row is cleared. */
export function forgetKeys(sa: Association): void {
  const row = rowOf(sa);
  const at = slotOf(row);
  if (load<i32>(at, 4) == row + 1) memory.fill(at, 0, SLOT);
}
