// Values of the configuration messages that the setups of bench and fuzzer use; assembly/abi/message.ts has the layouts.
import { AnycastKeyUse } from "../../assembly/abi/anycast.js";
import { Encryption, Integrity } from "../../assembly/abi/ipsec.js";
import { Message } from "../../assembly/abi/message.js";
import { PortKind } from "../../assembly/abi/port.js";
import { be, concat, le, portMac } from "./frames.js";

/** A message: type and value. */
export type Setting = [Message, Uint8Array];

const U8 = 8;
const ANY = new Uint8Array(16);

export const entropy: Setting = [Message.ENTROPY, Uint8Array.from({ length: 32 }, (_, i) => i * 37 + 11)];

export function port(n: number, kind: PortKind, mtu = 1500): Setting {
  const mac = kind === PortKind.ETHER ? portMac(n) : new Uint8Array(6);
  return [Message.PORT, concat(be(U8, n, kind), le(16, mtu), mac, le(16, 0))];
}

/** An address by hand, without duplicate address detection. */
export function address(portNumber: number, ip: Uint8Array, length = 64): Setting {
  return [Message.ADDRESS, concat(be(U8, portNumber, length, 1, 0), ip)];
}

/** A route; without a next hop the prefix is on the link. */
export function route(portNumber: number, prefix: Uint8Array, length: number, nextHop: Uint8Array = ANY): Setting {
  return [Message.ROUTE, concat(be(U8, portNumber, length, 0, 0), prefix, nextHop)];
}

/** Autoconfiguration with optimistic DAD. */
export function host(portNumber: number): Setting {
  return [Message.HOST, concat(be(U8, portNumber, 3, 0, 0), new Uint8Array(32).fill(7))];
}

/** Advertisements every 3 to 4 s, the router is a home agent. */
export function advertise(portNumber: number): Setting {
  const times = le(32, 3000, 4000, 0, 0, 0);
  return [Message.ADVERTISE, concat(be(U8, portNumber, 0x20, 64, 3), le(16, 1800, 1, 1800, 0), times)];
}

/** An advertised prefix with the router's own address (flags L, A, R). */
export function prefix(portNumber: number, own: Uint8Array): Setting {
  return [Message.PREFIX, concat(be(U8, portNumber, 64, 0xe0, 0), le(32, 86400, 14400), own)];
}

/** A mobile node that asks for an acknowledgement and for home registration; lifetime in units of 4 s. */
export function mobileNode(portNumber: number, home: Uint8Array, agent: Uint8Array, lifetime = 1000): Setting {
  return [Message.MOBILE_NODE, concat(be(U8, portNumber, 64, 0xc0, 0), le(16, lifetime, 0), home, agent)];
}

export enum Security {
  REQUIRED = 0,
  NONE = 1,
}
/** A home agent without DAD for new bindings. */
export function homeAgent(portNumber: number, own: Uint8Array, security = Security.NONE): Setting {
  return [Message.HOME_AGENT, concat(be(U8, portNumber, 64, security, 0), le(16, 1000, 1, 1800, 0), own)];
}

/** SPIs of `signalling`. */
export const UPDATE_SPI = 0x1001;
export const ACKNOWLEDGEMENT_SPI = 0x1002;

/** A home agent's policies for Binding Updates and Acknowledgements of a home address: ESP without encryption; the rest passes. */
export function signalling(agent: Uint8Array, home: Uint8Array): Setting[] {
  const policy = (id: number, direction: number, type: number): Setting => [
    Message.POLICY,
    concat(
      ...[le(16, id), be(U8, 0, 2, direction, 0, 135, 0, 128, 128), le(16, 0, type << 8, (type << 8) | 255, 0, 0xffff)],
      ...[agent, home, ANY, ANY],
    ),
  ];
  const associate = (spi: number, id: number, direction: number): Setting => [
    Message.ASSOCIATION,
    concat(
      ...[le(32, spi), le(16, id), be(U8, direction, 50, Encryption.NULL, Integrity.HMAC_SHA2_256_128, 0, 0, 32, 0)],
      ...[le(16, 64), new Uint8Array(16), le(32, 0, 0), new Uint8Array(32).fill(spi & 255)],
    ),
  ];
  return [
    [Message.IPSEC, be(U8, 1, 0, 0, 0)],
    policy(1, 1, 5),
    policy(2, 2, 6),
    associate(UPDATE_SPI, 1, 1),
    associate(ACKNOWLEDGEMENT_SPI, 2, 2),
  ];
}

export function homeAddress(home: Uint8Array): Setting {
  return [Message.HOME_ADDRESS, home];
}

export function program(number: number): Setting {
  return [Message.PROGRAM, le(16, number, 1)];
}

/** Virtual IPv4 addresses for IPv6 ones; unknown IPv4 destinations go through the pool of IPv6 addresses. */
export function pool4(prefix4: Uint8Array, length: number): Setting {
  return [Message.POOL4, concat(prefix4, be(U8, length, 3, 0, 0))];
}

/** Virtual IPv6 addresses for IPv4 ones; with length 96 the address is embedded, RFC 6052. */
export function pool6(prefix6: Uint8Array, length: number): Setting {
  return [Message.POOL6, concat(be(U8, length, 0, 0, 0), prefix6)];
}

/** A fixed row of table 230. */
export function translation(ip6: Uint8Array, ip4: Uint8Array): Setting {
  return [Message.TRANSLATION, concat(ip6, ip4)];
}

/** A name server under a virtual IPv4 address. */
export function dns(virtual4: Uint8Array, server6: Uint8Array): Setting {
  return [Message.DNS, concat(virtual4, server6)];
}

/** A node that keeps bindings of mobile nodes, for up to 420 s. */
export const correspondent: Setting = [Message.CORRESPONDENT, concat(be(U8, 1, 0), le(16, 105))];

/** A mobile node asks correspondents in the prefix for a binding. */
export function optimize(prefix6: Uint8Array, length: number): Setting {
  return [Message.OPTIMIZE, concat(be(U8, length, 0, 0, 0), prefix6)];
}

/** A key of an anycast address, docs/anycast-identifier.md. */
export function anycastKey(id: number, use: AnycastKeyUse, anycast: Uint8Array, key: Uint8Array): Setting {
  return [Message.ANYCAST_KEY, concat(le(16, id), be(U8, use, key.length), anycast, key)];
}

/** Answers from it are verified; key id 0: the plain form is enough. */
export function anycastClient(anycast: Uint8Array, keyId: number, seconds = 30): Setting {
  return [Message.ANYCAST_CLIENT, concat(le(16, keyId, seconds), anycast)];
}

export function anycastServer(anycast: Uint8Array, unicast: Uint8Array): Setting {
  return [Message.ANYCAST_SERVER, concat(anycast, unicast)];
}

/** The server makes itself known to a router. */
export function anycastRegister(anycast: Uint8Array, router: Uint8Array, keyId: number, lifetime = 30): Setting {
  return [Message.ANYCAST_REGISTER, concat(le(16, keyId, lifetime), be(U8, 10, 0, 0, 0), anycast, router)];
}

/** Which side of a boundary router a port is on. */
export function boundary(portNumber: number, inside: boolean): Setting {
  return [Message.BOUNDARY, be(U8, portNumber, inside ? 1 : 0, 0, 0)];
}

export function boundaryAnycast(anycast: Uint8Array): Setting {
  return [Message.BOUNDARY_ANYCAST, anycast];
}

/** A server by hand. */
export function boundaryServer(unicast: Uint8Array, anycast: Uint8Array, cost = 10): Setting {
  return [Message.BOUNDARY_SERVER, concat(be(U8, cost, 0, 0, 0), unicast, anycast)];
}

export { AnycastKeyUse, PortKind };
