/** Requests to the image of test/unit/assembly/crypto.ts and its replies; on any machine that plays tapes. */
import { Tape } from "../../bench/tape.js";
import { type MachineName, runTape } from "../../machines/machine.js";
import { RecordKind } from "../../machines/transcript.js";
import { Operation } from "../assembly/operation.js";
import { testImagePath } from "../lib/test-image.js";

const FIXED = 96;
/** Bytes of associated data and data that a request has room for. */
export const ROOM = 1536 - FIXED;
const REPLY_DATA = 36;
export const NOTHING = new Uint8Array(0);

export interface Request {
  operation: Operation;
  /** For HMAC of any length, else at most 32 bytes. */
  key?: Uint8Array;
  /** Nonce, initialization vector or first counter block. */
  nonce?: Uint8Array;
  aad?: Uint8Array;
  /** What an authenticator is compared with. */
  tag?: Uint8Array;
  data?: Uint8Array;
}

export interface Reply {
  /** False: the tag was wrong. */
  ok: boolean;
  /** Tag or digest, 32 bytes with zeros behind it. */
  tag: Buffer;
  data: Buffer;
}

export function encodeRequest(request: Request): Buffer {
  const { operation, nonce = NOTHING, tag = NOTHING, data = NOTHING } = request;
  const isHmac = operation === Operation.HMAC_SHA1 || operation === Operation.HMAC_SHA256;
  const key = isHmac ? NOTHING : (request.key ?? NOTHING);
  const aad = (isHmac ? request.key : request.aad) ?? NOTHING;
  const padded = (aad.length + 3) & ~3;
  const bytes = Buffer.alloc(FIXED + padded + data.length);
  [operation, key.length, aad.length, data.length].forEach((word, i) => {
    bytes.writeUInt32LE(word, 4 * i);
  });
  bytes.set(key, 16);
  bytes.set(nonce, 48);
  bytes.set(tag, 64);
  bytes.set(aad, FIXED);
  bytes.set(data, FIXED + padded);
  return bytes;
}

/** Runs requests, in order. `costs` has what each cost on machines that tell; `pc`: the variants of the PC profile. */
export async function ask(
  machine: MachineName,
  requests: readonly Request[],
  options: { costs?: boolean; pc?: boolean } = {},
): Promise<{ replies: Reply[]; costs: number[] }> {
  const tape = new Tape();
  for (const request of requests) tape.configure(encodeRequest(request));
  const { steps } = await runTape(machine, testImagePath("crypto", options.pc), tape, options);
  const replies = steps.map(({ records }) => {
    const reply = records.find(({ kind }) => kind === RecordKind.REPLY)!;
    const bytes = Buffer.from(reply.bytes);
    return { ok: bytes.readUInt32LE(0) === 1, tag: bytes.subarray(4, REPLY_DATA), data: bytes.subarray(REPLY_DATA) };
  });
  return { replies, costs: steps.map(({ cost }) => cost) };
}
