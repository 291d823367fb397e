/** The vectors of Wycheproof (../shared/vectors, beside the project; never part of it) as requests with what must come of them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../bench/build.js";
import { Operation } from "../assembly/operation.js";
import { type Reply, type Request, ROOM } from "./requests.js";

const FOLDER = join(ROOT, "../shared/vectors/wycheproof");

export const haveVectors = existsSync(FOLDER);

export interface Vector {
  name: string;
  request: Request;
  /** Says what is wrong with a reply, undefined: nothing. */
  judge(reply: Reply): string | undefined;
}

interface Test {
  tcId: number;
  comment: string;
  result: "valid" | "invalid" | "acceptable";
  key: string;
  iv?: string;
  aad?: string;
  msg: string;
  ct?: string;
  tag?: string;
}
interface Group {
  ivSize?: number;
  tagSize?: number;
  tests: Test[];
}

const AEAD_NONCE_BITS = 96;

function hex(text = ""): Buffer {
  return Buffer.from(text, "hex");
}
/** Of one file. `left`: vectors of nonces, keys or messages that the algorithm here does not take. */
function read(file: string, make: (test: Test, group: Group) => Vector[]): { vectors: Vector[]; left: number } {
  const { testGroups } = JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as { testGroups: Group[] };
  const vectors: Vector[] = [];
  let left = 0;
  for (const group of testGroups) {
    for (const test of group.tests) {
      const made =
        hex(test.msg).length + hex(test.aad).length + hex(test.key).length > ROOM - 8 ? [] : make(test, group);
      if (made.length === 0) left++;
      vectors.push(...made.map((vector) => ({ ...vector, name: `${file} ${test.tcId} ${test.comment}` })));
    }
  }
  return { vectors, left };
}

/** A valid vector is sealed to its text and tag, and opened; an invalid one is not opened. */
function aead(seal: Operation, open: Operation) {
  return (test: Test, group: Group): Vector[] => {
    if (group.ivSize !== AEAD_NONCE_BITS) return [];
    const [key, nonce, aad, msg, ct, tag] = [test.key, test.iv, test.aad, test.msg, test.ct, test.tag].map(hex);
    const opening: Vector = {
      name: "",
      request: { operation: open, key, nonce, aad, tag, data: ct },
      judge: ({ ok, data }) => {
        if (ok !== (test.result === "valid")) return ok ? "a wrong tag was taken" : "a right tag was refused";
        return data.equals(ok ? msg : ct) ? undefined : "the text is wrong";
      },
    };
    const sealing: Vector = {
      name: "",
      request: { operation: seal, key, nonce, aad, data: msg },
      judge: (reply) => {
        if (!reply.data.equals(ct)) return "the ciphertext is wrong";
        return reply.tag.subarray(0, 16).equals(tag) ? undefined : "the tag is wrong";
      },
    };
    return test.result === "valid" ? [opening, sealing] : [opening];
  };
}

/** The tag may be a part of the whole; a wrong one is not the tag. */
function hmac(operation: Operation) {
  return (test: Test): Vector[] => {
    const [key, data, tag] = [test.key, test.msg, test.tag].map(hex);
    const judge = (reply: Reply) => {
      const same = reply.tag.subarray(0, tag.length).equals(tag);
      return same === (test.result === "valid") ? undefined : "the authenticator is wrong";
    };
    return [{ name: "", request: { operation, key, data }, judge }];
  };
}

/** PKCS #5 padding is the test's: what decrypts to a sound padding must be the message. */
function cbc(test: Test): Vector[] {
  const [key, nonce, msg, ct] = [test.key, test.iv, test.msg, test.ct].map(hex);
  if (ct.length === 0 || ct.length % 16 !== 0) return [];
  const fill = 16 - (msg.length % 16);
  const padded = Buffer.concat([msg, Buffer.alloc(fill, fill)]);
  const decrypting: Vector = {
    name: "",
    request: { operation: Operation.CBC_DECRYPT, key, nonce, data: ct },
    judge: ({ data }) => {
      return data.equals(padded) === (test.result === "valid") ? undefined : "the text is wrong";
    },
  };
  const encrypting: Vector = {
    name: "",
    request: { operation: Operation.CBC_ENCRYPT, key, nonce, data: padded },
    judge: ({ data }) => (data.equals(ct) ? undefined : "the ciphertext is wrong"),
  };
  return test.result === "valid" ? [decrypting, encrypting] : [decrypting];
}

/** Every vector of the algorithms in assembly/crypto, by file. */
export function vectorFiles(): { file: string; vectors: Vector[]; left: number }[] {
  const files: [string, (test: Test, group: Group) => Vector[]][] = [
    ["chacha20_poly1305_test.json", aead(Operation.CHACHA_SEAL, Operation.CHACHA_OPEN)],
    ["aes_gcm_test.json", aead(Operation.GCM_SEAL, Operation.GCM_OPEN)],
    ["aes_cbc_pkcs5_test.json", cbc],
    ["hmac_sha1_test.json", hmac(Operation.HMAC_SHA1)],
    ["hmac_sha256_test.json", hmac(Operation.HMAC_SHA256)],
  ];
  return files.map(([file, make]) => ({ file, ...read(file, make) }));
}
