import { fileURLToPath } from "node:url";
import { Program } from "../program.js";
import type { Target } from "../report.js";
import { ratio, type Spread, spread } from "../stats.js";
import { table } from "../table.js";
import { type FloodReport, measureFlood } from "./flood.js";
import { BATCH, kinds, TABLES, type Table, tableKind } from "./kinds.js";
import { ANSWER_SIZES } from "./setting.js";

/** Identifiers of answers, verified at a client and at a boundary router, in V8; docs/bench.md. */
export interface AnycastRow {
  kind: string;
  /** Bytes of the IPv6 packet without its identifier. */
  size: number;
  /** ns a packet. */
  nanoseconds: Spread;
  /** By that of the same datagram forwarded by the image `router`, round by round. */
  forwards?: Spread;
}
/** What an authenticator costs: the time of the authenticated form less that of the plain one, by an HMAC of as many bytes. */
export interface AuthenticatorRow {
  where: "client" | "router";
  size: number;
  hmacs: Spread;
}
export interface AnycastReport {
  rows: AnycastRow[];
  authenticators: AuthenticatorRow[];
  /** A packet with an identifier through a router with so many servers, by one with the fewest of which as many answer. */
  growth: (Table & { times: Spread })[];
  floods: FloodReport[];
  targets: Target[];
}

const PROGRAM = fileURLToPath(new URL("program.ts", import.meta.url));
const HMAC = "hmac";
const PACKETS = 32 * BATCH;
/** Before the first round: V8 compiles what is hot meanwhile. */
const WARM_UP = 2 * PACKETS;
const GROWTH_SIZE = 0;

export async function measureAnycast(rounds: number): Promise<AnycastReport> {
  const names = [...Object.keys(kinds), HMAC];
  const programs = new Map<string, Program>();
  /** Nanoseconds a packet, by kind and size. */
  const times = new Map(names.map((name) => [name, ANSWER_SIZES.map((): number[] => [])]));
  try {
    for (const name of names) {
      const program = await Program.start(process.execPath, ["--import", "tsx", PROGRAM, name], name);
      programs.set(name, program);
      for (const i of ANSWER_SIZES.keys()) await program.measure(i, WARM_UP);
    }
    for (let round = 0; round < rounds; round++) {
      for (const i of ANSWER_SIZES.keys()) {
        for (const [name, program] of programs) {
          if (i !== GROWTH_SIZE && TABLES.some((table) => tableKind(table) === name)) continue;
          times.get(name)![i].push((await program.measure(i, PACKETS)) / PACKETS);
        }
      }
    }
  } finally {
    for (const program of programs.values()) program.stop();
  }
  const of = (name: string, i: number) => times.get(name)![i];
  const rows = names.flatMap((kind) =>
    ANSWER_SIZES.flatMap((size, i): AnycastRow[] => {
      if (of(kind, i).length === 0) return [];
      const forwards = kind === HMAC ? {} : { forwards: ratio(of(kind, i), of("forward", i)) };
      return [{ kind, size, nanoseconds: spread(of(kind, i)), ...forwards }];
    }),
  );
  const authenticators = (["client", "router"] as const).flatMap((where) =>
    ANSWER_SIZES.map((size, i): AuthenticatorRow => {
      const without = of(where === "client" ? "client, plain" : "router, authenticated, no key", i);
      const added = of(`${where}, authenticated`, i).map((time, round) => time - without[round]);
      return { where, size, hmacs: ratio(added, of(HMAC, i)) };
    }),
  );
  const growth = TABLES.map((table) => {
    const least = TABLES.find(({ answering }) => answering === table.answering)!;
    return { ...table, times: ratio(of(tableKind(table), GROWTH_SIZE), of(tableKind(least), GROWTH_SIZE)) };
  });
  const floods = (["plain", "authenticated"] as const).map(measureFlood);
  return { rows, authenticators, growth, floods, targets: targets(rows, authenticators, growth, floods) };
}

function targets(
  rows: readonly AnycastRow[],
  authenticators: readonly AuthenticatorRow[],
  growth: AnycastReport["growth"],
  floods: readonly FloodReport[],
): Target[] {
  const atMost = (name: string, value: number, limit: number) => ({ name, value, limit, ok: value <= limit });
  const forwards = (kind: string) =>
    Math.max(...rows.filter((row) => row.kind === kind).map((row) => row.forwards!.median));
  const unauthenticated = ["router, no identifier", "router, plain", "router, authenticated, no key", "client, plain"];
  return [
    ...unauthenticated.map((kind) => atMost(`${kind}: times plain forwarding`, forwards(kind), 1.3)),
    ...(["client", "router"] as const).map((where) => {
      const worst = Math.max(...authenticators.filter((row) => row.where === where).map(({ hmacs }) => hmacs.median));
      return atMost(`${where}: the authenticator's time by an HMAC of the same bytes`, worst, 1.1);
    }),
    ...growth
      .filter(({ answering }) => answering === TABLES[0].answering)
      .slice(1)
      .map(({ servers, times }) => {
        return atMost(`router with ${servers} servers: by ${TABLES[0].servers} servers`, times.median, 1.2);
      }),
    ...floods.flatMap(({ form, forgedAccepted, genuine, genuineAccepted, waiting, stillWaiting }) => [
      atMost(`flood, ${form}: forged answers accepted`, forgedAccepted, 0),
      atMost(`flood, ${form}: genuine answers lost`, genuine - genuineAccepted + waiting - stillWaiting, 0),
    ]),
  ];
}

export function printAnycast({ rows, authenticators, growth, floods }: AnycastReport): void {
  table(
    ["anycast", "bytes", "ns/packet", "+-", "by forward"],
    rows.map(({ kind, size, nanoseconds, forwards }) => [
      ...[kind, `${size}`, nanoseconds.median.toFixed(0), `${(nanoseconds.deviation * 100).toFixed(0)} %`],
      forwards?.median.toFixed(2) ?? "",
    ]),
  );
  table(
    ["authenticator", "bytes", "HMACs"],
    authenticators.map(({ where, size, hmacs }) => [where, `${size}`, hmacs.median.toFixed(2)]),
  );
  table(
    ["servers", "answer", "by the fewest"],
    growth.map(({ servers, answering, times }) => [`${servers}`, `${answering}`, times.median.toFixed(2)]),
  );
  table(
    ["flood", "forged", "accepted", "genuine", "accepted", "waiting", "then", "ns/answer"],
    floods.map((flood) => [
      ...[flood.form, `${flood.forged}`, `${flood.forgedAccepted}`, `${flood.genuine}`, `${flood.genuineAccepted}`],
      ...[`${flood.waiting}`, `${flood.stillWaiting}`, flood.nanoseconds.toFixed(0)],
    ]),
  );
}
