/** The algorithms of ESP and AH on node:crypto: lengths, ICVs, and how a payload is opened. */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { Encryption, Integrity } from "../../../assembly/abi/ipsec.js";
import type { KnownAssociation } from "./keyring.js";

const SALT = 4;
const TAG = 16;
/** Of AES-CBC. */
const BLOCK = 16;
const ENCRYPTION_NAMES: Record<number, string> = {
  [Encryption.NULL]: "NULL",
  [Encryption.AES_CBC]: "AES-CBC",
  [Encryption.AES_GCM_16]: "AES-GCM-16",
  [Encryption.CHACHA20_POLY1305]: "ChaCha20-Poly1305",
};
const INTEGRITY_NAMES: Record<number, string> = {
  [Integrity.HMAC_SHA1_96]: "HMAC-SHA1-96",
  [Integrity.HMAC_SHA2_256_128]: "HMAC-SHA2-256-128",
  [Integrity.AES_128_GMAC]: "AES-GMAC",
};

export function algorithmName({ encryption, integrity }: KnownAssociation): string {
  return [ENCRYPTION_NAMES[encryption], INTEGRITY_NAMES[integrity]].filter(Boolean).join(" + ");
}

/** Bytes in front of the ciphertext. */
export function ivLength({ encryption }: KnownAssociation): number {
  if (encryption === Encryption.AES_CBC) return 16;
  return encryption === Encryption.NULL ? 0 : 8;
}

/** Bytes of the ICV at the end of ESP, or in AH, where GMAC has its IV of 8 bytes in front of it. */
export function icvLength({ integrity }: KnownAssociation): number {
  if (integrity === Integrity.HMAC_SHA1_96) return 12;
  return integrity === Integrity.AES_128_GMAC ? 24 : TAG;
}

/** The plaintext of the ESP packet `esp` (SPI to ICV), as long as the ciphertext; undefined where the ICV is wrong. */
export function openEsp(sa: KnownAssociation, esp: Uint8Array, high: number): Uint8Array | undefined {
  const iv = esp.subarray(8, 8 + ivLength(sa));
  const icv = esp.subarray(esp.length - icvLength(sa));
  const sealed = esp.subarray(8 + iv.length, esp.length - icv.length);
  if (sa.integrity === Integrity.NONE) return openAead(sa, associatedData(esp, sa.esn, high), iv, sealed, icv);
  const mac = hmac(sa, [esp.subarray(0, esp.length - icv.length), ...(sa.esn ? [word(high)] : [])]);
  if (!timingSafeEqual(mac.subarray(0, icv.length), icv)) return undefined;
  if (sa.encryption === Encryption.NULL) return sealed;
  if (sealed.length % BLOCK !== 0) return undefined;
  const decipher = createDecipheriv(`aes-${8 * sa.key.length}-cbc`, sa.key, iv).setAutoPadding(false);
  return Buffer.concat([decipher.update(sealed), decipher.final()]);
}

/** The ICV of a packet that AH covers, in which it is zero and what changes on the way as well. `iv`: GMAC's. */
export function ahIcv(sa: KnownAssociation, covered: Uint8Array, high: number, iv: Uint8Array): Uint8Array {
  const parts = [covered, ...(sa.esn ? [word(high)] : [])];
  if (sa.integrity !== Integrity.AES_128_GMAC) return hmac(sa, parts).subarray(0, icvLength(sa));
  const { key, salt } = split(sa.integrityKey);
  const nonce = Buffer.concat([salt, iv.subarray(0, 8)]);
  return Buffer.concat([iv.subarray(0, 8), gmac(key, nonce, Buffer.concat(parts))]);
}

/** RFC 4106 §5: SPI and sequence number, all 64 bits of it where the association has them. */
function associatedData(esp: Uint8Array, esn: boolean, high: number): Uint8Array {
  return esn ? Buffer.concat([esp.subarray(0, 4), word(high), esp.subarray(4, 8)]) : esp.subarray(0, 8);
}

function openAead(
  sa: KnownAssociation,
  aad: Uint8Array,
  iv: Uint8Array,
  sealed: Uint8Array,
  tag: Uint8Array,
): Uint8Array | undefined {
  const { key, salt } = split(sa.key);
  const nonce = Buffer.concat([salt, iv]);
  const decipher =
    sa.encryption === Encryption.CHACHA20_POLY1305
      ? createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: TAG })
      : createDecipheriv(gcm(key), key, nonce, { authTagLength: TAG });
  decipher.setAAD(aad, { plaintextLength: sealed.length }).setAuthTag(tag);
  const plain = decipher.update(sealed);
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return undefined;
  }
}

/** GMAC is GCM with everything as associated data: the tag of an empty message. */
function gmac(key: Uint8Array, nonce: Uint8Array, data: Uint8Array): Uint8Array {
  const cipher = createCipheriv(gcm(key), key, nonce, { authTagLength: TAG });
  cipher.setAAD(data).final();
  return cipher.getAuthTag();
}

function gcm(key: Uint8Array): "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm" {
  return `aes-${(8 * key.length) as 128 | 192 | 256}-gcm`;
}

function hmac({ integrity, integrityKey }: KnownAssociation, parts: Uint8Array[]): Uint8Array {
  const hash = createHmac(integrity === Integrity.HMAC_SHA1_96 ? "sha1" : "sha256", integrityKey);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function split(keyAndSalt: Uint8Array): { key: Uint8Array; salt: Uint8Array } {
  return { key: keyAndSalt.subarray(0, -SALT), salt: keyAndSalt.subarray(-SALT) };
}

function word(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
