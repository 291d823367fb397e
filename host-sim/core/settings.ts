/** What messages of many fields say (messages.ts): units and numbers are those of assembly/abi/message.ts. */
import type { Direction, Encryption, Integrity, Mode, PolicyAction } from "../../assembly/abi/ipsec.js";
import type { Prefix } from "./address.js";

export interface AdvertiseSettings {
  port: number;
  /** M 0x80, O 0x40, H 0x20. */
  flags: number;
  hopLimit: number;
  /** 1 = advertisement interval option, 2 = home agent information option. */
  options: number;
  routerLifetimeS: number;
  preference: number;
  homeAgentLifetimeS: number;
  minIntervalMs: number;
  maxIntervalMs: number;
  reachableMs: number;
  retransMs: number;
  /** 0 = no MTU option. */
  mtu: number;
}

export interface HomeAgentSettings {
  /** Of the home link. */
  port: number;
  prefixLength: number;
  /** True: accept Binding Updates without IPsec. */
  securityNone: boolean;
  /** Longest lifetime of a binding, in units of 4 s. */
  lifetime4s: number;
  preference: number;
  homeAgentLifetimeS: number;
  dad: boolean;
  address: Uint8Array;
}

export interface MobileNodeSettings {
  port: number;
  prefixLength: number;
  /** A 0x80, H 0x40, L 0x20, K 0x10. */
  flags: number;
  lifetime4s: number;
  homeAddress: Uint8Array;
  /** :: = found by dynamic home agent address discovery. */
  homeAgent: Uint8Array;
}

export interface PolicySettings {
  id: number;
  process: number;
  action: PolicyAction;
  /** Bits of `Direction`. */
  directions: number;
  mode: Mode;
  protocol: number;
  /** 1 = any protocol, 2, 4 = the local, the remote tunnel end follows a care-of address. */
  flags: number;
  local: Prefix;
  remote: Prefix;
  /** First and last. */
  localPorts: [number, number];
  remotePorts: [number, number];
  tunnelLocal: Uint8Array;
  tunnelRemote: Uint8Array;
}

export interface AssociationSettings {
  spi: number;
  /** The policy's id. */
  policy: number;
  direction: Direction;
  /** 50 or 51. */
  protocol: number;
  encryption: Encryption;
  integrity: Integrity;
  /** 1 = extended sequence numbers, 2 = in UDP. */
  flags: number;
  softPercent: number;
  /** Bits of the replay window. */
  window: number;
  /** 0 = no limit. */
  hardBytes: number;
  hardPackets: number;
  hardSeconds: number;
  key: Uint8Array;
  integrityKey: Uint8Array;
}

export interface AnycastRegisterSettings {
  keyId: number;
  /** 0 = no more. */
  lifetimeS: number;
  cost: number;
  anycast: Uint8Array;
  router: Uint8Array;
}
