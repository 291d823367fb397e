/**
 * Writes the messages of assembly/abi/message.ts, which draws their bytes: one method a message, in the order of that file.
 * Addresses are bytes in wire order, durations are what the ABI says (milliseconds unless a name says otherwise).
 */
import type { AnycastKeyUse } from "../../assembly/abi/anycast.js";
import type { Direction } from "../../assembly/abi/ipsec.js";
import { Message } from "../../assembly/abi/message.js";
import type { PortKind } from "../../assembly/abi/port.js";
import type {
  AdvertiseSettings,
  AnycastRegisterSettings,
  AssociationSettings,
  HomeAgentSettings,
  MobileNodeSettings,
  PolicySettings,
} from "./settings.js";

export class Messages {
  private buffer = new Uint8Array(1024);
  private view = new DataView(this.buffer.buffer);
  private length = 0;

  /** The messages written so far; a copy. */
  bytes(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  entropy(seed: Uint8Array): this {
    return this.put(Message.ENTROPY, 32).raw(0, seed, 32);
  }

  /** Milliseconds since 1970. */
  wallClock(ms: number): this {
    return this.put(Message.WALL_CLOCK, 8)
      .u32(0, ms % 2 ** 32)
      .u32(4, ms / 2 ** 32);
  }

  trace(level: number): this {
    return this.put(Message.TRACE, 1).u8(0, level);
  }

  link(port: number, up: boolean): this {
    return this.put(Message.LINK, 4).u8(0, port).u8(1, Number(up));
  }

  stored(id: number, data: Uint8Array): this {
    return this.put(Message.STORED, 4 + data.length)
      .u32(0, id)
      .raw(4, data, data.length);
  }

  port(port: number, kind: PortKind, mtu: number, mac?: Uint8Array): this {
    this.put(Message.PORT, 12).u8(0, port).u8(1, kind).u16(2, mtu);
    return mac ? this.raw(4, mac, 6) : this;
  }

  address(port: number, address: Uint8Array, prefixLength: number, flags = 0): this {
    return this.put(Message.ADDRESS, 20).u8(0, port).u8(1, prefixLength).u8(2, flags).raw(4, address, 16);
  }

  /** `nextHop` absent: the destinations are on the link. */
  route(port: number, prefix: Uint8Array, prefixLength: number, nextHop?: Uint8Array): this {
    return this.routeLike(Message.ROUTE, port, prefix, prefixLength, nextHop);
  }

  routeDelete(port: number, prefix: Uint8Array, prefixLength: number, nextHop?: Uint8Array): this {
    return this.routeLike(Message.ROUTE_DELETE, port, prefix, prefixLength, nextHop);
  }

  host(port: number, settings: { autoconfigure: boolean; optimistic: boolean; secret: Uint8Array }): this {
    return this.put(Message.HOST, 36)
      .u8(0, port)
      .u8(1, Number(settings.autoconfigure) | (Number(settings.optimistic) << 1))
      .raw(4, settings.secret, 32);
  }

  advertise(s: AdvertiseSettings): this {
    return this.put(Message.ADVERTISE, 32)
      .u8(0, s.port)
      .u8(1, s.flags)
      .u8(2, s.hopLimit)
      .u8(3, s.options)
      .u16(4, s.routerLifetimeS)
      .u16(6, s.preference)
      .u16(8, s.homeAgentLifetimeS)
      .u32(12, s.minIntervalMs)
      .u32(16, s.maxIntervalMs)
      .u32(20, s.reachableMs)
      .u32(24, s.retransMs)
      .u32(28, s.mtu);
  }

  /** `flags`: L 0x80, A 0x40, R 0x20 (with R the prefix is the router's own address). */
  prefix(
    port: number,
    prefix: Uint8Array,
    prefixLength: number,
    flags: number,
    validS: number,
    preferredS: number,
  ): this {
    return this.put(Message.PREFIX, 28)
      .u8(0, port)
      .u8(1, prefixLength)
      .u8(2, flags)
      .u32(4, validS)
      .u32(8, preferredS)
      .raw(12, prefix, 16);
  }

  /** One to three servers. */
  rdnss(port: number, lifetimeS: number, servers: Uint8Array[]): this {
    this.put(Message.RDNSS, 8 + 16 * servers.length)
      .u8(0, port)
      .u8(1, servers.length)
      .u32(4, lifetimeS);
    for (const [i, server] of servers.entries()) this.raw(8 + 16 * i, server, 16);
    return this;
  }

  mobileNode(s: MobileNodeSettings): this {
    return this.put(Message.MOBILE_NODE, 40)
      .u8(0, s.port)
      .u8(1, s.prefixLength)
      .u8(2, s.flags)
      .u16(4, s.lifetime4s)
      .raw(8, s.homeAddress, 16)
      .raw(24, s.homeAgent, 16);
  }

  homeAgent(s: HomeAgentSettings): this {
    return this.put(Message.HOME_AGENT, 28)
      .u8(0, s.port)
      .u8(1, s.prefixLength)
      .u8(2, Number(s.securityNone))
      .u16(4, s.lifetime4s)
      .u16(6, s.preference)
      .u16(8, s.homeAgentLifetimeS)
      .u16(10, Number(s.dad))
      .raw(12, s.address, 16);
  }

  homeAddress(address: Uint8Array): this {
    return this.put(Message.HOME_ADDRESS, 16).raw(0, address, 16);
  }

  refresh(homeAddress: Uint8Array): this {
    return this.put(Message.REFRESH, 16).raw(0, homeAddress, 16);
  }

  program(number: number, on: boolean): this {
    return this.put(Message.PROGRAM, 4).u16(0, number).u16(2, Number(on));
  }

  /** `flags`: 1 = pool for virtual IPv4 addresses, 2 = translate unknown IPv4 destinations through the IPv6 pool. */
  pool4(prefix: Uint8Array, prefixLength: number, flags: number): this {
    return this.put(Message.POOL4, 8).raw(0, prefix, 4).u8(4, prefixLength).u8(5, flags);
  }

  pool6(prefix: Uint8Array, prefixLength: number): this {
    return this.put(Message.POOL6, 20).u8(0, prefixLength).raw(4, prefix, 16);
  }

  translation(ip6: Uint8Array, ip4: Uint8Array): this {
    return this.put(Message.TRANSLATION, 20).raw(0, ip6, 16).raw(16, ip4, 4);
  }

  /** The virtual IPv4 address of the name server and the real one's IPv6 address. */
  dns(ip4: Uint8Array, ip6: Uint8Array): this {
    return this.put(Message.DNS, 20).raw(0, ip4, 4).raw(4, ip6, 16);
  }

  policy(s: PolicySettings): this {
    return this.put(Message.POLICY, 84)
      .u16(0, s.id)
      .u8(2, s.process)
      .u8(3, s.action)
      .u8(4, s.directions)
      .u8(5, s.mode)
      .u8(6, s.protocol)
      .u8(7, s.flags)
      .u8(8, s.local.length)
      .u8(9, s.remote.length)
      .u16(12, s.localPorts[0])
      .u16(14, s.localPorts[1])
      .u16(16, s.remotePorts[0])
      .u16(18, s.remotePorts[1])
      .raw(20, s.local.address, 16)
      .raw(36, s.remote.address, 16)
      .raw(52, s.tunnelLocal, 16)
      .raw(68, s.tunnelRemote, 16);
  }

  policyDelete(id: number): this {
    return this.put(Message.POLICY_DELETE, 4).u16(0, id);
  }

  association(s: AssociationSettings): this {
    const { key, integrityKey } = s;
    return this.put(Message.ASSOCIATION, 40 + key.length + integrityKey.length)
      .u32(0, s.spi)
      .u16(4, s.policy)
      .u8(6, s.direction)
      .u8(7, s.protocol)
      .u8(8, s.encryption)
      .u8(9, s.integrity)
      .u8(10, s.flags)
      .u8(11, key.length)
      .u8(12, integrityKey.length)
      .u8(13, s.softPercent)
      .u16(14, s.window)
      .u64(16, s.hardBytes)
      .u64(24, s.hardPackets)
      .u32(32, s.hardSeconds)
      .raw(40, key, key.length)
      .raw(40 + key.length, integrityKey, integrityKey.length);
  }

  associationDelete(spi: number, direction: Direction): this {
    return this.put(Message.ASSOCIATION_DELETE, 8).u32(0, spi).u8(4, direction);
  }

  /** What happens to a packet that no policy names; switches the databases on. */
  ipsec(bypass: boolean): this {
    return this.put(Message.IPSEC, 4).u8(0, Number(bypass));
  }

  correspondent(on: boolean, lifetime4s: number): this {
    return this.put(Message.CORRESPONDENT, 4).u8(0, Number(on)).u16(2, lifetime4s);
  }

  optimize(prefix: Uint8Array, prefixLength: number): this {
    return this.put(Message.OPTIMIZE, 20).u8(0, prefixLength).raw(4, prefix, 16);
  }

  anycastKey(anycast: Uint8Array, id: number, use: AnycastKeyUse, key: Uint8Array): this {
    return this.put(Message.ANYCAST_KEY, 20 + key.length)
      .u16(0, id)
      .u8(2, use)
      .u8(3, key.length)
      .raw(4, anycast, 16)
      .raw(20, key, key.length);
  }

  /** `keyId` 0: the plain form. */
  anycastClient(anycast: Uint8Array, keyId: number, timeoutS: number): this {
    return this.put(Message.ANYCAST_CLIENT, 20).u16(0, keyId).u16(2, timeoutS).raw(4, anycast, 16);
  }

  anycastServer(anycast: Uint8Array, unicast: Uint8Array): this {
    return this.put(Message.ANYCAST_SERVER, 32).raw(0, anycast, 16).raw(16, unicast, 16);
  }

  anycastRegister(s: AnycastRegisterSettings): this {
    return this.put(Message.ANYCAST_REGISTER, 40)
      .u16(0, s.keyId)
      .u16(2, s.lifetimeS)
      .u8(4, s.cost)
      .raw(8, s.anycast, 16)
      .raw(24, s.router, 16);
  }

  boundary(port: number, inside: boolean): this {
    return this.put(Message.BOUNDARY, 4).u8(0, port).u8(1, Number(inside));
  }

  boundaryAnycast(anycast: Uint8Array): this {
    return this.put(Message.BOUNDARY_ANYCAST, 16).raw(0, anycast, 16);
  }

  boundaryServer(unicast: Uint8Array, anycast: Uint8Array, cost: number): this {
    return this.put(Message.BOUNDARY_SERVER, 36).u8(0, cost).raw(4, unicast, 16).raw(20, anycast, 16);
  }

  private routeLike(type: Message, port: number, prefix: Uint8Array, length: number, nextHop?: Uint8Array): this {
    this.put(type, 36).u8(0, port).u8(1, length).raw(4, prefix, 16);
    return nextHop ? this.raw(20, nextHop, 16) : this;
  }

  private value = 0;

  /** Opens a message: a zeroed value of `length` bytes, which the setters below address from its start. */
  private put(type: Message, length: number): this {
    const end = this.length + 4 + ((length + 3) & ~3);
    if (end > this.buffer.length) this.grow(end);
    this.view.setUint16(this.length, type, true);
    this.view.setUint16(this.length + 2, length, true);
    this.value = this.length + 4;
    this.length = end;
    return this;
  }

  private grow(least: number): void {
    const larger = new Uint8Array(Math.max(least, 2 * this.buffer.length));
    larger.set(this.buffer);
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }

  private u8(at: number, value: number): this {
    this.view.setUint8(this.value + at, value);
    return this;
  }

  private u16(at: number, value: number): this {
    this.view.setUint16(this.value + at, value, true);
    return this;
  }

  private u32(at: number, value: number): this {
    this.view.setUint32(this.value + at, value, true);
    return this;
  }

  private u64(at: number, value: number): this {
    this.view.setBigUint64(this.value + at, BigInt(value), true);
    return this;
  }

  private raw(at: number, bytes: Uint8Array, length: number): this {
    if (bytes.length !== length) throw new RangeError(`${length} bytes are wanted, not ${bytes.length}`);
    this.buffer.set(bytes, this.value + at);
    return this;
  }
}
