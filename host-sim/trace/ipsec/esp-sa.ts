/**
 * Wireshark's table of ESP associations, its file `esp_sa`: a line each, every field in quotes: protocol, source, destination, SPI,
 * encryption, key, authentication, key. It knows no ChaCha20-Poly1305, no AH, and (4.0) no extended sequence numbers: with these it
 * decrypts and calls the ICV of an HMAC wrong.
 */
import { Encryption, Integrity } from "../../../assembly/abi/ipsec.js";
import type { KnownAssociation } from "./keyring.js";

const ESP = 50;
const ENCRYPTION: [Encryption, string][] = [
  [Encryption.NULL, "NULL"],
  [Encryption.AES_CBC, "AES-CBC [RFC3602]"],
  [Encryption.AES_GCM_16, "AES-GCM with 16 octet ICV [RFC4106]"],
];
const INTEGRITY: [Integrity, string][] = [
  [Integrity.NONE, "NULL"],
  [Integrity.HMAC_SHA1_96, "HMAC-SHA-1-96 [RFC2404]"],
  [Integrity.HMAC_SHA2_256_128, "HMAC-SHA-256-128 [RFC4868]"],
];

/** The file's text, and how many associations it has no line for. */
export function espSaText(associations: KnownAssociation[]): { text: string; left: number } {
  const lines = new Set<string>();
  let left = 0;
  for (const { protocol, spi, encryption, integrity, key, integrityKey } of associations) {
    const cipher = ENCRYPTION.find(([id]) => id === encryption)?.[1];
    const hash = INTEGRITY.find(([id]) => id === integrity)?.[1];
    if (protocol !== ESP || cipher === undefined || hash === undefined) {
      left++;
      continue;
    }
    const fields = [
      "IPv6",
      "*",
      "*",
      `0x${spi.toString(16).padStart(8, "0")}`,
      cipher,
      hex(key),
      hash,
      hex(integrityKey),
    ];
    lines.add(fields.map((field) => `"${field}"`).join(","));
  }
  return { text: [...lines, ""].join("\n"), left };
}

/** What a file of that form holds. Throws an `Error` that names the line and quotes nothing of it. */
export function readEspSa(text: string): KnownAssociation[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const fields = /^\s*"[^"]*"(,"[^"]*"){7,}\s*$/.test(line) ? [...line.matchAll(/"([^"]*)"/g)].map(([, f]) => f) : [];
    const encryption = ENCRYPTION.find(([, name]) => name === fields[4])?.[0];
    const integrity = INTEGRITY.find(([, name]) => name === fields[6])?.[0];
    const spi = Number(fields[3]);
    const [key, integrityKey] = [bytes(fields[5]), bytes(fields[7])];
    const wrong =
      encryption === undefined || integrity === undefined || !Number.isInteger(spi) || !key || !integrityKey;
    if (wrong || !fits(encryption, integrity, key, integrityKey)) {
      throw new Error(`line ${i + 1}: expected "IPv6","*","*","0xSPI","ENCRYPTION","0xKEY","AUTHENTICATION","0xKEY"`);
    }
    return [{ spi, protocol: ESP, encryption, integrity, esn: false, key, integrityKey }];
  });
}

function fits(encryption: Encryption, integrity: Integrity, key: Uint8Array, integrityKey: Uint8Array): boolean {
  if (encryption === Encryption.AES_GCM_16) return [20, 28, 36].includes(key.length) && integrity === Integrity.NONE;
  const hashed = integrity !== Integrity.NONE && integrityKey.length > 0;
  return hashed && (encryption === Encryption.NULL || [16, 24, 32].includes(key.length));
}

function hex(bytes: Uint8Array): string {
  return bytes.length === 0 ? "" : `0x${Buffer.from(bytes).toString("hex")}`;
}

function bytes(text: string | undefined): Uint8Array | undefined {
  const digits = text?.replace(/^0x/, "");
  if (digits === undefined || !/^([0-9a-fA-F]{2})*$/.test(digits)) return undefined;
  return Uint8Array.from(Buffer.from(digits, "hex"));
}
