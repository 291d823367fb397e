/** What an existing interface is: ioctls of netdevice(7) on a throw-away socket. */
import { check, Errno, libc, O_CLOEXEC, SetupError, SOCK_DGRAM } from "./libc.js";

const AF_UNIX = 1;
const SIOCGIFMTU = 0x8921;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const ARPHRD_ETHER = 1;

/** Room for a name, with its terminating zero. */
const IFNAMSIZ = 16;

export interface InterfaceInfo {
  index: number;
  mtu: number;
  mac: Uint8Array;
  ethernet: boolean;
}

/** struct ifreq: the name, then 24 bytes whose meaning the request decides. */
export function ifreq(name: string): Buffer {
  if (!/^[^/\s:%]{1,15}$/.test(name) || Buffer.byteLength(name) >= IFNAMSIZ || name === "." || name === "..") {
    throw new SetupError(`"${name}" is not an interface name: 1 to 15 characters without "/", ":", "%" or spaces`);
  }
  const request = Buffer.alloc(40);
  request.write(name, 0, "latin1");
  return request;
}

/** Throws a SetupError when there is no interface of that name in this network namespace. */
export function interfaceInfo(name: string): InterfaceInfo {
  const request = ifreq(name);
  const fd = check("socket(AF_UNIX)", libc.socket(AF_UNIX, SOCK_DGRAM | O_CLOEXEC, 0));
  try {
    if (libc.ioctl(fd, SIOCGIFINDEX, request) < 0) {
      if (libc.errno() !== Errno.ENODEV) check(`reading interface ${name}`, -1);
      throw new SetupError(
        `there is no interface "${name}" here; "ip link" lists those of this network namespace (create it, or correct the configuration)`,
      );
    }
    const index = request.readInt32LE(16);
    check(`reading the MTU of ${name}`, libc.ioctl(fd, SIOCGIFMTU, request));
    const mtu = request.readInt32LE(16);
    check(`reading the address of ${name}`, libc.ioctl(fd, SIOCGIFHWADDR, request));
    const ethernet = request.readUInt16LE(16) === ARPHRD_ETHER;
    return { index, mtu, mac: new Uint8Array(request.subarray(18, 24)), ethernet };
  } finally {
    libc.close(fd);
  }
}
