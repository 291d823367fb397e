// Interface identifiers of RFC 7217 under the secret of the HOST message, 32 bytes.
import { putIdentifier } from "../../../assembly/roles/host/identifier";
import { secret } from "./secrets";

const SECRET = secret(memory.data(32, 8), 32);
const MAC = memory.data(8, 8);
const ADDRESS = memory.data(16, 8);

export function run(): u64 {
  putIdentifier(ADDRESS, SECRET, MAC, 0);
  return load<u64>(ADDRESS, 8);
}
export { secrets } from "./secrets";
