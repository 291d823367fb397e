/** `anycast:` of a node, as types: what scenario.schema.json lets through. The protocol is docs/anycast-identifier.md. */
import type { KeyReference } from "../ipsec/config.js";

/** A key by reference, with the id by which packets name it. */
export type AnycastKey = KeyReference & { id: number };

export interface AnycastConfig {
  client?: AnycastClientConfig[];
  server?: AnycastServerConfig[];
  boundary?: BoundaryConfig;
}

export interface AnycastClientConfig {
  /** The anycast address; so below. */
  address: string;
  key?: AnycastKey;
  timeout?: string;
}

export interface AnycastServerConfig {
  address: string;
  /** Unicast address of this node. */
  from: string;
  keys?: AnycastKey[];
  register?: RegisterConfig[];
}

export interface RegisterConfig {
  router: string;
  key: AnycastKey;
  lifetime?: string;
  cost?: number;
}

export interface BoundaryConfig {
  /** Names of ports; every other one is outside. */
  inside: string[];
  anycast?: BoundaryAnycastConfig[];
  servers?: BoundaryServerConfig[];
}

export interface BoundaryAnycastConfig {
  address: string;
  keys?: AnycastKey[];
  "registration-keys"?: AnycastKey[];
}

export interface BoundaryServerConfig {
  /** Unicast. */
  address: string;
  anycast: string;
  cost?: number;
}

/** Every key of it, in the order of the file. */
export function anycastKeys({ client = [], server = [], boundary }: AnycastConfig): AnycastKey[] {
  return [
    ...client.flatMap(({ key }) => key ?? []),
    ...server.flatMap(({ keys = [], register = [] }) => [...keys, ...register.map(({ key }) => key)]),
    ...(boundary?.anycast ?? []).flatMap((one) => [...(one.keys ?? []), ...(one["registration-keys"] ?? [])]),
  ];
}
