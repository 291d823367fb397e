/** The exports of an image, called bare. */
export interface Abi {
  memory: WebAssembly.Memory;
  abi(): number;
  clock(): number;
  ctlBuffer(): number;
  configure(length: number): number;
  rxBuffer(port: number): number;
  rx(port: number, length: number): void;
  tick(): number;
  takeTx(): number;
  txDone(pointer: number): void;
  takeEvent(): number;
  takeStore(): number;
  stored(generation: number): void;
}

const PAGE = 65536;
/** Bytes of an event (assembly/abi/event.ts). */
export const EVENT_BYTES = 48;
/** The longest frame that a caller writes into a buffer: host-sim/core/core.ts. */
export const FRAME_MAX = 1710;

/** Where replies lie behind requests: CONTROL_SIZE of assembly/base/config.ts. */
export function controlSize(memory: WebAssembly.Memory): number {
  return memory.buffer.byteLength > PAGE ? 16384 : 1536;
}
