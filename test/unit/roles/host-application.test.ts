import assert from "node:assert/strict";
import { test } from "node:test";
import { PortKind } from "../../../assembly/abi/port.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { ALL_NODES, advertisement, ME, PEER, prefix, ROUTER, ra } from "../lib/lan.js";
import { Node } from "../lib/node.js";

const APP = 1;
const SKIP_DAD = 1;

function settings(application = true): Messages {
  const m = new Messages().port(0, PortKind.ETHER, 1400, ME.mac);
  if (application) m.port(APP, PortKind.IP, 1500);
  return m.host(0, { autoconfigure: true, optimistic: true, secret: new Uint8Array(32) });
}
/** What the application was told so far and not yet asked for: the address, with its MTU where it came, without where it went. */
function told(node: Node): string[] {
  return node
    .takeEvents()
    .filter(({ kindName }) => kindName === "APPLICATION")
    .map(({ a, x, y }) => (x === 0 ? `- ${a}` : `+ ${a}/${x} mtu ${y}`));
}

test("addresses by hand are the application's at once, that of one link alone is not", () => {
  const m = settings().address(0, parseIp6(ME.ip), 64, SKIP_DAD).address(0, parseIp6("2001:db8:2::2"), 64, SKIP_DAD);
  const node = new Node("host", m, { ipPorts: [APP] });
  assert.deepEqual(told(node), [`+ ${ME.ip}/128 mtu 1400`, "+ 2001:db8:2::2/128 mtu 1400"]);
  node.pass(5000);
  assert.deepEqual(told(node), []);
});

test("an address that is made of an advertisement comes when it is preferred, goes when it is deprecated, and comes again", () => {
  const node = new Node("host", settings(), { ipPorts: [APP] });
  node.pass(3000);
  node.rx(0, ra(ROUTER, { options: [prefix("2001:db8:1::", { valid: 600, preferred: 60 })] }));
  assert.deepEqual(told(node), [], "an optimistic address is not yet the application's");
  node.pass(1500);
  const [came, ...rest] = told(node);
  assert.match(came, /^\+ 2001:db8:1:[0-9a-f:]+\/128 mtu 1400$/);
  assert.deepEqual(rest, []);
  const address = came.slice(2, came.indexOf("/"));
  node.pass(60_000);
  assert.deepEqual(told(node), [`- ${address}`]);
  node.rx(0, ra(ROUTER, { options: [prefix("2001:db8:1::", { valid: 600, preferred: 60 })] }));
  assert.deepEqual(told(node), [came]);
  node.pass(700_000);
  assert.deepEqual(told(node), [`- ${address}`], "once, though it is deprecated first and gone later");
});

test("a duplicate after the link came back takes the address away", () => {
  const node = new Node("host", settings().address(0, parseIp6(ME.ip), 64, 0), { ipPorts: [APP] });
  node.pass(3000);
  assert.deepEqual(told(node), [`+ ${ME.ip}/128 mtu 1400`]);
  node.configure(new Messages().link(0, false).link(0, true));
  node.rx(0, advertisement(PEER, ALL_NODES, 0, PEER.mac, ME.ip));
  assert.deepEqual(told(node), [`- ${ME.ip}`]);
});

test("without an application port nobody is told", () => {
  const node = new Node("host", settings(false).address(0, parseIp6(ME.ip), 64, SKIP_DAD));
  node.pass(3000);
  assert.deepEqual(told(node), []);
});

const S = parseIp6("2001:db8:53::53");
for (const image of ["anycast-server", "host"]) {
  test(`the anycast address that a ${image} serves is its application's too`, () => {
    const m = settings().address(0, parseIp6(ME.ip), 64, SKIP_DAD).anycastServer(S, parseIp6(ME.ip));
    const node = new Node(image, m, { ipPorts: [APP] });
    assert.deepEqual(told(node), [`+ ${ME.ip}/128 mtu 1400`, "+ 2001:db8:53::53/128 mtu 1400"]);
  });
}

test("a terminal's application gets the anycast address and no address of the link", () => {
  const m = settings().address(0, parseIp6(ME.ip), 64, SKIP_DAD).anycastServer(S, parseIp6(ME.ip));
  const node = new Node("terminal", m, { ipPorts: [APP] });
  node.pass(3000);
  assert.deepEqual(told(node), ["+ 2001:db8:53::53/128 mtu 1400"]);
});
