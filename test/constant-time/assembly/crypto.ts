// Every algorithm of assembly/crypto, with keys and texts that are secret. Nonces, lengths and associated data are public.
import { AES_KEY, aesKey } from "../../../assembly/crypto/aes";
import { cbcDecrypt, cbcEncrypt } from "../../../assembly/crypto/cbc";
import { seal } from "../../../assembly/crypto/chacha20poly1305";
import { gcmSeal } from "../../../assembly/crypto/gcm";
import { Hash, HMAC_KEY, hashUpdate, hmacBegin, hmacEnd, hmacKey } from "../../../assembly/crypto/hash";
import { secret } from "./secrets";

const LEN: i32 = 90;
const KEY = secret(memory.data(32, 8), 32);
const TEXT = secret(memory.data(96, 8), 96);
const NONCE = memory.data(16, 8);
const AAD = memory.data(16, 8);
const READY = memory.data(AES_KEY, 16);
const MAC_KEY = memory.data(HMAC_KEY, 8);
const TAG = memory.data(32, 8);

function mac(hash: Hash): u64 {
  hmacKey(hash, KEY, 32, MAC_KEY);
  hmacBegin(hash, MAC_KEY);
  hashUpdate(TEXT, LEN);
  hmacEnd(MAC_KEY, TAG);
  return load<u64>(TAG);
}

export function run(): u64 {
  let sum: u64 = 0;
  seal(KEY, NONCE, AAD, 12, TEXT, LEN, TAG);
  sum ^= load<u64>(TAG) ^ load<u64>(TEXT);
  for (let size = 16; size <= 32; size += 8) {
    aesKey(KEY, size, READY);
    gcmSeal(READY, NONCE, AAD, 12, TEXT, LEN, TAG);
    sum ^= load<u64>(TAG) ^ load<u64>(TEXT);
    cbcEncrypt(READY, NONCE, TEXT, 96);
    cbcDecrypt(READY, NONCE, TEXT, 80);
    sum ^= load<u64>(TEXT);
  }
  return sum ^ mac(Hash.SHA1) ^ mac(Hash.SHA256);
}
export { secrets } from "./secrets";
