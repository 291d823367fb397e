import { portMac } from "../bench/frames.js";
import * as say from "../bench/messages.js";
import { PortKind } from "../bench/messages.js";
import { announce, register } from "../bench/peers.js";
import { Recorder } from "../bench/recorder.js";
import type { Tape } from "../bench/tape.js";
import * as world from "./world.js";

// How each fuzzed image gets into the state that inputs start from.

const visitedLink = { router: world.visitedRouter, routerMac: world.visitedMac, prefix: world.visited };

/** Records the setup of an image in V8; `wasm` is its path. */
export type Setup = (wasm: string) => Tape;

export const setups: Record<string, Setup> = {
  host: (wasm) => {
    const recorder = new Recorder(wasm).messages([say.entropy, say.port(0, PortKind.ETHER), say.host(0)]);
    announce(recorder, 0, visitedLink);
    recorder.pass(3000);
    return recorder.tape;
  },
  router: (wasm) => {
    const ports = [say.port(0, PortKind.ETHER), say.port(1, PortKind.ETHER)];
    const settings = [say.entropy, ...ports, say.address(0, world.agent), say.address(1, world.secondLink)];
    const advertised = [say.advertise(0), say.prefix(0, world.agent)];
    const recorder = new Recorder(wasm).messages([...settings, ...advertised]);
    recorder.messages([say.route(0, world.visited, 64, world.visitedRouter)]).pass(3000);
    return recorder.tape;
  },
  "home-agent": (wasm) => {
    const ports = [say.port(0, PortKind.ETHER), say.port(1, PortKind.ETHER)];
    const addresses = [say.address(0, world.agent), say.address(1, world.secondLink)];
    const agent = [say.homeAgent(0, world.agent), say.homeAddress(world.home), say.homeAddress(world.secondHome)];
    const recorder = new Recorder(wasm).messages([say.entropy, ...ports, ...addresses, say.advertise(0), ...agent]);
    recorder.messages([say.route(0, world.visited, 64, world.visitedRouter)]).pass(3000);
    return recorder.tape;
  },
  terminal,
};

/** The terminal on its visited link, registered, with a fixed row in its translation table. */
function terminal(wasm: string): Tape {
  const recorder = new Recorder(wasm).messages([say.entropy, say.port(0, PortKind.ETHER), say.port(1, PortKind.IP)]);
  recorder.messages([say.host(0), say.mobileNode(0, world.home, world.agent), say.program(10000), say.program(10001)]);
  recorder.messages([
    say.pool4(world.pool4, 24),
    say.translation(world.correspondent, world.application.remote4),
    say.dns(world.nameServer4, world.nameServer6),
  ]);
  register(recorder, { port: 0, mac: portMac(0), home: world.home, agent: world.agent, ...visitedLink });
  return recorder.tape;
}
