import { ANYCAST_MEMORY } from "../base/config";
import { BUCKETS, EXCHANGE_SIZE, EXCHANGES_SIZE, exchanges } from "./anycast-exchanges";

// A server's identifier memory, docs/anycast-identifier.md §4: requests of the authenticated form.
const TABLE = memory.data(EXCHANGES_SIZE, 8);
const ROWS = memory.data(ANYCAST_MEMORY * EXCHANGE_SIZE, 8);
const HEADS = memory.data(BUCKETS * 2, 8);

export const answers = exchanges(TABLE, ROWS, HEADS, ANYCAST_MEMORY);
