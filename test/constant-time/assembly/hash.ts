// The seeded hash of the tables, under the 16 secret bytes that ENTROPY gives it. What a table does with the hash is not looked
// at here: it is an index.
import { hashAddr, hashSeed } from "../../../assembly/base/hash";
import { secret } from "./secrets";

const SEED = secret(memory.data(16, 8), 16);
const ADDRESS = memory.data(16, 8);

export function run(): u64 {
  hashSeed(SEED);
  return hashAddr(ADDRESS, 7);
}
export { secrets } from "./secrets";
