// SipHash-2-4 under a secret key, of secret words: the function F of RFC 7217.
import { sipHash24 } from "../../../assembly/base/siphash";
import { secret } from "./secrets";

const KEY = secret(memory.data(16, 8), 16);
const INPUT = secret(memory.data(32, 8), 32);

export function run(): u64 {
  return sipHash24(KEY, INPUT, 4);
}
export { secrets } from "./secrets";
