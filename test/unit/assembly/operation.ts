/** What the image of crypto.ts can be asked to do. From GCM_SEAL on an AES key is made ready first. */
export enum Operation {
  SHA1 = 1,
  SHA256,
  HMAC_SHA1,
  HMAC_SHA256,
  CHACHA20,
  POLY1305_13,
  POLY1305_26,
  CHACHA_SEAL,
  CHACHA_OPEN,
  GCM_SEAL,
  GCM_OPEN,
  CTR,
  CBC_ENCRYPT,
  CBC_DECRYPT,
}
