import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { PcapngWriter } from "./pcapng.js";
import { PcapngError, readPcapng } from "./pcapng-read.js";

/** Collected in memory before a write to the file, bytes. */
const CHUNK = 64 * 1024;

/** A pcapng file that only grows. What `writer` got is in the file after `flush` or `close`. */
export class PcapngFile {
  readonly writer: PcapngWriter;
  private readonly fd: number;
  private pending: Uint8Array[] = [];
  private size = 0;

  /** Creates or replaces `path`. Throws what `openSync` throws. */
  constructor(path: string) {
    this.fd = openSync(path, "w");
    this.writer = new PcapngWriter((chunk) => {
      this.pending.push(chunk);
      this.size += chunk.length;
      if (this.size >= CHUNK) this.flush();
    });
  }

  flush(): void {
    const bytes = Buffer.concat(this.pending);
    this.pending = [];
    this.size = 0;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.fd, bytes, at);
  }

  close(): void {
    this.flush();
    closeSync(this.fd);
  }
}

/** Reads a whole file. Throws `PcapngError`, also where the file cannot be read. */
export function readPcapngFile(path: string): ReturnType<typeof readPcapng> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: "no such file",
      EACCES: "no permission to read it",
      EISDIR: "a directory, expected a pcapng file",
    };
    throw new PcapngError(`${path}: ${reasons[code ?? ""] ?? message}`);
  }
  return readPcapng(bytes, path);
}
