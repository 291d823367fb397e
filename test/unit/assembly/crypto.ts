// An image of nothing but algorithms, with the ABI of all images, so that what runs images runs it: on V8, through wasm2c, on boards.
//
// Request of `configure` (test/unit/crypto/operations.ts):
//     0 u32 operation   4 u32 bytes of the key   8 u32 bytes of associated data   12 u32 bytes of data
//     16 key (32)   48 nonce, initialization vector, first counter block (16)   64 tag (32)   96 associated data, padded to 4; data
// Reply: 0 u32 1 = done, 0 = the tag is wrong   4 tag or digest (32)   36 data, in place
import { AES_KEY, aesKey } from "../../../assembly/crypto/aes";
import { cbcDecrypt, cbcEncrypt } from "../../../assembly/crypto/cbc";
import { chacha20 } from "../../../assembly/crypto/chacha20";
import { open, seal } from "../../../assembly/crypto/chacha20poly1305";
import { ctr } from "../../../assembly/crypto/ctr";
import { gcmOpen, gcmSeal } from "../../../assembly/crypto/gcm";
import { Hash, hashBegin, hashEnd, hashUpdate, hmacBegin, hmacEnd, hmacKey } from "../../../assembly/crypto/hash";
import { begin13, blocks13, end13 } from "../../../assembly/crypto/poly1305-13";
import { begin26, blocks26, end26 } from "../../../assembly/crypto/poly1305-26";
import { Operation } from "./operation";

const SIZE: i32 = 1536;
const CONTROL = memory.data(2 * SIZE, 16);
const CLOCK = memory.data(8, 8);
const READY = memory.data(AES_KEY, 16);

const KEY = CONTROL + 16;
const NONCE = CONTROL + 48;
const SENT = CONTROL + 64;
const AAD = CONTROL + 96;
const REPLY = CONTROL + SIZE;
const TAG = REPLY + 4;
const DATA = REPLY + 36;

export function configure(_len: i32): i32 {
  const operation = <Operation>load<u32>(CONTROL);
  const keyLen = load<i32>(CONTROL, 4);
  const aadLen = load<i32>(CONTROL, 8);
  const len = load<i32>(CONTROL, 12);
  memory.copy(DATA, AAD + ((aadLen + 3) & ~3), len);
  memory.fill(TAG, 0, 32);
  store<u32>(REPLY, run(operation, keyLen, aadLen, len) ? 1 : 0);
  return 36 + len;
}

function run(operation: Operation, keyLen: i32, aadLen: i32, len: i32): bool {
  if (operation >= Operation.GCM_SEAL) aesKey(KEY, keyLen, READY);
  switch (operation) {
    case Operation.SHA1:
    case Operation.SHA256:
      hashBegin(operation == Operation.SHA1 ? Hash.SHA1 : Hash.SHA256);
      hashUpdate(DATA, len);
      hashEnd(TAG);
      break;
    case Operation.HMAC_SHA1:
    case Operation.HMAC_SHA256: {
      // Its key may be long: it lies where associated data does.
      const hash = operation == Operation.HMAC_SHA1 ? Hash.SHA1 : Hash.SHA256;
      hmacKey(hash, AAD, aadLen, READY);
      hmacBegin(hash, READY);
      hashUpdate(DATA, len);
      hmacEnd(READY, TAG);
      break;
    }
    case Operation.CHACHA20:
      chacha20(KEY, NONCE, 1, DATA, DATA, len);
      break;
    case Operation.POLY1305_13:
      begin13(KEY);
      blocks13(DATA, len >> 4);
      end13(TAG);
      break;
    case Operation.POLY1305_26:
      begin26(KEY);
      blocks26(DATA, len >> 4);
      end26(TAG);
      break;
    case Operation.CHACHA_SEAL:
      seal(KEY, NONCE, AAD, aadLen, DATA, len, TAG);
      break;
    case Operation.CHACHA_OPEN:
      return open(KEY, NONCE, AAD, aadLen, DATA, len, SENT);
    case Operation.GCM_SEAL:
      gcmSeal(READY, NONCE, AAD, aadLen, DATA, len, TAG);
      break;
    case Operation.GCM_OPEN:
      return gcmOpen(READY, NONCE, AAD, aadLen, DATA, len, SENT);
    case Operation.CTR:
      ctr(READY, NONCE, DATA, len);
      break;
    case Operation.CBC_ENCRYPT:
      cbcEncrypt(READY, NONCE, DATA, len);
      break;
    default:
      cbcDecrypt(READY, NONCE, DATA, len);
  }
  return true;
}

export function abi(): u32 {
  return 1;
}
export function clock(): usize {
  return CLOCK;
}
export function ctlBuffer(): usize {
  return CONTROL;
}
export function rxBuffer(_port: u32): usize {
  return 0;
}
export function rx(_port: u32, _len: i32): void {}
export function tick(): u32 {
  return u32.MAX_VALUE;
}
export function takeTx(): usize {
  return 0;
}
export function txDone(_ptr: usize): void {}
export function takeEvent(): usize {
  return 0;
}
export function takeStore(): usize {
  return 0;
}
export function stored(_generation: u32): void {}
