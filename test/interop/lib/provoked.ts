import { LinkType } from "../../../host-sim/trace/pcapng.js";
import { PcapngFile } from "../../../host-sim/trace/pcapng-file.js";
import { AGENT_MAC, Agent, CN, COA, HA, home } from "../../unit/roles/home-agent-bench.js";
import { echo, ether, ip6, update } from "../../unit/roles/home-agent-frames.js";

/**
 * A capture of what a home agent answers when it is asked for it: ICMPv6 errors and Binding Errors, which no well-behaved scenario
 * provokes.
 */
export function captureProvoked(file: string): void {
  const agent = new Agent();
  const capture = new PcapngFile(file);
  const wire = capture.writer.interface("home", LinkType.ETHERNET);
  const ask = (frame: Uint8Array): void => {
    capture.writer.packet(wire, agent.now * 1000, frame);
    agent.rx(frame).pass(500);
    for (const { raw, macTo } of agent.sent()) {
      capture.writer.packet(wire, agent.now * 1000, ether(raw, macTo, AGENT_MAC));
    }
  };
  ask(update({ home: home(1), sequence: 1 }));
  ask(update({ home: home(1), sequence: 2, type: 250 })); // Binding Error
  ask(ether(ip6(COA, HA, 253, new Uint8Array(16)))); // Parameter Problem
  ask(ether(echo(COA, CN, 8, 1))); // Time Exceeded
  ask(ether(echo(CN, home(1), 1440))); // Packet Too Big
  capture.close();
}
