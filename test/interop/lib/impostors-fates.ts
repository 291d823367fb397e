/** The table of docs/anycast-identifier.md §7 as packets that scapy/impostors.py sends, and what becomes of each. */
import type { NodeName } from "./impostors-world.js";

/** Taken by the client's application, or discarded by a node for a reason. */
export type Fate = "accepted" | `${NodeName} ${string}`;

export interface Row {
  impostor: string;
  /** Of the play "answer". */
  play: {
    link: string;
    source: "own" | "U" | "S";
    identifier: string;
    client?: 0 | 1;
    port?: "wrong";
    direct?: boolean;
  };
  /** In the plain form without and with boundary routers; undefined: not played. */
  plain?: Fate;
  guarded?: Fate;
  /** In the authenticated form, without any router that would help. */
  keyed?: Fate;
}

const missing = "client ANYCAST_MISSING";
const unasked = "client ANYCAST_UNASKED";
const own = "own" as const;
const plain = "plain";

/** With a key at the client, each identifier that an impostor can have is tried. */
const KEYED: [identifier: string, reason: string][] = [
  [plain, "MISSING"],
  ["recorded", "UNASKED"],
  ["stale", "UNASKED"],
  ["guessed", "FORGED"],
  ["unknown", "KEY"],
];

/** The row, and the same for the authenticated form with every identifier there is. */
function everywhere(row: Row): Row[] {
  if (row.play.identifier !== plain || row.keyed) return [row];
  const at = row.play.client === 1 ? "inner" : "client";
  const more = KEYED.map(([identifier, reason]): Row => {
    const impostor = `${row.impostor}, identifier ${identifier}`;
    return { impostor, play: { ...row.play, identifier }, keyed: `${at} ANYCAST_${reason}` };
  });
  return [row, ...more];
}

const TABLE: Row[] = [
  {
    impostor: "off path, wrong port",
    play: { link: "free", source: own, identifier: plain, port: "wrong" },
    plain: unasked,
    guarded: unasked,
    keyed: unasked,
  },
  {
    impostor: "off path, an identifier of another anycast address",
    play: { link: "free", source: own, identifier: "other" },
    plain: unasked,
    guarded: unasked,
    keyed: unasked,
  },
  {
    impostor: "off path, an identifier within another option",
    play: { link: "free", source: own, identifier: "nested" },
    plain: missing,
    guarded: missing,
    keyed: missing,
  },
  {
    impostor: "outside, own address, no identifier",
    play: { link: "free", source: own, identifier: "none" },
    plain: missing,
    guarded: missing,
    keyed: missing,
  },
  {
    impostor: "outside, own address, identifier copied, no boundary router there",
    play: { link: "free", source: own, identifier: plain },
    plain: "accepted",
    guarded: "accepted",
  },
  {
    impostor: "outside, own address, identifier copied, a boundary router there",
    play: { link: "outside", source: own, identifier: plain },
    plain: "accepted",
    guarded: "far ANYCAST_SERVER",
  },
  {
    impostor: "outside, identifier copied, the client in the servers' network",
    play: { link: "free", source: own, identifier: plain, client: 1 },
    plain: "accepted",
    guarded: "border ANYCAST_OUTSIDE",
  },
  {
    impostor: "outside, U spoofed, the client in the servers' network",
    play: { link: "free", source: "U", identifier: plain, client: 1 },
    plain: "accepted",
    guarded: "border ANYCAST_SOURCE",
  },
  {
    impostor: "outside, U spoofed, a boundary router there",
    play: { link: "outside", source: "U", identifier: plain },
    plain: "accepted",
    guarded: "far ANYCAST_SOURCE",
  },
  {
    impostor: "outside, S spoofed, a boundary router there",
    play: { link: "outside", source: "S", identifier: "none" },
    plain: "accepted",
    guarded: "far ANYCAST_SOURCE",
    keyed: missing,
  },
  {
    impostor: "inside, own address, identifier copied, on the server's link",
    play: { link: "server", source: own, identifier: plain },
    plain: "accepted",
    guarded: "border ANYCAST_SERVER",
  },
  {
    impostor: "inside, own address, identifier copied, on another link",
    play: { link: "other", source: own, identifier: plain },
    plain: "accepted",
    guarded: "border ANYCAST_SERVER",
  },
  {
    impostor: "inside, U spoofed, behind another port than the server",
    play: { link: "other", source: "U", identifier: plain },
    plain: "accepted",
    guarded: "border ANYCAST_SOURCE",
  },
  {
    impostor: "inside, S spoofed, behind another port than the server",
    play: { link: "other", source: "S", identifier: "none" },
    plain: "accepted",
    guarded: "border ANYCAST_SOURCE",
    keyed: missing,
  },
  {
    impostor: "inside, U spoofed, on the server's own link",
    play: { link: "server", source: "U", identifier: plain },
    plain: "accepted",
    guarded: "accepted",
  },
  {
    impostor: "inside, S spoofed, on the server's own link",
    play: { link: "server", source: "S", identifier: "none" },
    plain: "accepted",
    guarded: "accepted",
    keyed: missing,
  },
  {
    impostor: "on path, answers first with the identifier and the ports it saw",
    play: { link: "client", source: own, identifier: plain, direct: true },
    plain: "accepted",
    guarded: "accepted",
  },
];

export const ROWS = TABLE.flatMap(everywhere);
