/** All keys that a node's configuration refers to. */
import { anycastKeys } from "./anycast/config.js";
import type { KeyReference } from "./ipsec/config.js";
import { associationKeys } from "./ipsec/keys.js";
import type { NodeConfig } from "./scenario.js";

export function nodeKeys({ ipsec, anycast }: NodeConfig): KeyReference[] {
  return [...associationKeys(ipsec?.associations), ...(anycast ? anycastKeys(anycast) : [])];
}
