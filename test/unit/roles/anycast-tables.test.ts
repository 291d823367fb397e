/** Configuration of verified anycast while a node runs, and its tables when they are full. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { ConfigRefused } from "../../../host-sim/core/core.js";
import type { Messages } from "../../../host-sim/core/messages.js";
import { AUTHENTICATED, authenticator, insert, PLAIN, REQUEST, walk } from "../../reference/anycast.js";
import { clientMessage, datagram, End, KEY, KEY_ID, keyDelete, keyMessage, serverMessage } from "../lib/anycast.js";

const [c, s, u] = ["2001:db8:c::1", "2001:db8:53::53", "2001:db8:a::2"];
const [C, S, U] = [c, s, u].map(parseIp6);
const ROWS = 12;

const ask = (port: number): Uint8Array => datagram(c, s, [port, 53], Uint8Array.of(1));
const bare = (port: number): Uint8Array => datagram(u, c, [53, port], Uint8Array.of(2));
const said = (port: number): Uint8Array => datagram(s, c, [53, port], Uint8Array.of(2));
const plain = (port: number): Uint8Array => insert(bare(port), { form: PLAIN, keyId: 0, anycast: S });
const wish = (port: number, n: number): Uint8Array => {
  const id = { form: REQUEST, keyId: KEY_ID, nonce: new Uint8Array(8).fill(n) };
  return insert(ask(port), { ...id, authenticator: authenticator(KEY, id, C, S, 17, ask(port).subarray(40)) });
};
const client = (keyed = false) =>
  new End("anycast-client", c, [keyMessage(KEY_ID, KEY, s), clientMessage(keyed ? KEY_ID : 0, 30, s)]);
const server = () => new End("anycast-server", u, [keyMessage(KEY_ID, KEY, s), serverMessage(s, u)]);
const formOf = (end: End, port: number): number => walk(end.sends(said(port))[0]).identifier!.form;

test("in a full table of requests the oldest gives way; all others are answered", () => {
  const end = client();
  for (let i = 0; i <= ROWS; i++) end.sends(ask(1000 + i));
  assert.equal(end.requests().length, ROWS);
  assert.deepEqual(
    end.node.dropsOf(() => end.receives(plain(1000))),
    { ANYCAST_UNASKED: 1 },
  );
  for (let i = 1; i <= ROWS; i++) assert.deepEqual(end.receives(plain(1000 + i)).app, [said(1000 + i)]);
  assert.deepEqual(end.requests(), []);
});
test("what is forgotten makes room before anything that is not", () => {
  const end = client();
  end.node.configure(clientMessage(0, 5, "2001:db8:53::54"));
  end.sends(ask(999));
  for (let i = 0; i < ROWS - 1; i++) end.sends(datagram(c, "2001:db8:53::54", [2000 + i, 53], Uint8Array.of(1)));
  end.pass(5001);
  for (let i = 0; i < ROWS - 1; i++) end.sends(ask(1000 + i));
  assert.equal(end.requests().length, ROWS);
  assert.equal(end.receives(plain(999)).app.length, 1);
});
test("a full memory of the server gives way where it has answered; then the oldest goes, and gets the plain form", () => {
  const end = server();
  for (let i = 0; i < ROWS; i++) end.receives(wish(1000 + i, i));
  assert.equal(formOf(end, 1005), AUTHENTICATED);
  end.receives(wish(2000, 50));
  assert.deepEqual([formOf(end, 1005), formOf(end, 1000), formOf(end, 2000)], [PLAIN, AUTHENTICATED, AUTHENTICATED]);
  const fresh = server();
  for (let i = 0; i <= ROWS; i++) fresh.receives(wish(1000 + i, i));
  assert.deepEqual([formOf(fresh, 1000), formOf(fresh, 1001)], [PLAIN, AUTHENTICATED]);
});
test("a recorded request, sent again and again, pushes nobody out of the server's memory", () => {
  const end = server();
  end.receives(wish(1000, 1));
  for (let i = 0; i < 5 * ROWS; i++) end.receives(wish(1001, 2));
  assert.deepEqual([formOf(end, 1000), formOf(end, 1001)], [AUTHENTICATED, AUTHENTICATED]);
});
test("two requests of one socket get an answer each, in order; further answers the newest one's form", () => {
  const end = server();
  end.receives(wish(1000, 1), wish(1000, 2));
  const nonces = [0, 1, 2].map(() => walk(end.sends(said(1000))[0]).identifier!.nonce![0]);
  assert.deepEqual(nonces, [1, 2, 2]);
});
test("forged requests leave the server's memory as it is", () => {
  const end = server();
  for (let i = 0; i < ROWS; i++) end.receives(wish(1000 + i, i));
  for (let i = 0; i < 10_000; i++) {
    const forged = wish(3000 + (i % 500), i & 0xff);
    forged[56 + (i & 15)] ^= 1;
    end.receives(forged);
  }
  assert.equal(end.node.drops().ANYCAST_FORGED, 10_000);
  for (let i = 0; i < ROWS; i++) assert.equal(formOf(end, 1000 + i), AUTHENTICATED);
});

test("an address leaves the list: nothing is waited for, answers are nobody's", () => {
  const end = client(true);
  const nonce = walk(end.sends(ask(1000))[0]).identifier!.nonce;
  end.node.configure(clientMessage(0, 0, s));
  assert.deepEqual(end.requests(), []);
  assert.deepEqual(end.sends(ask(1001)), [ask(1001)]);
  const id = { form: AUTHENTICATED, keyId: KEY_ID, anycast: S, nonce };
  const genuine = insert(bare(1000), {
    ...id,
    authenticator: authenticator(KEY, id, C, U, 17, bare(1000).subarray(40)),
  });
  assert.deepEqual(
    end.node.dropsOf(() => end.receives(genuine)),
    { ANYCAST_UNASKED: 1 },
  );
  assert.deepEqual(end.receives(said(1000)).app, [said(1000)]);
});
test("another key for the same address: what was asked under the old one is not waited for", () => {
  const end = client(false);
  end.sends(ask(1000));
  end.node.configure(clientMessage(KEY_ID, 30, s));
  assert.deepEqual(end.requests(), []);
  end.sends(ask(1001));
  assert.equal(end.requests()[0].at(-1), "+");
});
test("a client whose key is gone asks nothing, rather than without proof", () => {
  const end = client(true);
  end.node.configure(keyDelete(KEY_ID, s));
  assert.deepEqual(
    end.node.dropsOf(() => assert.deepEqual(end.sends(ask(1000)), [])),
    { ANYCAST_KEY: 1 },
  );
  assert.deepEqual(end.requests(), []);
});
test("a server whose key is gone answers in the plain form", () => {
  const end = server();
  end.receives(wish(1000, 1));
  end.node.configure(keyDelete(KEY_ID, s));
  assert.equal(formOf(end, 1000), PLAIN);
});
test("a server takes up an address and gives it up", () => {
  const end = server();
  assert.ok(end.node.addresses().includes(`${s}/128 PREFERRED`));
  end.node.configure(serverMessage(s, "::"));
  assert.ok(!end.node.addresses().some((address) => address.startsWith(s)));
  assert.deepEqual(
    end.node.dropsOf(() => assert.deepEqual(end.receives(ask(1000)).app, [])),
    { NOT_FOR_US: 1 },
  );
  end.node.configure(serverMessage(s, u));
  assert.deepEqual(end.receives(ask(1000)).app, [ask(1000)]);
});
test("one node may ask one address and serve another", () => {
  const end = new End("host", u, [serverMessage(s, u), clientMessage(0, 30, "2001:db8:54::1")]);
  assert.deepEqual(end.receives(ask(1000)).app, [ask(1000)]);
  assert.equal(formOf(end, 1000), PLAIN);
  end.sends(datagram(u, "2001:db8:54::1", [5, 6], Uint8Array.of(1)));
  const other = insert(datagram(c, u, [6, 5], Uint8Array.of(2)), {
    form: PLAIN,
    keyId: 0,
    anycast: parseIp6("2001:db8:54::1"),
  });
  assert.deepEqual(end.receives(other).app, [datagram("2001:db8:54::1", u, [6, 5], Uint8Array.of(2))]);
  assert.deepEqual(end.node.drops(), {});
});

const refused = (end: End, messages: Messages, pattern: RegExp): void => {
  assert.throws(
    () => end.node.configure(messages),
    (e: unknown) => e instanceof ConfigRefused && pattern.test(e.message),
  );
};
test("what cannot be is refused: a group, a link-local address, a stranger's unicast address, too many", () => {
  for (const bad of ["ff02::1", "fe80::1", "::", "::1"]) {
    refused(client(), clientMessage(0, 30, bad), /BAD_VALUE/);
    refused(server(), serverMessage(bad, u), /BAD_VALUE/);
  }
  refused(server(), serverMessage("2001:db8:54::1", "2001:db8:a::3"), /BAD_VALUE/);
  refused(server(), serverMessage(u, u), /BAD_VALUE/);
  refused(server(), serverMessage("2001:db8:54::1", s), /BAD_VALUE/);
  const end = client();
  for (let i = 1; i < 4; i++) end.node.configure(clientMessage(0, 30, `2001:db8:53::${i}`));
  refused(end, clientMessage(0, 30, "2001:db8:53::4"), /TABLE_FULL/);
  end.node.configure(clientMessage(0, 0, "2001:db8:53::2"));
  end.node.configure(clientMessage(0, 30, "2001:db8:53::4"));
});
