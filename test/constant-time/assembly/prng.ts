// The generator, seeded with the 32 secret bytes of the ENTROPY message.
import { prngSeed, random, randomBelow } from "../../../assembly/base/prng";
import { secret } from "./secrets";

const ENTROPY = secret(memory.data(32, 8), 32);

export function run(): u64 {
  prngSeed(ENTROPY);
  return ((<u64>random()) << 32) | <u64>randomBelow(1000);
}
export { secrets } from "./secrets";
