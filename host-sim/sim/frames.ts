/** Frames in flight. They are copied once out of the sender's memory and shared by all who will hear them; buffers are used again. */

/** The longest frame that a core sends. */
const FRAME_MAX = 2048;

export class Frame {
  readonly buffer = new Uint8Array(FRAME_MAX);
  /** Valid until the frame is released. */
  bytes = this.buffer;
  /** Deliveries that still need it. */
  users = 0;
}

export class FramePool {
  private readonly free: Frame[] = [];

  /** A copy of `bytes` for `users` deliveries. */
  copy(bytes: Uint8Array, users: number): Frame {
    const frame = this.free.pop() ?? new Frame();
    frame.buffer.set(bytes);
    if (frame.bytes.length !== bytes.length) frame.bytes = frame.buffer.subarray(0, bytes.length);
    frame.users = users;
    return frame;
  }

  release(frame: Frame): void {
    if (--frame.users === 0) this.free.push(frame);
  }
}
