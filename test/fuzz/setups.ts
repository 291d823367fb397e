import { be, concat, ETHER, ether, IP6, ip6, mobility, Protocol, portMac, udp } from "../bench/frames.js";
import * as say from "../bench/messages.js";
import { PortKind } from "../bench/messages.js";
import { announce, awaitUpdate, prove, register } from "../bench/peers.js";
import { Recorder } from "../bench/recorder.js";
import type { Tape } from "../bench/tape.js";
import * as anycast from "./anycast.js";
import type { SubjectName } from "./build.js";
import { type Arrival, bindingUpdate, inEsp } from "./inputs.js";
import * as world from "./world.js";

// How each fuzzed image gets into the state that inputs start from.

const visitedLink = { router: world.visitedRouter, routerMac: world.visitedMac, prefix: world.visited };

/** The state that inputs start from. */
export interface State {
  tape: Tape;
  /** The image's own address on its link: inputs are sent there. */
  own: Uint8Array;
  /** A frame that the image waits for: a seed besides. */
  awaited?: Uint8Array;
  /** More seeds, each a list of frames. */
  more?: Record<string, Arrival[]>;
}

const surroundings = { port: 0, mac: portMac(0), home: world.home, agent: world.agent, ...visitedLink };

/** Records the setup of an image in V8; `wasm` is its path. */
export type Setup = (wasm: string) => State;

/** What can be fuzzed: an image of assembly/images and its setup. */
export const setups: Record<string, { image: SubjectName; setup: Setup; about: string }> = {
  host: { image: "host", setup: host, about: "a host with an autoconfigured address" },
  router: { image: "router", setup: router, about: "a router between two links that advertises" },
  correspondent: { image: "host", setup: correspondent, about: "a correspondent with a binding" },
  "home-agent": { image: "home-agent", setup: homeAgent, about: "a home agent with two listed home addresses" },
  "home-agent-bound": { image: "home-agent", setup: bound, about: "a home agent with a binding" },
  "home-agent-protected": {
    image: "home-agent-unsealed",
    setup: guarded,
    about: "a home agent that wants Binding Updates in ESP, whatever their ICV",
  },
  terminal: { image: "terminal", setup: registered, about: "a terminal that is registered" },
  "terminal-registering": {
    image: "terminal",
    setup: registering,
    about: "a terminal whose Binding Update is not acknowledged yet",
  },
  "terminal-optimizing": {
    image: "terminal",
    setup: optimizing,
    about: "a registered terminal that has asked a correspondent for the direct route",
  },
  "anycast-client": {
    image: "host-unsealed",
    setup: asking,
    about: "a host that waits for answers of anycast addresses, whatever their authenticators",
  },
  "anycast-server": {
    image: "host-unsealed",
    setup: serving,
    about: "a host that serves anycast addresses, whatever the authenticators of requests",
  },
  "boundary-router": {
    image: "boundary-router-unsealed",
    setup: boundary,
    about: "a boundary router with servers inside, whatever authenticators say",
  },
};

function host(wasm: string): State {
  const recorder = new Recorder(wasm).messages([say.entropy, say.port(0, PortKind.ETHER), say.host(0)]);
  announce(recorder, 0, visitedLink);
  const [probe] = recorder.pass(3000).filter(({ frame }) => isSolicitation(frame) && inVisited(frame));
  return { tape: recorder.tape, own: probe.frame.slice(ETHER + 48, ETHER + 64) };
}

/** With a binding of a mobile node that proved it. */
function correspondent(wasm: string): State {
  const recorder = new Recorder(wasm).messages([say.entropy, say.port(0, PortKind.ETHER), say.host(0)]);
  recorder.messages([say.correspondent]);
  announce(recorder, 0, visitedLink);
  const [probe] = recorder.pass(3000).filter(({ frame }) => isSolicitation(frame) && inVisited(frame));
  const own = probe.frame.slice(ETHER + 48, ETHER + 64);
  prove(recorder, 0, portMac(0), { own, home: world.home, careOf: world.correspondent, routerMac: world.visitedMac });
  return { tape: recorder.tape, own };
}

function router(wasm: string): State {
  const ports = [say.port(0, PortKind.ETHER), say.port(1, PortKind.ETHER)];
  const settings = [say.entropy, ...ports, say.address(0, world.agent), say.address(1, world.secondLink)];
  const advertised = [say.advertise(0), say.prefix(0, world.agent)];
  const recorder = new Recorder(wasm).messages([...settings, ...advertised]);
  recorder.messages([say.route(0, world.visited, 64, world.visitedRouter)]).pass(3000);
  return { tape: recorder.tape, own: world.agent };
}

function homeAgent(wasm: string): State {
  return { tape: agentRecorder(wasm).tape, own: world.agent };
}

/** With a binding of its first home address. */
function bound(wasm: string): State {
  const recorder = agentRecorder(wasm);
  recorder.rx(0, ether(portMac(0), world.visitedMac, bindingUpdate(world.visitor, 1, 1000))).pass(1000);
  return { tape: recorder.tape, own: world.agent };
}

function agentRecorder(wasm: string, role = [say.homeAgent(0, world.agent)]): Recorder {
  const ports = [say.port(0, PortKind.ETHER), say.port(1, PortKind.ETHER)];
  const addresses = [say.address(0, world.agent), say.address(1, world.secondLink)];
  const agent = [...role, say.homeAddress(world.home), say.homeAddress(world.secondHome)];
  const recorder = new Recorder(wasm).messages([say.entropy, ...ports, ...addresses, say.advertise(0), ...agent]);
  recorder.messages([say.route(0, world.visited, 64, world.visitedRouter)]).pass(3000);
  return recorder;
}

/** Awaits a Binding Update in ESP without encryption: whoever wrote it could have the key. */
function guarded(wasm: string): State {
  const recorder = agentRecorder(wasm, [
    say.homeAgent(0, world.agent, say.Security.REQUIRED),
    ...say.signalling(world.agent, world.home),
  ]);
  const update = ether(portMac(0), world.visitedMac, inEsp(say.UPDATE_SPI, 1, bindingUpdate(world.visitor, 1, 1000)));
  return { tape: recorder.tape, own: world.agent, awaited: update };
}

/** The terminal with a fixed row in its translation table, before it has a link. */
function terminal(wasm: string): Recorder {
  const recorder = new Recorder(wasm).messages([say.entropy, say.port(0, PortKind.ETHER), say.port(1, PortKind.IP)]);
  recorder.messages([say.host(0), say.mobileNode(0, world.home, world.agent), say.program(10000), say.program(10001)]);
  return recorder.messages([
    say.pool4(world.pool4, 24),
    say.translation(world.correspondent, world.application.remote4),
    say.dns(world.nameServer4, world.nameServer6),
  ]);
}

/** On the visited link, registered. */
function registered(wasm: string): State {
  const recorder = terminal(wasm);
  const own = register(recorder, surroundings);
  return { tape: recorder.tape, own };
}

/** On the visited link, the Binding Update is not acknowledged yet. */
function registering(wasm: string): State {
  const recorder = terminal(wasm);
  const { careOf, acknowledgement } = awaitUpdate(recorder, surroundings);
  return { tape: recorder.tape, own: careOf, awaited: acknowledgement };
}

/** Requests of each kind have left: to an address with a key and to one without, datagrams and echoes. */
function asking(wasm: string): State {
  const recorder = new Recorder(wasm).messages([say.entropy, say.port(0, PortKind.ETHER), say.port(1, PortKind.IP)]);
  recorder.messages([say.host(0), ...anycast.client]);
  announce(recorder, 0, visitedLink);
  const [probe] = recorder.pass(3000).filter(({ frame }) => isSolicitation(frame) && inVisited(frame));
  const own = probe.frame.slice(ETHER + 48, ETHER + 64);
  for (const request of anycast.requests(own)) recorder.rx(1, request);
  const asked = recorder.pass(500).map(({ frame }) => frame.slice(ETHER));
  return { tape: recorder.tape, own, more: anycast.atClient(own, asked) };
}

/** With a request of each kind in its memory. */
function serving(wasm: string): State {
  const recorder = new Recorder(wasm).messages([say.entropy, say.port(0, PortKind.ETHER), say.port(1, PortKind.IP)]);
  recorder.messages([say.host(0), say.address(0, anycast.unicast), ...anycast.server]);
  announce(recorder, 0, visitedLink);
  recorder.pass(3000);
  const more = anycast.atServer();
  for (const { frame } of more.requests) recorder.rx(0, frame);
  recorder.pass(500);
  return { tape: recorder.tape, own: anycast.unicast, more };
}

/** Port 0 is outside, port 1 inside. */
function boundary(wasm: string): State {
  const ports = [say.port(0, PortKind.ETHER), say.port(1, PortKind.ETHER)];
  const addresses = [say.address(0, world.agent), say.address(1, world.secondLink)];
  const routes = [say.route(0, world.visited, 64, world.visitedRouter)];
  const recorder = new Recorder(wasm).messages([
    ...[say.entropy, ...ports, ...addresses, ...routes],
    ...anycast.router,
  ]);
  recorder.pass(3000);
  return { tape: recorder.tape, own: world.agent, more: anycast.atRouter() };
}

/** Registered; data to a correspondent was sent, HoTI and CoTI have left. The Care-of Test is awaited. */
function optimizing(wasm: string): State {
  const recorder = terminal(wasm);
  recorder.messages([say.program(10011), say.program(11001), say.optimize(world.correspondent, 64)]);
  const own = register(recorder, surroundings);
  const datagram = udp(world.home, world.correspondent, [4000, 53], new Uint8Array(8));
  recorder.rx(1, ip6(world.home, world.correspondent, Protocol.UDP, datagram));
  const asked = recorder.pass(500).find(({ frame }) => isCareOfTestInit(frame));
  if (!asked) throw new Error("no Care-of Test Init left");
  const cookie = asked.frame.slice(-8);
  const test = mobility(world.correspondent, own, 4, concat(be(16, 1), cookie, new Uint8Array(8).fill(3)));
  const packet = ip6(world.correspondent, own, Protocol.MH, test);
  return { tape: recorder.tape, own, awaited: ether(portMac(0), world.visitedMac, packet) };
}

function isCareOfTestInit(frame: Uint8Array): boolean {
  return frame[ETHER + 6] === Protocol.MH && frame[ETHER + IP6 + 2] === 2;
}

function isSolicitation(frame: Uint8Array): boolean {
  return frame[ETHER + 6] === Protocol.ICMP6 && frame[ETHER + IP6] === 135;
}

/** A solicitation for an address with the visited link's prefix: duplicate address detection. */
function inVisited(frame: Uint8Array): boolean {
  return Buffer.compare(frame.subarray(ETHER + 48, ETHER + 56), world.visited.subarray(0, 8)) === 0;
}
