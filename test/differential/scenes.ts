// What happens in a sequence, besides traffic. Every scene is a few calls to some dozens.
import { Message } from "../../assembly/abi/message.js";
import { PortKind } from "../../assembly/abi/port.js";
import { Messages } from "../../host-sim/core/messages.js";
import { concat, icmp6, ip6, linkAddressOption, Protocol } from "../bench/frames.js";
import { advertisement } from "./answers.js";
import { CHANGES } from "./anycast.js";
import { overload } from "./fragments.js";
import { type Player, ports } from "./images.js";
import type { Arrival, Network } from "./network.js";
import { echo } from "./traffic.js";
import * as world from "./world.js";

/** A sequence on its way: what scenes change. */
export interface Play {
  network: Network;
  player: Player;
  mtu: number;
  trace: number;
}

type Scene = (play: Play) => void;

/** Drawn by their weights. */
export const SCENES: readonly [number, Scene][] = [
  [40, traffic],
  [6, burst],
  [6, move],
  [4, pause],
  [3, carrier],
  [3, restart],
  [3, settings],
  [4, nonsense],
  [3, neighbours],
  [2, flood],
  [2, ({ network }) => overload(network)],
  [3, queries],
  [2, forgotten],
  [1.5, deaf],
  [1.5, chain],
  [1, agents],
];

/** Sets the image up on its link: routers are heard, addresses tested, a binding is asked for. */
export function arrive({ network, player }: Play): void {
  network.wait(400);
  if (player.moves) network.hand([advertisement(network)], 0);
  network.wait(2500);
}

/** Starts the image: what a board does after power came. */
export function boot({ network, player, mtu, trace }: Play): void {
  const { stage, random } = network;
  stage.restart();
  stage.pass(0);
  const messages = ports(network, mtu)(new Messages().entropy(random.bytes(32)).trace(trace));
  if (random.chance(0.3)) messages.wallClock(1_700_000_000_000);
  for (const [id, data] of stage.kept) messages.stored(id, data);
  stage.configure(messages.bytes());
  for (const setting of player.settings) network.configure(setting);
  network.drain();
}

function traffic({ network, player }: Play): void {
  network.look();
  for (let i = network.between(5, 40); i > 0; i--) network.hand(player.mix.draw(network));
}

/** More at once than there are buffers for, with nothing taken out meanwhile. */
function burst({ network, player }: Play): void {
  network.look();
  const arrivals: Arrival[] = [];
  while (arrivals.length < 24) arrivals.push(...player.mix.draw(network));
  network.burst(arrivals);
  network.deliver();
}

/** To another link, with or without a sign of the carrier; routers are heard there. */
function move({ network, player }: Play): void {
  if (!player.moves) return;
  const { random } = network;
  network.link = random.chance(0.3) ? world.HOME_LINK : network.between(1, world.LINKS.length - 1);
  if (random.chance(0.6)) {
    network.configure((m) => m.link(0, false));
    network.drain();
    network.stage.pass(network.between(1, 500));
    network.configure((m) => m.link(0, true));
    network.drain();
  }
  network.hand([advertisement(network)], 0);
  network.wait(network.pick([300, 1500, 4000]));
  if (random.chance(0.5)) network.hand([advertisement(network)], 0);
  network.wait(500);
}

function pause({ network }: Play): void {
  const [ms, stride] = network.pick([
    [2000, 100],
    [20_000, 1000],
    [70_000, 5000],
    [700_000, 60_000],
    [8_000_000, 1_000_000],
  ]);
  network.wait(ms, stride);
}

/** A carrier that goes and comes, of any port. */
function carrier({ network, player }: Play): void {
  const port = network.pick([...network.links, network.application ?? 0]);
  network.configure((m) => m.link(port, false));
  network.hand(player.mix.draw(network), 0);
  network.hand([{ port, frame: player.mix.draw(network)[0]?.frame ?? new Uint8Array(60) }], 0);
  network.wait(network.pick([200, 3000]));
  network.configure((m) => m.link(port, true));
  network.wait(1000);
}

/** Power fails; the records come back. */
function restart(play: Play): void {
  const { network } = play;
  network.stage.count();
  network.stage.pass(network.between(1, 5000));
  boot(play);
  arrive(play);
}

/** Settings that change at run time. */
function settings(play: Play): void {
  const { network } = play;
  const { random } = network;
  const prefix = world.onPrefix(world.nowhere, random.below(20) << 8);
  const changes: ((m: Messages) => Messages)[] = [
    (m) => m.trace(random.below(3)),
    (m) => m.entropy(random.bytes(32)),
    (m) => m.route(0, prefix, network.pick([48, 64, 128]), world.linkLocal(network.between(1, 60))),
    (m) => m.routeDelete(0, prefix, network.pick([48, 64, 128]), world.linkLocal(network.between(1, 60))),
    (m) =>
      m.address(0, world.onPrefix(network.place.prefix, network.between(0x200, 0x210)), 64, network.pick([0, 1, 2])),
    (m) => m.program(10000, random.chance(0.5)),
    (m) => m.program(10001, random.chance(0.5)),
    (m) => m.program(10001, false).program(10000, false),
    (m) => m.homeAddress(network.pick([...world.homes, world.unlisted])),
    (m) => m.refresh(network.pick(world.homes)),
    (m) =>
      m.translation(
        world.onPrefix(world.correspondent, network.between(1, 60)),
        Uint8Array.of(10, 0, 0, network.between(1, 60)),
      ),
    (m) => m.wallClock(1_700_000_000_000 + network.stage.now),
    ...play.player.settings,
    ...CHANGES,
  ];
  for (let i = network.between(1, 4); i > 0; i--) {
    network.configure(network.pick(changes));
    network.drain();
    network.deliver();
  }
}

/** Configuration that must be refused, and what lies between. */
function nonsense(play: Play): void {
  const { network } = play;
  const { random } = network;
  for (let i = network.between(1, 6); i > 0; i--) {
    const messages = new Messages();
    network.pick([(m: Messages) => m.trace(1), ...play.player.settings, ports(network, play.mtu)])(messages);
    const bytes = messages.bytes();
    for (let k = network.between(1, 3); k > 0; k--) {
      const at = random.below(Math.min(bytes.length, 40));
      bytes[at] = network.pick([0, 1, 2, 3, 4, 5, 16, 64, 127, 200, 255, random.below(256)]);
    }
    // A port that is made anew would make the rest of the sequence another; a record stays what it was.
    const spared = bytes[0] === Message.PORT && bytes[1] === 0 && random.chance(0.9);
    network.stage.configure(
      spared ? bytes.subarray(0, 9) : random.chance(0.7) ? bytes : bytes.subarray(0, random.below(bytes.length)),
    );
    network.drain();
  }
  network.configure((m) => m.trace(play.trace));
}

/** Many neighbours at once: more than rows, and packets that wait for those who never answer. */
function neighbours({ network }: Play): void {
  network.look();
  const many = network.random.chance(0.5);
  const distinct = network.pick([3, 20]);
  const port = network.pick(network.links);
  const self = network.self(port);
  const arrivals: Arrival[] = [];
  for (let i = 0; i < 20; i++) {
    const from = many
      ? world.linkLocal(network.between(0x100, 0x140))
      : world.onPrefix(network.place.prefix, 0xde00 + (i % distinct));
    if (many) {
      const body = concat(new Uint8Array(4), self, linkAddressOption(1, world.macOf(from)));
      arrivals.push(
        network.fromNeighbour(from, ip6(from, self, Protocol.ICMP6, icmp6(from, self, 135, 0, body), 255), port),
      );
    } else arrivals.push(network.fromNeighbour(from, echo(network, from, self), port));
  }
  network.hand(arrivals, 0);
  network.wait(5000, 500);
}

/** What calls for an error each time, in no time: more than the rate of errors allows. */
function flood({ network }: Play): void {
  network.look();
  const { stage } = network;
  const packet = ip6(world.correspondent, network.self(), 99, new Uint8Array(8));
  const arrival = network.fromRouter(packet);
  for (let i = 0; i < 30; i++) {
    stage.rx(arrival.port, arrival.frame);
    network.drain();
  }
  network.deliver();
}

function queries({ network }: Play): void {
  for (let type: number = Message.COUNTERS; type <= Message.ANYCAST_REGISTRATIONS; type++) network.stage.query(type);
}

/** Nobody takes events out for a while. */
function forgotten({ network, player }: Play): void {
  network.look();
  const { stage } = network;
  stage.configure(new Messages().trace(2).bytes());
  for (let i = 0; i < 120; i++) {
    for (const { port, frame, told } of player.mix.draw(network)) {
      stage.pass(network.random.below(100));
      stage.rx(port, frame, told);
      stage.tick();
    }
  }
  network.drain();
  network.deliver();
}

/** Routers and home agents fall silent. */
function deaf({ network }: Play): void {
  network.answers.deaf = true;
  network.wait(network.pick([20_000, 60_000]), 500);
  network.answers.deaf = false;
  network.wait(3000);
}

/** Home addresses that are each other's care-of addresses: a packet to the last is wrapped until it is too deep, RFC 2473 §4.1.1. */
function chain({ network, player }: Play): void {
  if (player.mobiles === undefined) return;
  const { homes } = world;
  network.answers.duplicates = 0;
  network.hand(
    homes.map((_, i) =>
      player.mobiles!.registerAt(i, i === 0 ? world.onPrefix(world.LINKS[1].prefix, 0x90) : homes[i - 1]),
    ),
    0,
  );
  network.wait(1500);
  network.hand([network.fromRouter(echo(network, world.correspondent, homes[homes.length - 1]))], 0);
}

/** A mobile node that is told of another home agent while it has no link, again and again. */
function agents({ network, player }: Play): void {
  const { mobileNode } = player;
  if (mobileNode === undefined) return;
  for (let i = 1; i <= 6; i++) {
    network.configure((m) => m.link(0, false));
    network.drain();
    network.configure((m) => m.mobileNode({ ...mobileNode, homeAgent: world.onPrefix(world.agent, i) }));
    network.configure((m) => m.link(0, true));
    network.drain();
    network.hand([advertisement(network)], 0);
    network.wait(1200);
  }
}

/** A port that only traces leave by: nothing is received there. */
export function mirror(network: Network): void {
  network.configure((m) => m.port(3, PortKind.MIRROR, 1500));
}
