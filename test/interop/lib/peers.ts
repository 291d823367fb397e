import type { LiveNode } from "../../../host-sim/core/scenario.js";
import { type Algorithms, association, type KernelState, key, writeKeys } from "./xfrm.js";

/** Pairs of associations between one of our nodes and addresses that scapy plays, as a configuration and as rows for scapy/associations.py. */

export interface PeerOptions {
  algorithms: Algorithms;
  mode?: "transport" | "tunnel";
  esn?: boolean;
  udp?: boolean;
  /** More keys of the policy: what it is for. */
  select?: object;
}

/** ESP in UDP: Linux wants a socket of a daemon for it, scapy and our nodes do not. */
interface PeerState extends KernelState {
  udp?: boolean;
}

export interface Peer {
  name: string;
  /** The node's address. */
  local: string;
  /** scapy's. */
  remote: string;
  in: PeerState;
  out: PeerState;
  select: object;
}

export function peer(name: string, local: string, remote: string, spi: number, options: PeerOptions): Peer {
  const { algorithms, mode = "transport", esn, udp = false, select = {} } = options;
  const both = { algorithms, mode, esn, udp };
  return {
    name,
    local,
    remote,
    in: { ...both, src: remote, dst: local, spi },
    out: { ...both, src: local, dst: remote, spi: spi + 1 },
    select,
  };
}

const policyName = (one: Peer): string => one.name.replace(/[^a-zA-Z0-9]+/g, "-");

/** `ipsec:` of the node; policies of `first` come before those of the peers. The keys go into `file`. */
export function ipsecOf(
  peers: readonly Peer[],
  file: string,
  { first = [], fallback }: { first?: object[]; fallback: "discard" | "bypass" },
): LiveNode["ipsec"] {
  writeKeys(
    file,
    peers.flatMap((one) => [one.in, one.out]),
  );
  return {
    default: fallback,
    policies: [
      ...first,
      ...peers.map((one) => ({
        name: policyName(one),
        local: one.local,
        remote: one.remote,
        action: "protect",
        ...(one.in.mode === "tunnel" ? { mode: "tunnel", tunnel: { local: one.local, remote: one.remote } } : {}),
        ...one.select,
      })),
    ],
    associations: peers.flatMap((one) => [
      { ...association(policyName(one), "in", one.in, file), udp: one.in.udp },
      { ...association(policyName(one), "out", one.out, file), udp: one.out.udp },
    ]),
  } as LiveNode["ipsec"];
}

const INTEGRITY_KEY = { "hmac-sha1-96": 20, "hmac-sha2-256-128": 32 };

/** The peer as scapy/associations.py reads it. */
export function rowOf(one: Peer): object {
  const { name, local, remote } = one;
  return { name, local, remote, in: rowOfState(one.in), out: rowOfState(one.out) };
}

export function rowOfState({ algorithms: a, spi, mode, esn, udp }: PeerState): object {
  return {
    spi,
    mode,
    esn,
    udp,
    protocol: a.protocol,
    encryption: a.encryption,
    key: key(spi, "encryption", a.keyLength ?? 0),
    integrity: a.integrity,
    integrityKey: a.integrity ? key(spi, "integrity", INTEGRITY_KEY[a.integrity]) : "",
  };
}
