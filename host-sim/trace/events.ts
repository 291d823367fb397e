/** Event records of the core (assembly/abi/event.ts, which draws their bytes) as objects with names. */
import { AddressState, Event, Registration } from "../../assembly/abi/event.js";
import { Verdict } from "../../assembly/abi/verdict.js";
import { formatIp4, formatIp6 } from "../core/address.js";
import { baStatusName, registrationStatusName } from "./status.js";
import { stepTitle } from "./steps.js";

export { Event };

/** Bytes of a record. */
export const EVENT_LENGTH = 48;

export interface DecodedEvent {
  kind: Event;
  /** The ABI's name, such as `BU_SENT`; `UNKNOWN_99` for a kind of a later ABI. */
  kindName: string;
  code: number;
  /** What `code` means for this kind; empty where it means nothing. */
  codeName: string;
  /** Milliseconds modulo 2^32. */
  timeMs: number;
  /** Addresses as text; `::` where the record has none. */
  a: string;
  b: string;
  x: number;
  y: number;
}

/** Reads the record at `offset`. Throws `RangeError` where fewer than 48 bytes are there. */
export function decodeEvent(bytes: DataView, offset: number): DecodedEvent {
  const kind = bytes.getUint16(offset, true) as Event;
  const code = bytes.getUint16(offset + 2, true);
  const address = (at: number) => formatIp6(new Uint8Array(bytes.buffer, bytes.byteOffset + offset + at, 16));
  const y = bytes.getUint32(offset + 44, true);
  const isIp4 = kind === Event.APPLICATION && code === 4;
  return {
    kind,
    kindName: Event[kind] ?? `UNKNOWN_${kind}`,
    code,
    codeName: codeName(kind, code),
    timeMs: bytes.getUint32(offset + 4, true),
    a: isIp4 ? formatIp4(new Uint8Array(bytes.buffer, bytes.byteOffset + offset + 8, 4)) : address(8),
    b: address(24),
    x: bytes.getUint32(offset + 40, true),
    y,
  };
}

/** An IPv4 address that a record holds in a scalar: its bytes are in wire order. */
export function scalarIp4(value: number): string {
  return formatIp4(Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24));
}

const CODES: Partial<Record<Event, string[]>> = {
  [Event.ROUTER]: ["went", "came"],
  [Event.MOVED]: ["", "to a visited link", "home"],
  [Event.BINDING]: ["made", "renewed", "removed", "expired", "restored"],
  [Event.TUNNEL]: ["taken away", "set"],
  [Event.TRANSLATION]: ["removed", "made", "renewed"],
  [Event.ASSOCIATION]: ["", "added", "reached its soft limit", "reached its hard limit", "removed"],
  [Event.ANYCAST_SERVER]: ["removed", "registered", "renewed", "expired", "restored"],
  [Event.OPTIMIZED]: ["by the home agent", "direct"],
};

function codeName(kind: Event, code: number): string {
  switch (kind) {
    case Event.STEP:
      return stepTitle(code);
    case Event.DROP:
      return Verdict[code] ?? `VERDICT_${code}`;
    case Event.ADDRESS:
      return AddressState[code] ?? "";
    case Event.REGISTRATION:
      return Registration[code] ?? "";
    case Event.BA_RECEIVED:
    case Event.BU_REFUSED:
      return baStatusName(code);
    case Event.ANYCAST_REGISTRATION:
      return registrationStatusName(code);
    case Event.ANYCAST_SERVER:
      if (code >= 16) return registrationStatusName(code - 16);
      return CODES[kind]?.[code] ?? "";
    default:
      return CODES[kind]?.[code] ?? "";
  }
}
