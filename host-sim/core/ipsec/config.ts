/** `ipsec:` of a node, as types: what scenario.schema.json lets through. */

/** Where a key is: by name in a YAML file of keys, or in an environment variable. A key itself is never written into a configuration. */
export type KeyReference = { file: string; name: string } | { environment: string };

export interface IpsecConfig {
  default?: "discard" | "bypass";
  policies?: PolicyConfig[];
  associations?: AssociationConfig[];
}

export interface PolicyConfig {
  name?: string;
  process?: number;
  direction?: "in" | "out" | "both";
  local?: string;
  remote?: string;
  protocol?: string | number;
  type?: string | number;
  "local-port"?: number | string;
  "remote-port"?: number | string;
  action: "protect" | "bypass" | "discard";
  mode?: "transport" | "tunnel";
  tunnel?: { local: string; remote: string };
}

export interface AssociationConfig {
  /** A policy's name. */
  policy: string;
  direction: "in" | "out";
  spi: number;
  protocol?: "esp" | "ah";
  /** YAML reads `null` as its own. */
  encryption?: string | null;
  key?: KeyReference;
  integrity?: string;
  "integrity-key"?: KeyReference;
  esn?: boolean;
  window?: number;
  udp?: boolean;
  lifetime?: LifetimeConfig;
}

export interface LifetimeConfig {
  bytes?: number;
  packets?: number;
  time?: string;
  /** Percent of the hard limits. */
  soft?: number;
}

/** The algorithms' names, those that are not said included. */
export function algorithms({ encryption = "none", integrity = "none" }: AssociationConfig): {
  encryption: string;
  integrity: string;
} {
  return { encryption: encryption ?? "null", integrity };
}
