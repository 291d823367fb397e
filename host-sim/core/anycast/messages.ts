/** Verified anycast of a node as the messages of its core. The node has passed its checks. */
import { AnycastKeyUse } from "../../../assembly/abi/anycast.js";
import { parseIp6 } from "../address.js";
import { readKey } from "../ipsec/keys.js";
import type { Messages } from "../messages.js";
import type { PortNumbers } from "../plan.js";
import { durationS } from "../units.js";
import type { AnycastConfig, AnycastKey, AnycastServerConfig } from "./config.js";

/** How long a request waits for its answer, docs/anycast-identifier.md §3. */
const TIMEOUT = "30s";
/** What a registration asks for. */
const LIFETIME = "60s";

/** Keys first: what follows names them, and without them nothing can be registered. Ports and addresses are there already. Throws `KeyError` where a key has gone since. */
export function writeAnycast(out: Messages, anycast: AnycastConfig, numbers: PortNumbers, withKeys: boolean): void {
  if (withKeys) writeKeys(out, anycast);
  for (const { address, key, timeout } of anycast.client ?? []) {
    out.anycastClient(parseIp6(address), key?.id ?? 0, durationS(timeout ?? TIMEOUT));
  }
  const servers = anycast.server ?? [];
  for (const { address, from } of servers) out.anycastServer(parseIp6(address), parseIp6(from));
  if (withKeys) writeRegistrations(out, servers, (lifetime) => durationS(lifetime ?? LIFETIME));
  const { boundary } = anycast;
  if (!boundary) return;
  for (const [name, number] of numbers.links) out.boundary(number, boundary.inside.includes(name));
  for (const { address } of boundary.anycast ?? []) out.boundaryAnycast(parseIp6(address));
  for (const { address, anycast: served, cost } of boundary.servers ?? []) {
    out.boundaryServer(parseIp6(address), parseIp6(served), cost ?? 0);
  }
}

/** What a node says before it ends: its routers are to look for another server now, docs/anycast-identifier.md §6. */
export function writeFarewell(out: Messages, { server = [] }: AnycastConfig): void {
  writeRegistrations(out, server, () => 0);
}

function writeRegistrations(
  out: Messages,
  servers: AnycastServerConfig[],
  lifetimeS: (asked: string | undefined) => number,
): void {
  for (const { address, register = [] } of servers) {
    for (const { router, key, lifetime, cost = 0 } of register) {
      const [anycast, to] = [parseIp6(address), parseIp6(router)];
      out.anycastRegister({ keyId: key.id, lifetimeS: lifetimeS(lifetime), cost, anycast, router: to });
    }
  }
}

function writeKeys(out: Messages, { client = [], server = [], boundary }: AnycastConfig): void {
  const put = (address: string, use: AnycastKeyUse, keys: AnycastKey[] = []): void => {
    for (const key of keys) out.anycastKey(parseIp6(address), key.id, use, readKey(key));
  };
  for (const { address, key } of client) if (key) put(address, AnycastKeyUse.IDENTIFIER, [key]);
  for (const { address, keys, register = [] } of server) {
    put(address, AnycastKeyUse.IDENTIFIER, keys);
    put(
      address,
      AnycastKeyUse.REGISTRATION,
      register.map(({ key }) => key),
    );
  }
  for (const { address, keys, "registration-keys": registration } of boundary?.anycast ?? []) {
    put(address, AnycastKeyUse.IDENTIFIER, keys);
    put(address, AnycastKeyUse.REGISTRATION, registration);
  }
}
