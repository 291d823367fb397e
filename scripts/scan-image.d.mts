/** What a scan of an image found. */
export interface Scan {
  /** Pages of memory (64 KiB each). */
  pages: number;
  /** Sentences, one for each thing that an image must not have. */
  faults: string[];
}
export function scanImage(bytes: Uint8Array, options: { pages: number }): Scan;
export function growsMemory(bytes: Uint8Array): Promise<boolean>;
