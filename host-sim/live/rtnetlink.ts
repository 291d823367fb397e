/**
 * Link state by rtnetlink (RFC 3549; linux/rtnetlink.h): the kernel tells at once when an interface loses its carrier, is
 * renamed or removed. Scalars are in host byte order, little-endian on every machine this runs on.
 */
import { check, Errno, libc, O_CLOEXEC, O_NONBLOCK, SOCK_RAW, SystemError } from "./libc.js";
import { type Ready, whenReadable } from "./ready.js";

const AF_NETLINK = 16;
const RTMGRP_LINK = 1;
const NLMSG_ERROR = 2;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const NLM_F_REQUEST_DUMP = 0x301;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFF_UP = 1;
const IFF_LOWER_UP = 0x10000;

export interface LinkInfo {
  index: number;
  name: string;
  mtu: number;
  mac: Uint8Array;
  /** Set up by the administrator. */
  up: boolean;
  /** Up, and the other end is there. */
  carrier: boolean;
  removed: boolean;
}

/** nlmsghdr (16 bytes) + ifinfomsg (16 bytes): dump every link. */
function dumpRequest(): Uint8Array {
  const request = Buffer.alloc(32);
  request.writeUInt32LE(32, 0);
  request.writeUInt16LE(RTM_GETLINK, 4);
  request.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  request.writeUInt32LE(1, 8);
  return request;
}

/** Link messages in one datagram from the kernel. Malformed lengths end the walk; other messages are passed over. */
export function parseLinks(bytes: Uint8Array): LinkInfo[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const links: LinkInfo[] = [];
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = view.getUint32(at, true);
    const type = view.getUint16(at + 4, true);
    if (length < 16 || at + length > bytes.length) break;
    if ((type === RTM_NEWLINK || type === RTM_DELLINK) && length >= 32) {
      links.push(parseLink(view, at + 16, at + length, type === RTM_DELLINK));
    }
    at += (length + 3) & ~3;
  }
  return links;
}

/** ifinfomsg: 0 family u8, 2 type u16, 4 index i32, 8 flags u32, 12 change u32; then attributes. */
function parseLink(view: DataView, at: number, end: number, removed: boolean): LinkInfo {
  const flags = view.getUint32(at + 8, true);
  const link: LinkInfo = {
    index: view.getInt32(at + 4, true),
    name: "",
    mtu: 0,
    mac: new Uint8Array(0),
    up: (flags & IFF_UP) !== 0,
    carrier: (flags & IFF_UP) !== 0 && (flags & IFF_LOWER_UP) !== 0,
    removed,
  };
  for (let p = at + 16; p + 4 <= end; ) {
    const length = view.getUint16(p, true);
    if (length < 4 || p + length > end) break;
    const value = new Uint8Array(view.buffer, view.byteOffset + p + 4, length - 4);
    switch (view.getUint16(p + 2, true)) {
      case IFLA_IFNAME:
        link.name = Buffer.from(value).toString("latin1").replace(/\0.*$/, "");
        break;
      case IFLA_MTU:
        if (value.length === 4) link.mtu = view.getUint32(p + 4, true);
        break;
      case IFLA_ADDRESS:
        link.mac = value.slice();
        break;
    }
    p += (length + 3) & ~3;
  }
  return link;
}

/** One netlink socket for every device of the process; opened by the first watcher, closed by the last. */
class LinkMonitor {
  private readonly watchers = new Map<number, Set<(link: LinkInfo) => void>>();
  private readonly buffer = Buffer.alloc(1 << 18);
  private fd = -1;
  private ready: Ready | undefined;

  watch(index: number, callback: (link: LinkInfo) => void): () => void {
    if (this.fd < 0) this.open();
    const set = this.watchers.get(index) ?? new Set();
    this.watchers.set(index, set.add(callback));
    this.dump();
    return () => {
      set.delete(callback);
      if (set.size === 0 && this.watchers.get(index) === set) this.watchers.delete(index);
      if (this.watchers.size === 0) this.close();
    };
  }

  private open(): void {
    this.fd = check("socket(AF_NETLINK)", libc.socket(AF_NETLINK, SOCK_RAW | O_NONBLOCK | O_CLOEXEC, 0));
    const address = Buffer.alloc(12); // sockaddr_nl: family u16, pad u16, pid u32, groups u32
    address.writeUInt16LE(AF_NETLINK, 0);
    address.writeUInt32LE(RTMGRP_LINK, 8);
    check("bind(AF_NETLINK)", libc.bind(this.fd, address, address.length));
    this.ready = whenReadable(this.fd, () => this.drain());
  }

  private close(): void {
    if (this.fd < 0) return;
    this.ready?.close();
    libc.close(this.fd);
    this.fd = -1;
  }

  private dump(): void {
    const request = dumpRequest();
    // EBUSY: a dump is under way and answers this one too.
    if (libc.write(this.fd, request, request.length) < 0 && libc.errno() !== Errno.EBUSY) {
      throw new SystemError("asking for link states", libc.errno());
    }
  }

  private drain(): void {
    while (this.fd >= 0) {
      const length = libc.read(this.fd, this.buffer, this.buffer.length);
      if (length < 0) {
        const code = libc.errno();
        if (code === Errno.EAGAIN) return;
        if (code === Errno.EINTR) continue;
        if (code !== Errno.ENOBUFS) throw new SystemError("reading link states", code);
        this.dump(); // messages were lost: ask for the present state
        continue;
      }
      if (length >= 16 && this.buffer.readUInt16LE(4) === NLMSG_ERROR) continue;
      for (const link of parseLinks(this.buffer.subarray(0, length))) {
        for (const callback of [...(this.watchers.get(link.index) ?? [])]) callback(link);
      }
    }
  }
}

const monitor = new LinkMonitor();

/**
 * Calls back with the present state of interface `index` soon, and then with every change, until the returned function
 * is called. `removed` is the last.
 */
export function watchLink(index: number, callback: (link: LinkInfo) => void): () => void {
  return monitor.watch(index, callback);
}
