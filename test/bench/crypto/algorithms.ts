/** What is measured on boards; `run` is the export of test/bench/assembly/crypto.ts. */
export interface Algorithm {
  name: string;
  run: string;
  /** Asked of a packet of 1280 bytes with gcc -O2, a byte: cycles on the RP2040, instructions on rv32imc. */
  limits?: { rp2040: number; rv32imc?: number };
}

/** Names with "key anew" make the key ready for every packet; the others find it ready, as a security association keeps it. */
export const algorithms: readonly Algorithm[] = [
  { name: "ChaCha20-Poly1305", run: "chachaPoly", limits: { rp2040: 98, rv32imc: 47 } },
  { name: "  ChaCha20", run: "chacha" },
  { name: "  Poly1305", run: "poly" },
  { name: "AES-128-GCM", run: "gcm", limits: { rp2040: 345, rv32imc: 270 } },
  { name: "  key anew", run: "freshGcm" },
  { name: "  AES-128-CTR", run: "counter" },
  { name: "SHA-256", run: "sha256", limits: { rp2040: 110, rv32imc: 70 } },
  { name: "HMAC-SHA-1", run: "hmacSha1", limits: { rp2040: 56, rv32imc: 32 } },
  { name: "  key anew", run: "freshHmacSha1" },
  { name: "AES-128-CBC + HMAC-SHA-256, out", run: "cbcHmacOut", limits: { rp2040: 660 } },
  { name: "  key anew", run: "freshCbcHmacOut" },
  { name: "AES-128-CBC + HMAC-SHA-256, in", run: "cbcHmacIn", limits: { rp2040: 660 } },
  { name: "  AES-128-CBC, out", run: "cbcOut" },
  { name: "  AES-128-CBC, in", run: "cbcIn" },
];
