/**
 * Every kind of message, option, header and status that the core has a number for, with the tshark filter that finds it. The lists are
 * read from the enums of assembly/wire, so that a kind that is added there is missed here until some golden capture holds it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../host-sim/core/root.js";

export interface Kind {
  /** `MhType.BU`. */
  name: string;
  filter: string;
  /** Why no capture has it; undefined where one must. */
  absent?: string;
}

const NEXT = ["ipv6.nxt", "ipv6.hopopts.nxt", "ipv6.dstopts.nxt", "ipv6.routing.nxt", "ipv6.fraghdr.nxt", "mip6.proto"];

/** tshark 4.0 keeps no number of a mobility option, but a field for each. */
const MOBILITY_OPTIONS = ["pad1", "padn", "bra", "acoa", "ni", "bad_auth"].map((field) => `mip6.options.${field}`);

/** File and enum of assembly/wire, and the filter of one number; without one the kind stands as missing. */
const ENUMS: [file: string, name: string, filter: (value: number) => string][] = [
  ["icmp6", "Icmp6Type", (n) => `icmpv6.type == ${n}`],
  ["mh", "MhType", (n) => `mip6.mhtype == ${n}`],
  ["mh", "MhOpt", (n) => MOBILITY_OPTIONS[n] ?? "frame.number == 0"],
  ["mh", "BaStatus", (n) => `mip6.ba.status == ${n}`],
  ["nd", "NdOpt", (n) => `icmpv6.opt.type == ${n}`],
  ["ext", "Opt", (n) => `ipv6.opt.type == ${n}`],
  ["ip6", "Proto", (n) => NEXT.map((field) => `${field} == ${n}`).join(" || ")],
];

/** What has a number and is never sent: asserted as well, so that this list does not outlive its reasons. */
const ABSENT: Record<string, string> = {
  "MhOpt.PAD1": "our options need PadN",
  "BaStatus.EXPIRED_HOME_NONCE": "a correspondent's to give",
  "BaStatus.EXPIRED_CARE_OF_NONCE": "a correspondent's to give",
  "BaStatus.EXPIRED_NONCES": "a correspondent's to give",
  "NdOpt.NONCE": "enhanced DAD (RFC 7527) is not done",
  "NdOpt.MAP": "no mobility anchor point yet",
  "Opt.PAD1": "our options need PadN",
  "Proto.IP4": "no IPv4 in tunnels",
};

export function kinds(): Kind[] {
  const found = ENUMS.flatMap(([file, name, filter]) =>
    numbers(file, name).map(([entry, value]) => {
      const kind = `${name}.${entry}`;
      return { name: kind, filter: filter(value), absent: ABSENT[kind] };
    }),
  );
  const unknown = Object.keys(ABSENT).filter((name) => !found.some((kind) => kind.name === name));
  if (unknown.length > 0) throw new Error(`assembly/wire has no ${unknown.join(", ")} any more`);
  return found;
}

/** Entries of an enum, from the source: AssemblyScript's files are not TypeScript. */
function numbers(file: string, name: string): [string, number][] {
  const path = `assembly/wire/${file}.ts`;
  const body = new RegExp(`export enum ${name} \\{([^}]*)\\}`).exec(readFileSync(join(ROOT, path), "utf8"))?.[1];
  if (body === undefined) throw new Error(`${path} has no enum ${name}`);
  return [...body.matchAll(/^\s*(\w+) = (0x[0-9a-f]+|\d+),/gim)].map(([, entry, value]) => [entry, Number(value)]);
}
