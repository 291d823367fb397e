import type { Case, Tape } from "./tape.js";

/** Sizes of the IP packets, bytes, without link header and without a tunnel's. */
export const SIZES = [64, 512, 1280] as const;

/** One way through an image: how it gets ready, and the packets. */
export interface Path {
  name: string;
  /** Name of the image under build/images, or of a module of the bench. */
  image: string;
  setup(): Tape;
  /** Packets of one of `SIZES`; their number is a multiple of the burst. */
  cases(size: number): Case[];
  /** How many floors it may take in V8; none where the issue names no limit. */
  floors?: number;
}
