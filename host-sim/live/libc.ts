/**
 * The few C library calls that real interfaces need, bound by koffi, and their errors.
 *
 * Descriptors opened here are non-blocking; readiness comes from libuv (`ready.ts`), never from a blocked thread.
 */
import { constants } from "node:os";
import koffi from "koffi";

const lib = koffi.load("libc.so.6");

export const libc = {
  close: lib.func("int close(int fd)") as (fd: number) => number,
  ioctl: lib.func("int ioctl(int fd, unsigned long request, void *arg)") as (
    fd: number,
    request: number,
    arg: Uint8Array,
  ) => number,
  open: lib.func("int open(const char *path, int flags)") as (path: string, flags: number) => number,
  read: lib.func("long read(int fd, void *buf, unsigned long count)") as (
    fd: number,
    buf: Uint8Array,
    count: number,
  ) => number,
  write: lib.func("long write(int fd, const void *buf, unsigned long count)") as (
    fd: number,
    buf: Uint8Array,
    count: number,
  ) => number,
  socket: lib.func("int socket(int domain, int type, int protocol)") as (
    domain: number,
    type: number,
    protocol: number,
  ) => number,
  bind: lib.func("int bind(int fd, const void *addr, unsigned int len)") as (
    fd: number,
    addr: Uint8Array,
    len: number,
  ) => number,
  setsockopt: lib.func("int setsockopt(int fd, int level, int name, const void *value, unsigned int len)") as (
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    len: number,
  ) => number,
  errno: (): number => koffi.errno(),
  /** Address of the first byte of `bytes`, for structures that hold pointers. */
  address: (bytes: Uint8Array): bigint => koffi.address(bytes),
};

export const Errno = constants.errno;

export const O_RDWR = 0o2;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const SOCK_RAW = 3;
export const SOCK_DGRAM = 2;

const names = new Map<number, string>(Object.entries(Errno).map(([name, value]) => [value, name]));

/** `EPERM` for 1; `errno 77` for what Node has no name for. */
export function errnoName(code: number): string {
  return names.get(code) ?? `errno ${code}`;
}

/**
 * Something outside the program is missing or forbidden. The message is for the user: what is wrong and what to do.
 * The command line ends with exit code 2.
 */
export class SetupError extends Error {
  readonly exitCode = 2;
  override readonly name = "SetupError";
}

/** A system call that failed in a way for which there is no better sentence. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  constructor(
    readonly call: string,
    readonly code: number,
  ) {
    super(`${call} failed: ${errnoName(code)}`);
  }
}

/** Returns `result` of `call` unless it is negative, which throws with the current errno. */
export function check(call: string, result: number): number {
  if (result < 0) throw new SystemError(call, libc.errno());
  return result;
}
