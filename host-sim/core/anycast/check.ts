/** Does `anycast:` of a node mean something? Its image has the roles, its addresses can be what they are for, its keys are there. */
import { createHash } from "node:crypto";
import { formatIp6, parseIp6 } from "../address.js";
import type { Checker } from "../checker.js";
import type { ImageName } from "../image.js";
import { checkReference } from "../ipsec/check-key.js";
import type { NodeConfig } from "../scenario.js";
import { durationUs } from "../units.js";
import type { Path } from "../yaml-file.js";
import type { AnycastConfig, AnycastKey, AnycastServerConfig, BoundaryConfig } from "./config.js";

/** Which images have a role. */
const IMAGES: Record<keyof AnycastConfig, readonly ImageName[]> = {
  client: ["anycast-client", "host", "terminal"],
  server: ["anycast-server", "host", "terminal"],
  boundary: ["boundary-router"],
};
const NEEDED: Partial<Record<ImageName, keyof AnycastConfig>> = {
  "anycast-client": "client",
  "anycast-server": "server",
  "boundary-router": "boundary",
};
const ROLES = ["client", "server", "boundary"] as const;
/** Bytes of a key, docs/anycast-identifier.md §1. */
const KEY = { SHORTEST: 16, LONGEST: 64 };
const LONGEST_US = 3600e6;

type Use = "identifier" | "registration";

export function checkAnycast(check: Checker, path: Path, node: NodeConfig): void {
  const { image, anycast } = node;
  const needed = NEEDED[image];
  if (needed && !anycast?.[needed]) {
    check.report(
      anycast ? [...path, "anycast"] : path,
      `expected ${anycast ? "" : '"anycast" with '}a key "${needed}"`,
    );
  }
  if (!anycast) return;
  for (const role of ROLES) {
    if (anycast[role] === undefined || IMAGES[role].includes(image)) continue;
    const message = `belongs to image ${IMAGES[role].join(" or ")}, this node is a ${image}`;
    check.report([...path, "anycast", role], message, "key");
  }
  const context = new Context(check, node);
  checkClient(context, [...path, "anycast", "client"], anycast);
  for (const [i, server] of (anycast.server ?? []).entries()) {
    checkServer(context, [...path, "anycast", "server", i], server);
  }
  if (anycast.boundary) checkBoundary(context, [...path, "anycast", "boundary"], anycast.boundary);
}

function checkClient(context: Context, at: Path, { client = [] }: AnycastConfig): void {
  for (const [i, { address, key, timeout }] of client.entries()) {
    context.anycast([...at, i, "address"], address);
    context.once("client", [...at, i, "address"], address);
    if (key) context.key([...at, i, "key"], "identifier", address, key);
    context.time([...at, i, "timeout"], timeout);
  }
}

function checkServer(context: Context, at: Path, server: AnycastServerConfig): void {
  const { address, from, keys = [], register = [] } = server;
  context.anycast([...at, "address"], address);
  context.once("server", [...at, "address"], address);
  const unicast = context.check.ip6([...at, "from"], from);
  if (unicast && !context.own.has(formatIp6(unicast))) {
    const known = context.own.size === 0 ? "it has none by hand" : `it has ${[...context.own].join(", ")}`;
    context.check.report([...at, "from"], `${from} is not an address of this node: ${known}`);
  }
  context.keys([...at, "keys"], "identifier", address, keys);
  for (const [i, { router, key, lifetime }] of register.entries()) {
    const where = [...at, "register", i];
    context.unicast([...where, "router"], router);
    context.once(`router for ${address}`, [...where, "router"], router);
    context.key([...where, "key"], "registration", address, key);
    context.time([...where, "lifetime"], lifetime);
  }
}

function checkBoundary(context: Context, at: Path, { inside, anycast = [], servers = [] }: BoundaryConfig): void {
  const { check, ports } = context;
  for (const [i, name] of inside.entries()) check.known([...at, "inside", i], name, "port", ports);
  for (const [i, { address, keys = [], "registration-keys": registration = [] }] of anycast.entries()) {
    const where = [...at, "anycast", i];
    context.anycast([...where, "address"], address);
    context.once("boundary", [...where, "address"], address);
    context.keys([...where, "keys"], "identifier", address, keys);
    context.keys([...where, "registration-keys"], "registration", address, registration);
  }
  const known = anycast.map(({ address }) => canonical(address));
  for (const [i, { address, anycast: served }] of servers.entries()) {
    const where = [...at, "servers", i];
    context.unicast([...where, "address"], address);
    if (!check.ip6([...where, "anycast"], served)) continue;
    if (!known.includes(canonical(served))) {
      const list = known.join(", ") || "none";
      check.report([...where, "anycast"], `${served} is not an anycast address of this boundary; those are: ${list}`);
    }
    context.once(`server of ${canonical(served)}`, [...where, "address"], address);
  }
}

/** What the parts of one node are held against: its addresses and ports, and what was said before. */
class Context {
  /** Addresses of the node by hand, as text; a terminal's home address among them. */
  readonly own: Set<string>;
  readonly ports: string[];
  private readonly said = new Set<string>();
  /** Digests of keys by what names them. */
  private readonly named = new Map<string, string>();

  constructor(
    readonly check: Checker,
    node: NodeConfig,
  ) {
    this.ports = Object.keys(node.ports ?? {});
    const texts = Object.values(node.ports ?? {}).flatMap(({ address }) => address ?? []);
    const home = node["mobile-node"]?.["home-address"];
    this.own = new Set([...texts, home ?? []].flat().map((text) => canonical(text.replace(/\/.*$/, ""))));
  }

  /** An address that several servers share: of this node by its role alone. */
  anycast(path: Path, text: string): void {
    const address = this.unicast(path, text);
    if (address && this.own.has(formatIp6(address))) {
      this.check.report(path, `${text} is an address of a port of this node: expected one that servers share`);
    }
  }

  /** Reaches other links. */
  unicast(path: Path, text: string): Uint8Array | undefined {
    const address = this.check.ip6(path, text);
    this.check.unicast(path, address);
    if (address?.[0] === 0xfe && (address[1] & 0xc0) === 0x80) {
      this.check.report(path, `expected an address beyond one link, not the link-local ${text}`);
    }
    return address;
  }

  /** The same address twice in a list. */
  once(list: string, path: Path, text: string): void {
    if (this.repeated(`${list} ${canonical(text)}`)) this.check.report(path, `${text} is in this list already`);
  }

  keys(at: Path, use: Use, address: string, keys: AnycastKey[]): void {
    const ids = new Set<number>();
    for (const [i, key] of keys.entries()) {
      if (ids.has(key.id)) this.check.report([...at, i, "id"], `key id ${key.id} is in this list already`);
      else this.key([...at, i], use, address, key);
      ids.add(key.id);
    }
  }

  /** The key is there, long enough, and no other than what its id names elsewhere in this node. */
  key(at: Path, use: Use, address: string, reference: AnycastKey): void {
    const key = checkReference(this.check, at, reference);
    if (!key) return;
    if (key.length < KEY.SHORTEST || key.length > KEY.LONGEST) {
      this.check.report(at, `expected ${KEY.SHORTEST} to ${KEY.LONGEST} bytes; this key has ${key.length}`);
      return;
    }
    // A router looks up who registers by the key id alone (§6).
    const name = use === "registration" ? `${use} ${reference.id}` : `${use} ${reference.id} ${canonical(address)}`;
    const digest = createHash("sha256").update(key).digest("hex");
    const before = this.named.get(name);
    this.named.set(name, before ?? digest);
    if (before === undefined || before === digest) return;
    this.check.report([...at, "id"], `${use} key ${reference.id} is another key elsewhere in this node`);
  }

  time(path: Path, text: string | undefined): void {
    if (text === undefined) return;
    const us = durationUs(text);
    if (us >= 1e6 && us <= LONGEST_US && us % 1e6 === 0) return;
    this.check.report(path, `expected whole seconds from 1s to 3600s, not ${text}`);
  }

  private repeated(what: string): boolean {
    const known = this.said.has(what);
    this.said.add(what);
    return known;
  }
}

/** The one way to write an address; what is none stays, and is told where it stands. */
function canonical(text: string): string {
  try {
    return formatIp6(parseIp6(text));
  } catch {
    return text;
  }
}
