import { PortKind } from "../../../assembly/abi/port.js";
import { parseIp6, parseMac } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { LinkType, PcapngWriter } from "../../../host-sim/trace/pcapng.js";
import { AGENT_MAC, Agent, CN, COA, COA2, HA, home, ROUTER, type Setup } from "../roles/home-agent-bench.js";
import {
  echo,
  ether,
  ip6,
  listenerQuery,
  neighbourAdvertisement,
  solicitation,
  tcpSyn,
  tunnelled,
  update,
} from "../roles/home-agent-frames.js";

/**
 * What no well-behaved scenario provokes: a board's home agent asked for ICMPv6 errors, Binding Errors and every status of a
 * Binding Acknowledgement. Each `ask` is a frame and what the agent says to it within half a second.
 */
export function provoked(): Uint8Array {
  const chunks: Uint8Array[] = [];
  const writer = new PcapngWriter((chunk) => chunks.push(chunk));
  const links = ["home", "wan"].map((name) => writer.interface(name, LinkType.ETHERNET));
  let begin = 0; // each agent's clock starts anew, the capture's does not
  const asker = (setup: Setup = {}) => {
    const agent = new Agent(setup);
    const offset = begin - agent.now;
    const ask = (comment: string, frame: Uint8Array, { port = 0, further = [] as Uint8Array[] } = {}): void => {
      const write = (bytes: Uint8Array, why?: string): void =>
        writer.packet(links[port], (agent.now + offset) * 1000, bytes, why);
      agent.sent();
      for (const bytes of [frame, ...further]) {
        write(bytes, bytes === frame ? comment : undefined);
        agent.rxOn(port, bytes);
      }
      agent.pass(500);
      for (const { raw, macTo } of agent.sent()) write(ether(raw, macTo, AGENT_MAC));
      begin = agent.now + offset;
    };
    return { agent, ask };
  };
  const A = home(1);

  const { agent, ask } = asker({ homes: 33 });
  ask("status 0", update({ home: A, sequence: 1 }));
  ask("alternate care-of address", update({ home: A, sequence: 2, alternate: COA2 }));
  ask("refresh advice: the lifetime is cut", update({ home: A, sequence: 3, lifetime: 1000 }));
  ask("status 135", update({ home: A, sequence: 3 }));
  ask("status 139", update({ home: A, sequence: 4, flags: 0x80 }));
  ask("status 129", update({ home: "2001:db8:1::2:1", sequence: 1 }));
  ask("status 132", update({ home: "2001:db8:77::1", sequence: 1 }));
  ask("status 133", update({ home: home(2), sequence: 1, lifetime: 0 }));
  for (let n = 2; n <= 32; n++) agent.rx(update({ home: home(n), sequence: 2 }));
  ask("status 130: 32 bindings", update({ home: home(33), sequence: 1 }));
  ask("Binding Error 2", update({ home: A, sequence: 5, type: 250 }));
  ask("Parameter Problem", ether(ip6(COA, HA, 253, new Uint8Array(16))));
  ask("Time Exceeded", ether(echo(COA, CN, 8, 1)));
  ask("Packet Too Big", ether(echo(CN, A, 1440)));
  ask("the tunnel of a binding that is not there", tunnelled(COA, HA, echo(home(33), CN)));
  ask("a router asks for listeners", listenerQuery(ROUTER, 400));
  ask("segment size of TCP lowered for the tunnel", ether(tcpSyn(CN, A, 1440)));

  const claim = neighbourAdvertisement(A, "ff02::1", 0x20);
  const first = update({ home: A, sequence: 1 });
  asker({ dad: true }).ask("status 134: somebody has the home address", first, { further: [claim] });

  // Through another port, for the home link is down.
  const down = asker({ dad: true });
  const wan = new Messages().port(1, PortKind.ETHER, 1500, parseMac(AGENT_MAC));
  wan.address(1, parseIp6("2001:db8:7::1"), 64, 1).route(1, parseIp6("2001:db8:2::"), 64, parseIp6("fe80::fd"));
  down.agent.configure(wan);
  down.agent.pass(3000);
  down.agent.rxOn(1, solicitation("2001:db8:7::1", "fe80::fd"));
  down.agent.configure(new Messages().link(0, false));
  down.ask("status 128: the home link is down", first, { port: 1 });

  asker({ unconfigured: true }).ask("status 131: no home agent", first);
  return Buffer.concat(chunks);
}
