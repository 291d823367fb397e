/**
 * Which of its addresses a node speaks from, RFC 6724 §5. Asked by a packet to all nodes with an option that must be complained about
 * (RFC 4443 §2.4 (e.3)): the complaint has no address of its own to come from, so one is selected for the asker.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PortKind } from "../../../assembly/abi/port.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as lan from "../lib/lan.js";
import { Node } from "../lib/node.js";

const { ALL_NODES, be, ME, ROUTER } = lan;
const ANYCAST = 2;
const NO_DAD = 1;

/** A host with addresses by hand, to which everybody is on the link. */
function host(...addresses: [address: string, flags?: number][]): Node {
  const nowhere = new Uint8Array(16);
  const settings = new Messages().port(0, PortKind.ETHER, 1500, ME.mac).route(0, nowhere, 0, nowhere);
  for (const [address, flags = 0] of addresses) settings.address(0, parseIp6(address), 64, NO_DAD | flags);
  const node = new Node("host", settings);
  node.pass(3000).sent();
  return node;
}
/** The address that it answers from; "" when it does not answer. */
function answersFrom(node: Node, asker: string): string {
  const from = { ip: asker, mac: lan.PEER.mac };
  node.rx(0, lan.solicitation(from, { ip: ownOf(node), mac: ME.mac }));
  node.pass(10).sent();
  const unknown = lan.options(58, 0x80, 0);
  const packet = lan.frame(from, ALL_NODES, 0, Uint8Array.from([...unknown, ...be(8, 128, 0, 0, 0, 0, 0, 0, 0)]));
  node.rx(0, packet);
  const [complaint] = node.pass(10).said(/parameter problem/);
  return complaint ? complaint.split(" ")[1] : "";
}
/** An address that a neighbour may ask for. */
function ownOf(node: Node): string {
  return node.addresses()[0].split("/")[0];
}

test("rule 2: scope. Who asks from the link is answered from the link, others never are", () => {
  const both = () => host(["fe80::2"], ["2001:db8:1::2"]);
  assert.equal(answersFrom(both(), "fe80::9"), "fe80::2");
  assert.equal(answersFrom(both(), "2001:db8:1::9"), "2001:db8:1::2");
  assert.equal(answersFrom(host(["fe80::2"]), "2001:db8:1::9"), "", "a link-local address is none for a far one");
  assert.equal(answersFrom(host(["2001:db8:1::2"]), "fe80::9"), "", "nor the other way round");
});

test("rule 8: the longest matching prefix, whatever the order of the addresses", () => {
  const addresses: [string][] = [["2001:db8:1::2"], ["2001:db8:4::2"], ["2001:db9::2"]];
  for (const order of [addresses, [...addresses].reverse()]) {
    assert.equal(answersFrom(host(...order), "2001:db8:1::9"), "2001:db8:1::2");
    assert.equal(answersFrom(host(...order), "2001:db8:5::9"), "2001:db8:4::2");
    assert.equal(answersFrom(host(...order), "2001:db9:7::9"), "2001:db9::2");
  }
  const half: [string][] = [["2001:db8:1::ff:0"], ["2001:db8:1::2"]];
  assert.equal(answersFrom(host(...half), "2001:db8:1::3"), "2001:db8:1::2", "the last bits count too");
  assert.equal(answersFrom(host(...half), "2001:db8:1::fe:0"), "2001:db8:1::ff:0");
});

test("an anycast address is nobody's source", () => {
  assert.equal(answersFrom(host(["2001:db8:1::2", ANYCAST], ["2001:db8:4::2"]), "2001:db8:1::9"), "2001:db8:4::2");
});

test("rule 3: a deprecated address only where there is no other, however well it matches", () => {
  const settings = new Messages()
    .port(0, PortKind.ETHER, 1500, ME.mac)
    .host(0, { autoconfigure: true, optimistic: false, secret: new Uint8Array(32).fill(5) });
  const node = new Node("host", settings);
  node.pass(3000);
  const advertise = (preferred1: number, preferred2: number) => {
    const options = [
      lan.prefix("2001:db8:1::", { preferred: preferred1 }),
      lan.prefix("2001:db8:2::", { preferred: preferred2 }),
    ];
    node.rx(0, lan.ra(ROUTER, { options }));
    node.pass(3000).sent();
  };
  const prefixFor = (asker: string) => answersFrom(node, asker).slice(0, "2001:db8:1".length);
  advertise(1000, 1000);
  assert.equal(prefixFor("2001:db8:1::9"), "2001:db8:1");
  assert.equal(prefixFor("2001:db8:2::9"), "2001:db8:2");
  advertise(0, 1000);
  assert.equal(prefixFor("2001:db8:1::9"), "2001:db8:2");
  advertise(0, 0);
  assert.equal(prefixFor("2001:db8:1::9"), "2001:db8:1", "both are deprecated: the prefix decides again");
  assert.equal(prefixFor("2001:db8:2::9"), "2001:db8:2");
});
