/**
 * Readiness of a descriptor by libuv's own poll (epoll): no thread waits, nothing hangs at close.
 */
import koffi from "koffi";

/** koffi 3.3 calls back with libuv's status first; its type declaration leaves that out. */
type PollCallback = (status: number, events: { readable: boolean }) => void;
interface PollHandle {
  start(options: { readable: boolean }, callback: PollCallback): void;
  close(): void;
}
const poll = koffi.node.poll as unknown as (
  fd: number,
  options: { readable: boolean },
  callback: PollCallback,
) => PollHandle;

export interface Ready {
  /** Never calls back again. The descriptor itself stays open. */
  close(): void;
}

/**
 * Calls `readable` whenever `fd` has something to read, level-triggered, so a callback may leave some for the next
 * turn. An error condition (interface down, device gone) also calls it: the read then tells which.
 */
export function whenReadable(fd: number, readable: () => void): Ready {
  let closed = false;
  const wake: PollCallback = (status) => {
    try {
      readable();
    } catch (error) {
      // An exception that crosses the C++ callback would leave the handle half alive.
      setImmediate(() => {
        throw error;
      });
    }
    // After POLLERR libuv stops the handle; unless the reader closed it, the condition was passing.
    if (status < 0 && !closed) handle.start({ readable: true }, wake);
  };
  const handle = poll(fd, { readable: true }, wake);
  return {
    close() {
      if (closed) return;
      closed = true;
      handle.close();
    },
  };
}
