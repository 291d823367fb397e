import { Encryption, Integrity, Mode } from "../../abi/ipsec";
import { put32 } from "../../base/bytes";
import { cbcDecrypt, cbcEncrypt } from "../../crypto/cbc";
import { open, seal } from "../../crypto/chacha20poly1305";
import { equalSecret } from "../../crypto/equal";
import { gcmOpen, gcmSeal } from "../../crypto/gcm";
import { Hash, hashUpdate, hmacBegin, hmacEnd } from "../../crypto/hash";
import { Association, authOf, keyOf, SaFlag } from "../../tables/sad";
import { Ah } from "../../wire/ah";
import { Esp } from "../../wire/esp";
import { Ip6, Proto } from "../../wire/ip6";
import { Udp } from "../../wire/udp";
import { cipherKey, macKey } from "./keys";

// The algorithms of an association: RFC 2404, RFC 2410, RFC 3602, RFC 4106, RFC 4543, RFC 4868, RFC 7634. `seqHi` is the upper half of an
// extended sequence number, which is authenticated and not sent (RFC 4303 §2.2.1).

/** Of the suites that use it: key and salt, an initialization vector of 8 bytes, a tag of 16. */
const SALT: i32 = 4;
const IV: i32 = 8;
const TAG: i32 = 16;
const NONCE = memory.data(16, 8);
const AAD = memory.data(16, 8);
/** A whole digest; what ESP and AH carry is its beginning. */
const DIGEST = memory.data(32, 8);
const ZERO = memory.data(16, 8);

/** Bytes of the initialization vector of ESP. */
export function ivLen(sa: Association): i32 {
  if (sa.encryption == <u8>Encryption.NULL) return 0;
  return sa.encryption == <u8>Encryption.AES_CBC ? 16 : IV;
}
/** What is encrypted is a multiple of this, RFC 4303 §2.4. */
export function blockLen(sa: Association): i32 {
  return sa.encryption == <u8>Encryption.AES_CBC ? 16 : 4;
}
/** Bytes of the ICV, which of GMAC begins with its initialization vector (RFC 4543 §4). */
export function icvLen(sa: Association): i32 {
  if (sa.integrity == <u8>Integrity.HMAC_SHA1_96) return 12;
  return sa.integrity == <u8>Integrity.AES_128_GMAC ? IV + TAG : TAG;
}
/** Bytes of a whole AH, a multiple of 8 (RFC 4302 §3.3.3.2.1). */
export function ahLen(sa: Association): i32 {
  return (Ah.LEN + icvLen(sa) + 7) & ~7;
}
/** Bytes between a payload of `len` bytes and the two that end it. */
export function padLen(sa: Association, len: i32): i32 {
  return -(len + Esp.TRAILER) & (blockLen(sa) - 1);
}
/** The longest packet without extension headers that is not longer than `mtu` once it is protected. */
export function longestPlain(sa: Association, mode: Mode, mtu: i32): i32 {
  const header = mode == Mode.TUNNEL ? 0 : Ip6.LEN;
  if (<u32>sa.protocol == Proto.AH) return mtu - ahLen(sa) - Ip6.LEN + header;
  const udp = (sa.flags & SaFlag.UDP) != 0 ? Udp.LEN : 0;
  const text = (mtu - Ip6.LEN - udp - Esp.LEN - ivLen(sa) - icvLen(sa)) & -blockLen(sa);
  return text - Esp.TRAILER + header;
}

function hashOf(sa: Association): Hash {
  return sa.integrity == <u8>Integrity.HMAC_SHA1_96 ? Hash.SHA1 : Hash.SHA256;
}
/** HMAC over `len` bytes at `from` and the unsent half of the number; returns where the digest is. */
export function mac(sa: Association, from: usize, len: i32, seqHi: u32): usize {
  const ready = macKey(sa, hashOf(sa));
  hmacBegin(hashOf(sa), ready);
  hashUpdate(from, len);
  if ((sa.flags & SaFlag.ESN) != 0) {
    put32(AAD, seqHi);
    hashUpdate(AAD, 4);
  }
  hmacEnd(ready, DIGEST);
  return DIGEST;
}
/** GMAC over `len` bytes at `from` with the initialization vector at `iv`; the tag goes to `to`. */
export function gmac(sa: Association, iv: usize, from: usize, len: i32, to: usize): void {
  const key = <i32>sa.authLen - SALT;
  setNonce(authOf(sa) + <usize>key, iv);
  gcmSeal(cipherKey(sa, authOf(sa), key), NONCE, from, len, ZERO, 0, to);
}
function setNonce(salt: usize, iv: usize): void {
  store<u32>(NONCE, load<u32>(salt));
  store<u32>(NONCE, load<u32>(iv), 4);
  store<u32>(NONCE, load<u32>(iv, 4), 8);
}
/** SPI and sequence number, RFC 4106 §5, RFC 7634 §2.1: its length. */
function setAad(sa: Association, esp: usize, seqHi: u32): i32 {
  store<u32>(AAD, load<u32>(esp));
  if ((sa.flags & SaFlag.ESN) == 0) {
    store<u32>(AAD, load<u32>(esp, 4), 4);
    return 8;
  }
  put32(AAD + 4, seqHi);
  store<u32>(AAD, load<u32>(esp, 4), 8);
  return 12;
}

/** Encrypts what lies between the ESP header at `esp` and `end`, and writes the initialization vector and the ICV (to `end`). */
export function sealEsp(sa: Association, esp: usize, end: usize): void {
  const iv = esp + Esp.LEN;
  const text = iv + <usize>ivLen(sa);
  const len = <i32>(end - text);
  const seqHi = <u32>(sa.seq >> 32);
  const key = keyOf(sa);
  const size = <i32>sa.keyLen;
  switch (<Encryption>sa.encryption) {
    case Encryption.AES_GCM_16:
      // The number is never used twice under a key, so it makes a nonce.
      putNumber(iv, sa.seq);
      setNonce(key + <usize>(size - SALT), iv);
      gcmSeal(cipherKey(sa, key, size - SALT), NONCE, AAD, setAad(sa, esp, seqHi), text, len, end);
      return;
    case Encryption.CHACHA20_POLY1305:
      putNumber(iv, sa.seq);
      setNonce(key + <usize>(size - SALT), iv);
      seal(key, NONCE, AAD, setAad(sa, esp, seqHi), text, len, end);
      return;
    case Encryption.AES_CBC: {
      const ready = cipherKey(sa, key, size);
      // Unpredictable and never twice: the encrypted number, NIST SP 800-38A appendix C.
      store<u64>(iv, 0);
      putNumber(iv + 8, sa.seq);
      cbcEncrypt(ready, ZERO, iv, 16);
      cbcEncrypt(ready, iv, text, len);
    }
  }
  memory.copy(end, mac(sa, esp, <i32>(end - esp), seqHi), icvLen(sa));
}
/** Decrypts in place what lies between the ESP header at `esp` and the ICV at `end`. False: the ICV is not theirs, and nothing was changed. */
export function openEsp(sa: Association, esp: usize, end: usize, seqHi: u32): bool {
  const iv = esp + Esp.LEN;
  const text = iv + <usize>ivLen(sa);
  const len = <i32>(end - text);
  const key = keyOf(sa);
  const size = <i32>sa.keyLen;
  if (sa.encryption == <u8>Encryption.AES_GCM_16) {
    setNonce(key + <usize>(size - SALT), iv);
    return gcmOpen(cipherKey(sa, key, size - SALT), NONCE, AAD, setAad(sa, esp, seqHi), text, len, end);
  }
  if (sa.encryption == <u8>Encryption.CHACHA20_POLY1305) {
    setNonce(key + <usize>(size - SALT), iv);
    return open(key, NONCE, AAD, setAad(sa, esp, seqHi), text, len, end);
  }
  if (!equalSecret(mac(sa, esp, <i32>(end - esp), seqHi), end, icvLen(sa))) return false;
  if (sa.encryption == <u8>Encryption.AES_CBC) cbcDecrypt(cipherKey(sa, key, size), iv, text, len);
  return true;
}
/** 64 bits, big-endian. */
export function putNumber(to: usize, n: u64): void {
  put32(to, <u32>(n >> 32));
  put32(to + 4, <u32>n);
}
