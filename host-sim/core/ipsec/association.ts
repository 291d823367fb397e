/** An association of a configuration as the core takes it. */
import { Direction } from "../../../assembly/abi/ipsec.js";
import type { AssociationSettings } from "../settings.js";
import { durationS } from "../units.js";
import { type AssociationConfig, algorithms } from "./config.js";
import { readKey } from "./keys.js";
import { ENCRYPTION, INTEGRITY, PROTOCOL } from "./names.js";

const FLAG = { ESN: 1, UDP: 2 };
const WINDOW = 64;
/** Percent. */
const SOFT = 80;

/** The association has passed its checks. `policies`: names in the order of their ids. Throws `KeyError` where a key has gone since. */
export function associationSettings(one: AssociationConfig, policies: (string | undefined)[]): AssociationSettings {
  const { lifetime = {} } = one;
  const { encryption, integrity } = algorithms(one);
  return {
    spi: one.spi,
    policy: policies.indexOf(one.policy) + 1,
    direction: one.direction === "in" ? Direction.IN : Direction.OUT,
    protocol: PROTOCOL[one.protocol ?? "esp"],
    encryption: ENCRYPTION[encryption].id,
    integrity: INTEGRITY[integrity].id,
    flags: (one.esn ? FLAG.ESN : 0) | (one.udp ? FLAG.UDP : 0),
    softPercent: lifetime.soft ?? SOFT,
    window: one.window ?? WINDOW,
    hardBytes: lifetime.bytes ?? 0,
    hardPackets: lifetime.packets ?? 0,
    hardSeconds: lifetime.time ? durationS(lifetime.time) : 0,
    key: one.key ? readKey(one.key) : new Uint8Array(0),
    integrityKey: one["integrity-key"] ? readKey(one["integrity-key"]) : new Uint8Array(0),
  };
}
