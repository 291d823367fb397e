import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { AssociationConfig } from "../../../host-sim/core/ipsec/config.js";
import type { Bench } from "./suite.js";
import type { Uml } from "./uml.js";

/** Manual keys for a Linux kernel (`ip xfrm`) and for a node of ours, from one description. */

export type Transform = "aes-gcm-16" | "chacha20-poly1305" | "aes-cbc" | "null";
export type Check = "hmac-sha1-96" | "hmac-sha2-256-128";

export interface Algorithms {
  name: string;
  protocol: "esp" | "ah";
  encryption?: Transform;
  /** Bytes of the key, salt included. */
  keyLength?: number;
  integrity?: Check;
}

/** What Linux and the core both have. */
export const ALGORITHMS: readonly Algorithms[] = [
  { name: "aes-128-gcm", protocol: "esp", encryption: "aes-gcm-16", keyLength: 20 },
  { name: "aes-256-gcm", protocol: "esp", encryption: "aes-gcm-16", keyLength: 36 },
  { name: "chacha20-poly1305", protocol: "esp", encryption: "chacha20-poly1305", keyLength: 36 },
  {
    name: "aes-128-cbc hmac-sha2",
    protocol: "esp",
    encryption: "aes-cbc",
    keyLength: 16,
    integrity: "hmac-sha2-256-128",
  },
  { name: "aes-256-cbc hmac-sha1", protocol: "esp", encryption: "aes-cbc", keyLength: 32, integrity: "hmac-sha1-96" },
  { name: "null hmac-sha2", protocol: "esp", encryption: "null", keyLength: 0, integrity: "hmac-sha2-256-128" },
  { name: "ah hmac-sha1", protocol: "ah", integrity: "hmac-sha1-96" },
  { name: "ah hmac-sha2", protocol: "ah", integrity: "hmac-sha2-256-128" },
];

const INTEGRITY = {
  "hmac-sha1-96": { kernel: "hmac(sha1)", bits: 96, keyLength: 20 },
  "hmac-sha2-256-128": { kernel: "hmac(sha256)", bits: 128, keyLength: 32 },
} as const;
const AEAD = { "aes-gcm-16": "rfc4106(gcm(aes))", "chacha20-poly1305": "rfc7539esp(chacha20,poly1305)" } as const;
const CIPHER = { "aes-cbc": "cbc(aes)", null: "ecb(cipher_null)" } as const;

let serial = 0;

/** One direction of a pair of associations. */
export interface KernelState {
  algorithms: Algorithms;
  src: string;
  dst: string;
  spi: number;
  mode: "transport" | "tunnel";
  esn?: boolean;
  /** Bits of the replay window; Linux wants one for extended sequence numbers. */
  window?: number;
  /** More words of `ip xfrm state`: selectors, `coa`. */
  more?: string;
}

/** A key that belongs to this SPI alone: as long as an SPI is not used twice, no key is. */
export function key(spi: number, use: "encryption" | "integrity", length: number): string {
  const wide = ["a", "b"].map((half) => createHash("sha256").update(`${spi} ${use} ${half}`).digest());
  return Buffer.concat(wide).subarray(0, length).toString("hex");
}

/** Words of `ip xfrm state add`. */
export function kernelState(state: KernelState): string {
  const { algorithms: a, spi } = state;
  const words = [`src ${state.src} dst ${state.dst} proto ${a.protocol} spi 0x${spi.toString(16)} mode ${state.mode}`];
  words.push(`replay-window ${state.window ?? 128}`);
  if (state.esn) words.push("flag esn");
  if (a.encryption === "aes-gcm-16" || a.encryption === "chacha20-poly1305")
    words.push(`aead '${AEAD[a.encryption]}' 0x${key(spi, "encryption", a.keyLength!)} 128`);
  if (a.integrity) {
    const { kernel, bits, keyLength } = INTEGRITY[a.integrity];
    words.push(`auth-trunc '${kernel}' 0x${key(spi, "integrity", keyLength)} ${bits}`);
  }
  if (a.encryption === "aes-cbc" || a.encryption === "null") {
    const text = key(spi, "encryption", a.keyLength!);
    words.push(`enc '${CIPHER[a.encryption]}' ${text === "" ? '""' : `0x${text}`}`);
  }
  if (state.more) words.push(state.more);
  return words.join(" ");
}

/** Modules of the guest's kernel that `ip xfrm` needs; it loads the algorithms itself. */
export const IPSEC_MODULES = [
  "xfrm_user",
  "esp6",
  "ah6",
  "xfrm6_tunnel",
  "tunnel6",
  "authenc",
  "authencesn",
  "cbc",
  "gcm",
];

/** Lines of `ip -6` for the guest, as one batch from a file: its serial line swallows long commands, and a process costs it time. */
export async function batch(bench: Bench, guest: Uml, lines: readonly string[]): Promise<void> {
  const file = bench.file(`batch-${serial++}`);
  writeFileSync(file, `${lines.join("\n")}\n`);
  await guest.must(`ip -6 -batch ${file}`, 60_000);
}

/** Counters of `/proc/net/xfrm_stat`. */
export async function xfrmStat(guest: Uml): Promise<Record<string, number>> {
  const text = await guest.must("cat /proc/net/xfrm_stat");
  return Object.fromEntries(
    text
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .map(([name, value]) => [name, Number(value)]),
  );
}

/** An entry of a node's `ipsec.associations`, whose keys stand in the key file under its SPI. */
export function association(
  policy: string,
  direction: "in" | "out",
  state: KernelState,
  file: string,
): AssociationConfig {
  const { algorithms: a, spi } = state;
  return {
    policy,
    direction,
    spi,
    protocol: a.protocol,
    ...(a.encryption ? { encryption: a.encryption } : {}),
    ...(a.integrity ? { integrity: a.integrity, "integrity-key": { file, name: `integrity-${spi}` } } : {}),
    ...(a.encryption && a.keyLength! > 0 ? { key: { file, name: `encryption-${spi}` } } : {}),
    ...(state.esn ? { esn: true } : {}),
    window: 256,
  };
}

/** Writes the key file of these associations. */
export function writeKeys(file: string, states: readonly KernelState[]): void {
  const lines = states.flatMap(({ algorithms: a, spi }) => [
    ...(a.encryption && a.keyLength! > 0 ? [`encryption-${spi}: "${key(spi, "encryption", a.keyLength!)}"`] : []),
    ...(a.integrity ? [`integrity-${spi}: "${key(spi, "integrity", INTEGRITY[a.integrity].keyLength)}"`] : []),
  ]);
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
}
