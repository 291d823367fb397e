import { createHash, createHmac } from "node:crypto";
import { be, concat, ETHER, ether, ip6, mobility, Protocol, prefixOption, routerAdvertisement } from "./frames.js";
import type { Recorder } from "./recorder.js";

// Parts that other nodes play while a tape is recorded.

/** Who a mobile node meets. */
export interface Surroundings {
  /** Link address of its link port, and that port's number. */
  port: number;
  mac: Uint8Array;
  home: Uint8Array;
  agent: Uint8Array;
  /** The router of the visited link and the prefix that it announces. */
  router: Uint8Array;
  routerMac: Uint8Array;
  prefix: Uint8Array;
}

const UPDATE = 5;
const ACKNOWLEDGEMENT = 6;

/** What a mobile node that has moved asks for, and the frame that grants it. */
export interface Request {
  careOf: Uint8Array;
  acknowledgement: Uint8Array;
}

/** Announces the visited link's prefix until the mobile node sends its Binding Update. */
export function awaitUpdate(recorder: Recorder, { port, mac, home, agent, ...visited }: Surroundings): Request {
  announce(recorder, port, visited);
  const update = recorder.pass(4000).find(({ frame }) => isUpdate(frame));
  if (!update) throw new Error("no Binding Update left after a Router Advertisement");
  const { frame } = update;
  const careOf = frame.slice(ETHER + 8, ETHER + 24);
  const sequence = frame.slice(updateAt(frame) + 6, updateAt(frame) + 8);
  const lifetime = frame.slice(updateAt(frame) + 10, updateAt(frame) + 12);
  const header = mobility(agent, home, ACKNOWLEDGEMENT, concat(be(8, 0, 0), sequence, lifetime));
  const routing = concat(be(8, Protocol.MH, 2, 2, 1), be(32, 0), home);
  const packet = ip6(agent, careOf, Protocol.ROUTING, concat(routing, header));
  return { careOf, acknowledgement: ether(mac, visited.routerMac, packet) };
}

/** The same, and the registration is granted. Gives the care-of address. */
export function register(recorder: Recorder, surroundings: Surroundings): Uint8Array {
  const { careOf, acknowledgement } = awaitUpdate(recorder, surroundings);
  recorder.rx(surroundings.port, acknowledgement).pass(1000);
  return careOf;
}

/** Who binds itself at a correspondent that has the address `own`. */
export interface Visitor {
  own: Uint8Array;
  home: Uint8Array;
  careOf: Uint8Array;
  routerMac: Uint8Array;
}

/** A mobile node's tests and Binding Update at a correspondent, RFC 6275 §5.2.5-5.2.6, through the router. */
export function prove(recorder: Recorder, port: number, mac: Uint8Array, visitor: Visitor): void {
  const { own, home, careOf, routerMac } = visitor;
  const answered = [home, careOf].map((from, i) => {
    const question = mobility(from, own, 1 + i, concat(be(16, 0), new Uint8Array(8).fill(i + 1)));
    recorder.rx(port, ether(mac, routerMac, ip6(from, own, Protocol.MH, question)));
    const answer = recorder.sent().find(({ frame }) => frame[ETHER + 6] === Protocol.MH);
    if (!answer) throw new Error("no answer to a test of return routability");
    const at = ETHER + 40;
    return { index: answer.frame.slice(at + 6, at + 8), token: answer.frame.slice(at + 16, at + 24) };
  });
  const options = concat(be(8, 4, 4), answered[0].index, answered[1].index, be(8, 5, 12));
  const unsigned = mobility(home, own, UPDATE, concat(be(16, 1, 0x8000, 100), options, new Uint8Array(12)));
  const covered = concat(unsigned.subarray(0, 4), be(16, 0), unsigned.subarray(6, -12));
  const key = createHash("sha1").update(answered[0].token).update(answered[1].token).digest();
  const proof = createHmac("sha1", key).update(careOf).update(own).update(covered).digest().subarray(0, 12);
  const update = mobility(home, own, UPDATE, concat(unsigned.subarray(6, -12), proof));
  const option = concat(be(8, Protocol.MH, 2, 1, 2, 0, 0, 0xc9, 16), home);
  recorder.rx(port, ether(mac, routerMac, ip6(careOf, own, Protocol.OPTIONS, concat(option, update))));
  if (!recorder.sent().some(({ frame }) => frame[ETHER + 6] === Protocol.ROUTING)) throw new Error("not bound");
}

/** A Router Advertisement with an autonomous on-link prefix, and the time that optimistic DAD takes. */
export function announce(
  recorder: Recorder,
  port: number,
  { router, routerMac, prefix }: Pick<Surroundings, "router" | "routerMac" | "prefix">,
): void {
  const options = prefixOption(prefix, 64, 0xc0, 86400);
  recorder.rx(port, routerAdvertisement(router, routerMac, 9000, options));
}

/** Where the mobility header of a Binding Update with a Home Address option begins in its frame. */
function updateAt(frame: Uint8Array): number {
  return ETHER + 40 + (frame[ETHER + 41] + 1) * 8;
}

function isUpdate(frame: Uint8Array): boolean {
  if (frame[ETHER + 6] !== Protocol.OPTIONS || frame[ETHER + 40] !== Protocol.MH) return false;
  return frame[updateAt(frame) + 2] === UPDATE;
}
