import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { registration, server } from "../../../host-sim/live/anycast-status.js";
import { tables } from "../../../host-sim/live/status.js";
import * as client from "../lib/anycast.js";

const S = "2001:db8:53::53";

test("a client tells what it has asked and waits for", () => {
  const end = new client.End("anycast-client", client.C, [
    client.keyMessage(),
    client.clientMessage(client.KEY_ID, 30),
  ]);
  end.sends(client.datagram(client.C, client.S, [40000, 53], Uint8Array.of(1, 2, 3)));
  end.node.pass(10_000);
  assert.deepEqual(tables(end.node.core).anycastRequests, [
    {
      anycast: client.S,
      client: client.C,
      protocol: "udp",
      localPort: 40000,
      remotePort: 53,
      authenticated: true,
      seconds: 20,
    },
  ]);
});

test("a boundary router's server is told, with what is left of a registration or that it is there by hand", () => {
  const row = new Uint8Array(40);
  row.set(parseIp6("2001:db8:a::2"));
  row.set(parseIp6(S), 16);
  const view = new DataView(row.buffer);
  view.setUint32(32, 0xffffffff, true);
  row.set([10, 3, 1], 36);
  const told = { anycast: S, address: "2001:db8:a::2", cost: 10, hops: 3 };
  assert.deepEqual(server(row, view), { ...told, nearest: true, seconds: "by hand" });
  view.setUint32(32, 29_500, true);
  row[38] = 0;
  assert.deepEqual(server(row, view), { ...told, nearest: false, seconds: 29.5 });
});

test("a registration is told with its state and the last reply", () => {
  const row = new Uint8Array(40);
  row.set(parseIp6("2001:db8:a::1"));
  row.set(parseIp6(S), 16);
  const view = new DataView(row.buffer);
  view.setUint32(32, 14_950, true);
  view.setUint16(36, 30, true);
  row.set([2, 0], 38);
  const told = { anycast: S, router: "2001:db8:a::1", lifetime: 30, next: 15 };
  assert.deepEqual(registration(row, view), { ...told, state: "registered", lastReply: "accepted" });
  row.set([3, 4], 38);
  assert.deepEqual(registration(row, view), { ...told, state: "refused", lastReply: "claimed" });
});
