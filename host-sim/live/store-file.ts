/**
 * Records that the core wants to find again after a power cut, in a file that only grows until it is compacted.
 *
 *     "SIXFOLD1"   then for each record   id u32, length u32, digest u8[8], bytes       (little-endian)
 *
 * The digest (SHA-256, first 8 bytes, over id, length and bytes) tells a record whose writing was cut off; it and what
 * follows it was never confirmed, so it is left away. A record of length 0 means that the id is forgotten.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { SetupError } from "./libc.js";

const MAGIC = "SIXFOLD1";
const HEADER = 16;
/** A log this much longer than what lives in it is rewritten. */
const SLACK = 64 << 10;

/**
 * Where the records of a node are: in what systemd's StateDirectory= gives, else /var/lib/sixfold for root, else the
 * user's state directory.
 */
export function storePath(name: string): string {
  const { STATE_DIRECTORY: given, XDG_STATE_HOME: own } = process.env;
  const mine = join(own ?? join(homedir(), ".local/state"), "sixfold");
  return join(given ?? (process.getuid?.() === 0 ? "/var/lib/sixfold" : mine), `${name}.store`);
}

function encode(id: number, bytes: Uint8Array): Buffer {
  const record = Buffer.alloc(HEADER + bytes.length);
  record.writeUInt32LE(id, 0);
  record.writeUInt32LE(bytes.length, 4);
  record.set(bytes, HEADER);
  record.set(digest(record), 8);
  return record;
}

function digest(record: Buffer): Buffer {
  return createHash("sha256").update(record.subarray(0, 8)).update(record.subarray(HEADER)).digest().subarray(0, 8);
}

/** Records of a log and how many of its bytes are sound. Throws a SetupError for a file that is something else. */
function parse(path: string, log: Buffer): { records: Map<number, Buffer>; sound: number } {
  const records = new Map<number, Buffer>();
  const begin = log.subarray(0, MAGIC.length).toString("latin1");
  if (log.length < MAGIC.length && MAGIC.startsWith(begin)) return { records, sound: 0 };
  if (begin !== MAGIC) throw new SetupError(`${path} is not a store of sixfold: name another file, or move it away`);
  let at = MAGIC.length;
  while (at + HEADER <= log.length) {
    const length = log.readUInt32LE(at + 4);
    const record = log.subarray(at, at + HEADER + length);
    if (record.length !== HEADER + length || !digest(record).equals(record.subarray(8, HEADER))) break;
    const id = record.readUInt32LE(0);
    if (length === 0) records.delete(id);
    else records.set(id, Buffer.from(record.subarray(HEADER)));
    at += record.length;
  }
  return { records, sound: at };
}

export class StoreFile {
  private size: number;

  private constructor(
    private readonly path: string,
    private fd: number,
    private readonly live: Map<number, Buffer>,
    sound: number,
  ) {
    this.size = sound;
  }

  /** Opens or creates the file. */
  static open(path: string): StoreFile {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const fd = openSync(path, "a+", 0o600);
      const { records, sound } = parse(path, readFileSync(fd));
      ftruncateSync(fd, sound);
      const store = new StoreFile(path, fd, records, sound);
      if (sound === 0) store.compact();
      return store;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      throw new SetupError(`the records' file cannot be used: ${message}`);
    }
  }

  /** What was kept, by id. */
  get records(): ReadonlyMap<number, Uint8Array> {
    return this.live;
  }

  /** Appends a record. It is safe when a later `sync` has called back. */
  put(id: number, bytes: Uint8Array): void {
    const record = encode(id, bytes);
    writeSync(this.fd, record);
    this.size += record.length;
    if (bytes.length === 0) this.live.delete(id);
    else this.live.set(id, Buffer.from(bytes));
  }

  /** Calls back when everything put so far would survive a power cut. The disk works in the background. */
  sync(done: (error: Error | null) => void): void {
    const needed = [...this.live.values()].reduce((sum, bytes) => sum + HEADER + bytes.length, MAGIC.length);
    if (this.size > 2 * needed + SLACK) {
      this.compact();
      done(null);
      return;
    }
    fdatasync(this.fd, done);
  }

  close(): void {
    fsyncSync(this.fd);
    closeSync(this.fd);
  }

  /** Writes what lives to a new file that takes the old one's place at once, or not at all. */
  private compact(): void {
    const fresh = `${this.path}.new`;
    const fd = openSync(fresh, "w", 0o600);
    const log = Buffer.concat([Buffer.from(MAGIC), ...[...this.live].map(([id, bytes]) => encode(id, bytes))]);
    writeSync(fd, log);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(fresh, this.path);
    const folder = openSync(dirname(this.path), "r");
    fsyncSync(folder);
    closeSync(folder);
    closeSync(this.fd);
    this.fd = openSync(this.path, "a", 0o600);
    this.size = log.length;
  }
}
