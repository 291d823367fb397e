// The authenticator of an anycast identifier as client, server and boundary router check it: the key is secret, and so is the right authenticator.
import { equalSecret } from "../../../assembly/crypto/equal";
import { Hash, HMAC_KEY, hmacKey } from "../../../assembly/crypto/hash";
import { identifierMac, registrationMac } from "../../../assembly/crypto/identifier-auth";
import { secret } from "./secrets";

const KEY = secret(memory.data(32, 8), 32);
const READY = memory.data(HMAC_KEY, 8);
const OPTION = memory.data(28, 8);
const ADDRESSES = memory.data(32, 8);
const MESSAGE = memory.data(90, 8);
const RIGHT = memory.data(16, 8);
const CLAIMED = memory.data(16, 8);

export function run(): u64 {
  hmacKey(Hash.SHA256, KEY, 32, READY);
  identifierMac(READY, OPTION, 28, ADDRESSES, ADDRESSES + 16, MESSAGE, 90, 17, RIGHT);
  const identifier = equalSecret(RIGHT, CLAIMED, 16);
  registrationMac(READY, ADDRESSES, ADDRESSES + 16, MESSAGE, 48, RIGHT);
  return <u64>(((<u32>identifier) << 1) | <u32>equalSecret(RIGHT, CLAIMED, 16));
}
export { secrets } from "./secrets";
