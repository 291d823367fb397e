import { be16, put16 } from "../base/bytes";
import { Mh, MhOpt, mhOption } from "./mh";

// Return routability, RFC 6275 §6.1.3-6.1.6.
//  HoTI, CoTI   6 reserved   8 init cookie (8)   16 options
//  HoT, CoT     6 nonce index   8 init cookie (8)   16 keygen token (8)   24 options
// Options of a Binding Update to a correspondent, §6.2.6-6.2.7.
//  Nonce Indices        0 type 4   1 length 4   2 home nonce index   4 care-of nonce index   6        alignment 2n
//  Authorization Data   0 type 5   1 length 12   2 authenticator (12)   14                            alignment 8n + 2, the last one

export const TEST_INIT_LEN: i32 = 16;
export const TEST_LEN: i32 = 24;
/** Where the Nonce Indices and Authorization Data options stand in what we send, and how long that is. */
export const NONCE_INDICES_AT: usize = 12;
export const AUTHORIZED_LEN: i32 = 32;
const AUTHORIZATION_LEN: usize = 14;

export function cookieAt(mh: usize): usize {
  return mh + 8;
}
export function tokenAt(mh: usize): usize {
  return mh + 16;
}
export function nonceIndex(mh: usize): u32 {
  return be16(mh + 6);
}
export function putNonceIndex(mh: usize, index: u32): void {
  put16(mh + 6, index);
}
/** The Nonce Indices option of a Binding Update, 0 when it is missing or malformed. */
export function nonceIndices(mh: usize): usize {
  const o = mhOption(mh + 12, mh + <usize>Mh.at(mh).len, MhOpt.NONCE_INDICES);
  return o != 0 && (o & 1) == 0 && load<u8>(o, 1) == 4 ? o : 0;
}
export function putNonceIndices(o: usize, home: u32, careOf: u32): void {
  store<u8>(o, MhOpt.NONCE_INDICES);
  store<u8>(o, 4, 1);
  put16(o + 2, home);
  put16(o + 4, careOf);
}
/** The authenticator in a Binding Update or Acknowledgement, 0 when there is none at its end. */
export function authenticatorOf(mh: usize): usize {
  const end = mh + <usize>Mh.at(mh).len;
  const o = mhOption(mh + 12, end, MhOpt.AUTH_DATA);
  return o > 1 && o == end - AUTHORIZATION_LEN && load<u8>(o, 1) == 12 ? o + 2 : 0;
}
/** Puts the option at the end of `len` bytes; returns where its authenticator goes. */
export function putAuthorization(mh: usize, len: i32): usize {
  const o = mh + <usize>len - AUTHORIZATION_LEN;
  store<u8>(o, MhOpt.AUTH_DATA);
  store<u8>(o, 12, 1);
  return o + 2;
}
