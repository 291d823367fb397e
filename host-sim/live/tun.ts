/** TUN and TAP (Linux Documentation/networking/tuntap): an interface of the kernel whose wire is this program. */
import { FdDevice } from "./device.js";
import { ifreq, interfaceInfo } from "./interface.js";
import { check, Errno, errnoName, libc, O_CLOEXEC, O_NONBLOCK, O_RDWR, SetupError } from "./libc.js";
import { watchLink } from "./rtnetlink.js";

const TUNSETIFF = 0x400454ca;
const IFF_TUN = 1;
const IFF_TAP = 2;
const IFF_NO_PI = 0x1000;

/** No frame of a TUN or TAP without offload is longer: 64 KiB of IP and an Ethernet header with a VLAN tag. */
const LONGEST = 65536 + 18;

class TunTap extends FdDevice {
  /** The kernel's end has a MAC address, ours is whatever the core uses. */
  readonly mac = undefined;

  constructor(name: string, fd: number) {
    const { index, mtu } = interfaceInfo(name);
    super(name, mtu, fd, Buffer.alloc(LONGEST));
    // While we hold the descriptor the interface has carrier; what can change is whether it is set up.
    const unwatch = watchLink(index, (link) => {
      if (link.removed) this.gone(`interface ${name} was removed`);
      else this.setCarrier(link.up);
    });
    this.atClose(unwatch);
  }

  protected override received(buffer: Uint8Array, length: number): void {
    this.deliver(buffer.subarray(0, length));
  }

  override write(frame: Uint8Array): void {
    this.writeBytes(frame);
  }
}

function attach(name: string, flags: number, kind: string): TunTap {
  const request = ifreq(name);
  const fd = libc.open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) throw cannotOpen(libc.errno());
  try {
    request.writeUInt16LE(flags | IFF_NO_PI, 16);
    if (libc.ioctl(fd, TUNSETIFF, request) < 0) throw cannotAttach(name, kind, libc.errno());
    return new TunTap(name, fd);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

function cannotOpen(code: number): Error {
  switch (code) {
    case Errno.ENOENT:
    case Errno.ENODEV:
    case Errno.ENXIO:
      return new SetupError(
        'there is no /dev/net/tun: load the module ("modprobe tun"), in a container pass the device on ("--device /dev/net/tun")',
      );
    case Errno.EACCES:
    case Errno.EPERM:
      return new SetupError("no permission to open /dev/net/tun: run as root, or give your user access to it");
    default:
      return new SetupError(`cannot open /dev/net/tun: ${errnoName(code)}`);
  }
}

function cannotAttach(name: string, kind: string, code: number): Error {
  switch (code) {
    case Errno.EPERM:
    case Errno.EACCES:
      return new SetupError(
        `no permission to create interface ${name}: run as root (CAP_NET_ADMIN), or create it for your user with "ip tuntap add ${name} mode ${kind} user $USER"`,
      );
    case Errno.EBUSY:
      return new SetupError(`interface ${name} is used by another program: stop that one, or choose another name`);
    case Errno.EINVAL:
      return new SetupError(`interface ${name} exists and is no ${kind.toUpperCase()} device: choose another name`);
    default:
      check(`creating interface ${name}`, -1);
      throw new Error("unreachable");
  }
}

/** IP packets without a link header. The interface is created, and disappears at close unless it is persistent. */
export function openTun(name: string): FdDevice {
  return attach(name, IFF_TUN, "tun");
}

/** Ethernet frames: the kernel's interface `name` is at the other end of our wire. */
export function openTap(name: string): FdDevice {
  return attach(name, IFF_TAP, "tap");
}
