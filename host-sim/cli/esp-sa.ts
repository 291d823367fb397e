/** `--esp-sa FILE`: what Wireshark needs to open a run's capture. The file holds keys: it is its owner's alone, and written only when asked for. */
import { rmSync, writeFileSync } from "node:fs";
import { espSaText } from "../trace/ipsec/esp-sa.js";
import type { KnownAssociation } from "../trace/ipsec/keyring.js";

/** A file that is there already is replaced. Says on stderr how many associations have no line. */
export function writeEspSa(file: string, associations: KnownAssociation[]): void {
  const { text, left } = espSaText(associations);
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o600, flag: "wx" });
  if (left > 0) {
    process.stderr.write(
      `${left} associations have no line in ${file}: Wireshark has none for ChaCha20-Poly1305 and AH\n`,
    );
  }
}
