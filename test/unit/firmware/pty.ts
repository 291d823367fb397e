/** A serial line without hardware: a pseudo-terminal of the kernel, whose other end a test holds. */
import { ReadStream } from "node:tty";
import koffi from "koffi";

const libc = koffi.load("libc.so.6");
const open = libc.func("int open(const char *path, int flags)") as (path: string, flags: number) => number;
const ioctl = libc.func("int ioctl(int fd, unsigned long request, void *arg)") as (
  fd: number,
  request: number,
  arg: Uint8Array,
) => number;

const O_RDWR = 2;
const O_NOCTTY = 0o400;
/** A program that a test starts must not hold this end open. */
const O_CLOEXEC = 0o2000000;
/** asm-generic/ioctls.h */
const TIOCSPTLCK = 0x40045431;
const TIOCGPTN = 0x80045430;

export interface Pty {
  /** What a program opens: `/dev/pts/3`. */
  path: string;
  /** The other end. */
  end: ReadStream;
}

export function openPty(): Pty {
  const fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  const number = Buffer.alloc(4);
  if (fd < 0 || ioctl(fd, TIOCSPTLCK, Buffer.alloc(4)) < 0 || ioctl(fd, TIOCGPTN, number) < 0) {
    throw new Error(`no pseudo-terminal: errno ${koffi.errno()}`);
  }
  const end = new ReadStream(fd);
  // The program on the other side closes its end when it is done.
  end.on("error", () => {});
  return { path: `/dev/pts/${number.readUInt32LE()}`, end };
}
