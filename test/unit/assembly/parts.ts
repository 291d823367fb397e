// The core's small parts as exports, so that tests can call each by itself.
export {
  commonPrefix,
  isMartianSource,
  isSolicitedNode,
  prefixEq,
  prefixMask,
  solicitedNode,
} from "../../../assembly/base/addr";
export { adjust, finish, fold, pseudo6, sum } from "../../../assembly/base/checksum";
export { seqAfter } from "../../../assembly/base/seq";
export { sipHash24 } from "../../../assembly/base/siphash";
export { isReserved, putIdentifier } from "../../../assembly/roles/host/identifier";
export { deleteRoute, findRoute, putRoute } from "../../../assembly/tables/routes";
export { ndOption, ndOptionsOk } from "../../../assembly/wire/nd";

/** Room for a test's bytes. */
const ROOM = memory.data(4096, 16);
export function room(): usize {
  return ROOM;
}
