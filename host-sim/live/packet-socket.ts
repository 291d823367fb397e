/**
 * A packet socket (packet(7)) on an existing Ethernet interface: the core is one more station on its link, with a MAC
 * address of its own or with the interface's.
 */
import { type Device, FdDevice } from "./device.js";
import { interfaceInfo } from "./interface.js";
import { check, Errno, libc, O_CLOEXEC, O_NONBLOCK, SetupError, SOCK_RAW } from "./libc.js";
import { finish, VNET_HEADER_LENGTH } from "./offload.js";
import { watchLink } from "./rtnetlink.js";

const AF_PACKET = 17;
const ETH_P_ALL = 3;
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_ATTACH_FILTER = 26;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_VNET_HDR = 15;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_UNICAST = 3;
const PACKET_MR_ALLMULTI = 2;
const PACKET_MR_PROMISC = 1;

/** Frames that wait in the kernel while this process does something else. */
const SOCKET_BUFFER = 4 << 20;
/** A frame with segmentation offload: up to 64 KiB of payload, its headers, and the description in front. */
const LONGEST = (1 << 16) + 512;

/**
 * Classic BPF (linux/filter.h): frames to `mac` or to a group, not from `mac`, not of a VLAN (the kernel has taken the tag
 * off, so that they would look like ours). Each instruction is {code u16, jump true u8, jump false u8, k u32}.
 */
export function stationFilter(mac: Uint8Array): Uint8Array {
  const LD_ABS_W = 0x20;
  const LD_ABS_H = 0x28;
  const LD_ABS_B = 0x30;
  const JEQ = 0x15;
  const JSET = 0x45;
  const RET = 0x06;
  const VLAN_TAG_PRESENT = 0xfffff000 + 48;
  const high = Buffer.from(mac).readUInt32BE(0);
  const low = Buffer.from(mac).readUInt16BE(4);
  const program: [number, number, number, number][] = [
    [LD_ABS_W, 0, 0, VLAN_TAG_PRESENT],
    [JEQ, 0, 11, 0],
    [LD_ABS_W, 0, 0, 6], // source
    [JEQ, 0, 2, high],
    [LD_ABS_H, 0, 0, 10],
    [JEQ, 7, 0, low],
    [LD_ABS_B, 0, 0, 0], // destination
    [JSET, 4, 0, 1],
    [LD_ABS_W, 0, 0, 0],
    [JEQ, 0, 3, high],
    [LD_ABS_H, 0, 0, 4],
    [JEQ, 0, 1, low],
    [RET, 0, 0, 0xffffffff],
    [RET, 0, 0, 0],
  ];
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, yes, no, k], i) => {
    bytes.writeUInt16LE(code, i * 8);
    bytes[i * 8 + 2] = yes;
    bytes[i * 8 + 3] = no;
    bytes.writeUInt32LE(k, i * 8 + 4);
  });
  return bytes;
}

class PacketSocket extends FdDevice {
  private readonly scratch = Buffer.alloc(LONGEST);
  /** The description in front of what we send stays zero: no offload. */
  private readonly out: Uint8Array;

  constructor(
    name: string,
    mtu: number,
    fd: number,
    index: number,
    readonly mac: Uint8Array,
  ) {
    super(name, mtu, fd, Buffer.alloc(LONGEST));
    this.out = Buffer.alloc(LONGEST);
    const unwatch = watchLink(index, (link) => {
      if (link.removed) this.gone(`interface ${name} was removed`);
      else this.setCarrier(link.carrier);
    });
    this.atClose(unwatch);
  }

  protected override received(buffer: Uint8Array, length: number): void {
    const whole = finish(buffer.subarray(0, length), this.scratch, (frame) => this.deliver(frame));
    if (!whole) this.counters.readDrops++;
  }

  override write(frame: Uint8Array): void {
    if (frame.length + VNET_HEADER_LENGTH > this.out.length) {
      this.counters.writeDrops++;
      return;
    }
    this.out.set(frame, VNET_HEADER_LENGTH);
    this.writeBytes(this.out.subarray(0, VNET_HEADER_LENGTH + frame.length));
  }
}

/**
 * Opens `name`; `mac` is the core's address on this link (default: the interface's own). With `all` every frame on the
 * wire is received, for bridges and captures.
 */
export function openPacketSocket(name: string, mac?: Uint8Array, frames: "ours" | "all" = "ours"): Device {
  const info = interfaceInfo(name);
  if (!info.ethernet) throw new SetupError(`interface ${name} is not an Ethernet interface; link ports need one`);
  const own = mac ?? info.mac;
  const fd = libc.socket(AF_PACKET, SOCK_RAW | O_NONBLOCK | O_CLOEXEC, 0);
  if (fd < 0) {
    if (libc.errno() !== Errno.EPERM) check("socket(AF_PACKET)", fd);
    throw new SetupError(`no permission for a packet socket on ${name}: run as root (CAP_NET_RAW)`);
  }
  try {
    set(fd, SOL_PACKET, PACKET_VNET_HDR, int32(1));
    set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, int32(1));
    // The larger buffers need CAP_NET_ADMIN; without it the defaults have to do.
    libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, int32(SOCKET_BUFFER), 4);
    libc.setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, int32(SOCKET_BUFFER), 4);
    if (frames === "ours") attachFilter(fd, stationFilter(own));
    bindTo(fd, info.index);
    const join = (type: number, address?: Uint8Array): void =>
      set(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership(info.index, type, address));
    if (frames === "all") join(PACKET_MR_PROMISC);
    else {
      join(PACKET_MR_ALLMULTI);
      if (!own.every((byte, i) => byte === info.mac[i])) join(PACKET_MR_UNICAST, own);
    }
    return new PacketSocket(name, info.mtu, fd, info.index, own);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

function int32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value, 0);
  return bytes;
}

function set(fd: number, level: number, option: number, value: Uint8Array): void {
  check(`setsockopt(${level}, ${option})`, libc.setsockopt(fd, level, option, value, value.length));
}

/** struct sock_fprog: number of instructions, and where they are. The kernel copies them during the call. */
function attachFilter(fd: number, program: Uint8Array): void {
  const fprog = Buffer.alloc(16);
  fprog.writeUInt16LE(program.length / 8, 0);
  fprog.writeBigUInt64LE(libc.address(program), 8);
  set(fd, SOL_SOCKET, SO_ATTACH_FILTER, fprog);
}

/** struct sockaddr_ll: family u16, protocol u16 (big-endian), index i32, and what only receivers fill. */
function bindTo(fd: number, index: number): void {
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(index, 4);
  check("bind(AF_PACKET)", libc.bind(fd, address, address.length));
}

/** struct packet_mreq: index i32, type u16, address length u16, address (8). */
function membership(index: number, type: number, address?: Uint8Array): Uint8Array {
  const request = Buffer.alloc(16);
  request.writeInt32LE(index, 0);
  request.writeUInt16LE(type, 4);
  if (address) {
    request.writeUInt16LE(address.length, 6);
    request.set(address, 8);
  }
  return request;
}
