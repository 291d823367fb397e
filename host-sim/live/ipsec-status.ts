/** Rows of the security policy and association databases (assembly/roles/ipsec/query.ts draws them) as objects. */
import { Encryption, Integrity, PolicyAction } from "../../assembly/abi/ipsec.js";
import { formatIp6 } from "../core/address.js";
import { PROTOCOL } from "../core/ipsec/names.js";
import type { Row } from "./status.js";

const DIRECTIONS = ["", "in", "out", "both"];
const MODES = ["transport", "tunnel"];
const POLICY_FLAG = { ANY_PROTOCOL: 1 };
const ASSOCIATION_FLAG = { ESN: 1, UDP: 2, SOFT: 4, HARD: 8 };
const PROTOCOLS = new Map<number, string>(Object.entries(PROTOCOL).map(([name, number]) => [number, name]));

export function policy(row: Uint8Array, view: DataView): Row {
  const tunnel = row[5] === 1 ? `${formatIp6(row, 52)} > ${formatIp6(row, 68)}` : "";
  return {
    id: view.getUint16(0, true),
    process: row[2],
    direction: DIRECTIONS[row[4]] ?? row[4],
    local: `${formatIp6(row, 20)}/${row[8]}`,
    remote: `${formatIp6(row, 36)}/${row[9]}`,
    protocol: (row[7] & POLICY_FLAG.ANY_PROTOCOL) !== 0 ? "any" : (PROTOCOLS.get(row[6]) ?? row[6]),
    action: (PolicyAction[row[3]] ?? String(row[3])).toLowerCase(),
    mode: MODES[row[5]] ?? row[5],
    tunnel,
  };
}

export function association(row: Uint8Array, view: DataView): Row {
  const flags = row[10];
  const seconds = view.getUint32(40, true);
  return {
    spi: `0x${view.getUint32(0, true).toString(16).padStart(8, "0")}`,
    direction: DIRECTIONS[row[6]] ?? row[6],
    policy: view.getUint16(4, true),
    protocol: PROTOCOLS.get(row[7]) ?? row[7],
    encryption: (Encryption[row[8]] ?? String(row[8])).toLowerCase(),
    integrity: (Integrity[row[9]] ?? String(row[9])).toLowerCase(),
    esn: (flags & ASSOCIATION_FLAG.ESN) !== 0,
    udp: (flags & ASSOCIATION_FLAG.UDP) !== 0,
    state: (flags & ASSOCIATION_FLAG.HARD) !== 0 ? "ended" : (flags & ASSOCIATION_FLAG.SOFT) !== 0 ? "renew" : "in use",
    window: view.getUint16(12, true),
    number: String(view.getBigUint64(16, true)),
    bytes: String(view.getBigUint64(32, true)),
    seconds: seconds === 0xffffffff ? "for ever" : seconds,
  };
}
