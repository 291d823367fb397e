import { DESTINATIONS } from "../paths/traffic.js";
import type { RouterKind } from "./router.js";
import type { Form } from "./setting.js";

/** Frames that are measured from one state. */
export const BATCH = DESTINATIONS - 8;

export type Kind = { router: RouterKind } | { client: Form };

const SERVERS = { servers: 10, answering: 10 };
/** Tables, and how many servers of them answer: the same ten for the look-up itself, a thousand for what caches make of it. */
export const TABLES = [
  { servers: 10, answering: 10 },
  { servers: 1000, answering: 10 },
  { servers: 100_000, answering: 10 },
  { servers: 1000, answering: 1000 },
  { servers: 100_000, answering: 1000 },
] as const;
export type Table = (typeof TABLES)[number];
export const tableKind = ({ servers, answering }: Table) => `router, ${servers} servers, ${answering} answer`;

/** What is measured, by name; `hmac` besides. */
export const kinds: Record<string, Kind> = {
  forward: { router: { boundary: false, form: "none", ...SERVERS } },
  "router, no identifier": { router: { boundary: true, form: "none", ...SERVERS } },
  "router, plain": { router: { boundary: true, form: "plain", ...SERVERS } },
  "router, authenticated, no key": { router: { boundary: true, form: "authenticated", ...SERVERS } },
  "router, authenticated": { router: { boundary: true, form: "authenticated", key: true, ...SERVERS } },
  "client, no identifier": { client: "none" },
  "client, plain": { client: "plain" },
  "client, authenticated": { client: "authenticated" },
  ...Object.fromEntries(
    TABLES.map((table) => [tableKind(table), { router: { boundary: true, form: "plain", ...table } }]),
  ),
};
