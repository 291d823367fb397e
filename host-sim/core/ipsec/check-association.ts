/** Can an association do its work: its algorithms go together, its keys fit them, its policy is there and wants it? */
import type { Checker } from "../checker.js";
import type { Path } from "../yaml-file.js";
import { checkReference } from "./check-key.js";
import { type AssociationConfig, algorithms, type IpsecConfig, type KeyReference } from "./config.js";
import { ENCRYPTION, INTEGRITY } from "./names.js";

/** `scope`: the node's name; SPIs and keys of different nodes may be equal. */
export function checkAssociation(
  check: Checker,
  at: Path,
  one: AssociationConfig,
  ipsec: IpsecConfig,
  scope: string,
): void {
  checkPolicyOf(check, at, one, ipsec);
  check.unique(`SPI with direction ${one.direction} of ${scope}`, `0x${one.spi.toString(16)}`, [...at, "spi"]);
  checkAlgorithms(check, at, one, scope);
}

function checkPolicyOf(check: Checker, at: Path, one: AssociationConfig, { policies = [] }: IpsecConfig): void {
  const names = policies.flatMap(({ name }) => name ?? []);
  const where = [...at, "policy"];
  if (!check.known(where, one.policy, "policy", names)) return;
  const policy = policies.find(({ name }) => name === one.policy)!;
  if (policy.action !== "protect") {
    check.report(where, `policy "${one.policy}" has action: ${policy.action}; only protect has associations`);
  } else if ((policy.direction ?? "both") !== "both" && policy.direction !== one.direction) {
    check.report([...at, "direction"], `policy "${one.policy}" has direction: ${policy.direction}`);
  }
}

/** What is wrong with how the algorithms go together, at which key; for ESP and AH. */
function mismatch(one: AssociationConfig): [keyof AssociationConfig, string] | undefined {
  const { encryption, integrity } = algorithms(one);
  if (one.protocol === "ah") {
    if (encryption !== "none") return ["encryption", "AH does not encrypt: leave encryption out, or use protocol: esp"];
    if (integrity === "none") return ["protocol", "AH needs an integrity algorithm: add integrity and integrity-key"];
    return one.udp ? ["udp", "AH cannot be carried in UDP (RFC 3948 §1)"] : undefined;
  }
  if (encryption === "none") {
    return ["encryption", "ESP needs an encryption algorithm; encryption: null is integrity alone (RFC 2410)"];
  }
  if (integrity === "aes-gmac") return ["integrity", "aes-gmac belongs to protocol: ah"];
  if (ENCRYPTION[encryption].aead) {
    return integrity === "none" ? undefined : ["integrity", `${encryption} has its own integrity: leave integrity out`];
  }
  if (integrity !== "none") return undefined;
  return ["encryption", `${encryption} without integrity protects nothing: add integrity and integrity-key`];
}

/** What can be told without the node that it is for. `scope` as above. */
export function checkAlgorithms(check: Checker, at: Path, one: AssociationConfig, scope: string): void {
  const { encryption, integrity } = algorithms(one);
  const knownCipher = check.known([...at, "encryption"], encryption, "algorithm", Object.keys(ENCRYPTION));
  const knownHash = check.known([...at, "integrity"], integrity, "algorithm", Object.keys(INTEGRITY));
  if (!knownCipher || !knownHash) return;
  const wrong = mismatch(one);
  if (wrong) {
    const [key, message] = wrong;
    if (one[key] === undefined) check.report(at, message);
    else check.report([...at, key], message);
    return;
  }
  const key = checkKey(check, at, "key", one.key, encryption, ENCRYPTION[encryption].keys);
  const integrityKey = checkKey(check, at, "integrity-key", one["integrity-key"], integrity, INTEGRITY[integrity].keys);
  // What is told about a key that was used before is where, never what.
  if (key && ENCRYPTION[encryption].aead) checkFresh(check, [...at, "key"], key, scope);
  if (integrityKey && integrity === "aes-gmac") checkFresh(check, [...at, "integrity-key"], integrityKey, scope);
}

/** The key where it is there and as it must be. */
function checkKey(
  check: Checker,
  at: Path,
  name: "key" | "integrity-key",
  reference: KeyReference | undefined,
  algorithm: string,
  lengths: readonly number[],
): Uint8Array | undefined {
  const where = [...at, name];
  if (lengths[0] === 0) {
    if (reference)
      check.report(where, `${name === "key" ? "encryption" : "integrity"}: ${algorithm} takes no key`, "key");
    return undefined;
  }
  if (!reference) {
    check.report(at, `expected a key "${name}" for ${algorithm}`);
    return undefined;
  }
  const key = checkReference(check, where, reference);
  if (!key || lengths.includes(key.length)) return key;
  const salted = algorithm === "aes-gmac" || ENCRYPTION[algorithm]?.aead ? ", a salt of 4 behind the key included" : "";
  check.report(where, `expected ${lengths.join(" or ")} bytes for ${algorithm}${salted}; this key has ${key.length}`);
  return undefined;
}

/** Two associations of one key and salt would use a nonce twice, which gives both packets and the integrity key away (RFC 4106 §3.1). */
function checkFresh(check: Checker, path: Path, key: Uint8Array, scope: string): void {
  check.uniqueSecret(`key of ${scope}`, key, path);
}
