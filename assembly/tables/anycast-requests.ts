import { ANYCAST_REQUESTS } from "../base/config";
import { BUCKETS, EXCHANGE_SIZE, EXCHANGES_SIZE, exchanges } from "./anycast-exchanges";

// What a client asked and is not answered yet, docs/anycast-identifier.md §3.
const TABLE = memory.data(EXCHANGES_SIZE, 8);
const ROWS = memory.data(ANYCAST_REQUESTS * EXCHANGE_SIZE, 8);
const HEADS = memory.data(BUCKETS * 2, 8);

export const requests = exchanges(TABLE, ROWS, HEADS, ANYCAST_REQUESTS);
