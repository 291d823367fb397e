/**
 * Control frames between a simulation and a board whose clock is the simulation's (boards/qemu-riscv/port.c has the other end), in
 * band, so that they are in order with the frames around them. The board speaks first. It says what it waits for (IDLE, on every device) and how
 * much it has written to its console by then; the simulation sends what arrives, then the time (TIME, on every device).
 *
 *     0 zeros   12 0x88b5 (IEEE 802 local experimental)   14 kind (u8)   15 carrier (u8)   16 ms (u64)   24 console bytes (u32)
 *    28 TIME: entropy (32), IDLE: how many TIMEs the board has had (u32)   60 console bytes typed
 *                                                                                  (little-endian but for the type)
 */
const SIZE = 60;
const TYPE = 0x88b5;

export const Control = { TIME: 1, CARRIER: 2, IDLE: 3, TYPED: 4 } as const;

/** Devices with an address that begins so follow the simulation's clock. */
export const LOCKSTEP_MAC = [0x02, 0x4c, 0x53];

/** "Nothing is planned" as the board writes it. */
const NEVER = 0xffffffffffffffffn;

export function timeFrame(ms: number, entropy: Uint8Array): Buffer {
  const frame = control(Control.TIME);
  frame.writeBigUInt64LE(BigInt(ms), 16);
  frame.set(entropy, 28);
  return frame;
}

export function carrierFrame(up: boolean): Buffer {
  const frame = control(Control.CARRIER);
  frame[15] = Number(up);
  return frame;
}

/** At most 1024 bytes before the board has read them. */
export function typedFrame(text: string): Buffer {
  const frame = control(Control.TYPED, text.length);
  frame.writeUInt32LE(text.length, 24);
  frame.write(text, SIZE, "latin1");
  return frame;
}

function control(kind: number, more = 0): Buffer {
  const frame = Buffer.alloc(SIZE + more);
  frame.writeUInt16BE(TYPE, 12);
  frame[14] = kind;
  return frame;
}

export interface Idle {
  /** Milliseconds; Infinity = nothing is planned. */
  untilMs: number;
  consoleBytes: number;
  /** How many times the board has been told: the first words are said again until there is an answer. */
  times: number;
}

/** What an IDLE frame says; undefined for any other frame. */
export function readIdle(frame: Buffer): Idle | undefined {
  const isControl = frame.length >= SIZE && frame.readUInt16BE(12) === TYPE && !frame.subarray(0, 12).some(Boolean);
  if (!isControl || frame[14] !== Control.IDLE) return undefined;
  const until = frame.readBigUInt64LE(16);
  return {
    untilMs: until === NEVER ? Number.POSITIVE_INFINITY : Number(until),
    consoleBytes: frame.readUInt32LE(24),
    times: frame.readUInt32LE(28),
  };
}
