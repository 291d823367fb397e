// All targets that call one parser (parser.ts), each with a valid input of every kind it knows.
import {
  be,
  concat,
  icmp6,
  ip4,
  ip6,
  le,
  linkAddressOption,
  mobility,
  Protocol,
  prefixOption,
  udp,
} from "../bench/frames.js";
import * as say from "../bench/messages.js";
import * as anycast from "./anycast.js";
import { ipsec } from "./ipsec.js";
import { input, type Parser, parser } from "./parser.js";
import * as world from "./world.js";

const { home, agent, correspondent, visited, visitedRouter, visitedMac, visitor, application } = world;
const DATA = Uint8Array.from({ length: 24 }, (_, i) => i);
const SHORT = 256;
const LONG = 1400;
/** Who sends, numbers of assembly/craft.ts. */
const From = { ROUTER: 0, AGENT: 1, CORRESPONDENT: 2, VISITOR: 3, NOBODY: 6, NEIGHBOUR: 7 };
const ALL_NODES = 0x38;
const OWN_GLOBAL = 0x08;

/** The part of a message behind a checksum that the entry puts right: type, code, sum, body. */
function message(...body: Uint8Array[]): Uint8Array {
  return concat(be(32, 0), ...body);
}
const setting = ([type, value]: say.Setting) => {
  const padding = new Uint8Array(-value.length & 3);
  return concat(le(16, type, value.length), value, padding);
};

const dnsName = concat(be(8, 1, 97, 7), Buffer.from("example"), be(8, 0));
const dnsQuestion = concat(be(16, 7, 0x8180, 1, 2, 0, 0), dnsName, be(16, 28, 1));
const dnsRecord = (type: number, data: Uint8Array) => concat(be(16, 0xc00c, type, 1, 0, 60, data.length), data);
const dnsResponse = concat(dnsQuestion, dnsRecord(5, dnsName), dnsRecord(28, correspondent));
const tcp = concat(be(16, 4000, 80), be(32, 1, 0), be(16, 0x7002, 8192, 0, 0), be(8, 1, 2, 4, 5, 180, 0, 0, 0));
const routerOptions = concat(
  linkAddressOption(1, visitedMac),
  prefixOption(visited, 64, 0xc0, 9000),
  be(8, 5, 1, 0, 0),
  be(32, 1400),
  be(8, 7, 1, 0, 0),
  be(32, 3000),
  be(8, 8, 1, 0, 0),
  be(16, 1, 1800),
  be(8, 25, 3, 0, 0),
  be(32, 600),
  correspondent,
);
const discovery = {
  "router-solicitation": input(From.NEIGHBOUR | ALL_NODES, 0, message(be(32, 0), linkAddressOption(1, visitedMac))),
  "router-advertisement": input(
    From.ROUTER | ALL_NODES,
    1,
    message(be(8, 64, 0), be(16, 1800), be(32, 0, 0), routerOptions),
  ),
  solicitation: input(From.ROUTER, 2, message(be(32, 0), home, linkAddressOption(1, visitedMac))),
  advertisement: input(From.ROUTER, 3, message(be(32, 0x60000000), visitedRouter, linkAddressOption(2, visitedMac))),
  redirect: input(From.ROUTER | OWN_GLOBAL, 4, message(be(32, 0), visitedRouter, correspondent, DATA)),
};
const quoted = (source: Uint8Array, target: Uint8Array, next: number, payload: Uint8Array) =>
  message(be(32, 1280), ip6(source, target, next, payload));
const udp6 = ip6(correspondent, home, Protocol.UDP, udp(correspondent, home, [53, 4000], DATA));
const echo6 = (source: Uint8Array, target: Uint8Array, type: number) =>
  ip6(source, target, Protocol.ICMP6, icmp6(source, target, type, 0, concat(be(16, 7, 1), DATA)));
const tcp6 = ip6(correspondent, home, Protocol.TCP, tcp);
const { local4, remote4 } = application;
const udp4 = ip4(local4, remote4, Protocol.UDP, udp(local4, remote4, [4000, 53], DATA));
const update = (lifetime: number) =>
  concat(be(8, 59, 4, 5, 0), be(16, 0, 9, 0xc000, lifetime), be(8, 1, 2, 0, 0, 3, 16), visitor, new Uint8Array(6));
const acknowledgement = (status: number) =>
  concat(be(8, 59, 2, 6, 0), be(16, 0), be(8, status, 0), be(16, 1, 100), be(8, 2, 2, 0, 9, 1, 6), new Uint8Array(6));
/** RFC 6275 §6.1.3-6.1.6; type 1 or 2, 3 or 4. */
const question = (type: number) => concat(be(8, 59, 1, type, 0), be(16, 0, 0), DATA.subarray(0, 8));
const answer = (type: number) => concat(be(8, 59, 2, type, 0), be(16, 0, 1), DATA.subarray(0, 16));
/** A Binding Update or Acknowledgement with Nonce Indices and an authenticator, §6.2.6-6.2.7. */
const proved = (type: number) =>
  concat(
    be(8, 59, 3, type, 0),
    be(16, 0, 9, 0x8000, 100),
    be(8, 4, 4),
    be(16, 1, 1),
    be(8, 5, 12),
    DATA.subarray(0, 12),
  );
/** RFC 6275 §6.1.2, §6.1.9. */
const refresh = concat(be(8, 59, 0, 0, 0), be(16, 0, 0));
const bindingError = concat(be(8, 59, 2, 7, 0), be(16, 0), be(8, 1, 0), home);
const options = concat(be(8, Protocol.ICMP6, 2, 1, 2, 0, 0, 0xc9, 16), home);

const wire = [
  parser("ip6-header", "wire", "ip6", "IPv6 header", SHORT, { udp: input(0, 0, udp6) }),
  parser("extension-headers", "wire", "extensionHeaders", "extension, routing and fragment headers", SHORT, {
    options: input(0, 0, options, options),
    fragment: input(1, 0, be(16, 60, 9), be(32, 7), options),
  }),
  parser("nd-options", "wire", "ndOptions", "options of neighbour discovery", SHORT, {
    options: input(3, 0, routerOptions),
  }),
  parser("mobility-header", "wire", "mobilityHeader", "mobility header and options", SHORT, {
    update: input(3, 0, home, agent, update(100)),
    acknowledgement: input(2, 0, home, agent, acknowledgement(0)),
    proved: input(5, 0, home, correspondent, proved(5)),
  }),
  parser("tcp-options", "wire", "tcpOptions", "TCP header, its MSS option and the clamp", SHORT, {
    syn: input(0xf4, 1, tcp, DATA),
  }),
  parser("udp-header", "wire", "udp", "UDP header", SHORT, {
    datagram: input(0, 0, udp(home, agent, [4000, 53], DATA)),
  }),
  parser("dns-message", "wire", "dnsMessage", "DNS question and records", SHORT, {
    response: input(0, 0, dnsResponse),
  }),
  parser("ip4-header", "wire", "ip4", "IPv4 header and ICMPv4", SHORT, {
    udp: input(0, 0, udp4),
    echo: input(1, 0, ip4(local4, remote4, Protocol.ICMP4, concat(be(8, 8, 0), be(16, 0, 7, 1), DATA))),
  }),
  parser("checksum", "wire", "checksum", "checksum: fast sum and adjustment against the plain one", SHORT, {
    bytes: input(8, 0, DATA),
  }),
];

const host = [
  parser(
    "header-chain",
    "host",
    "headerChain",
    "what follows an IPv6 header: options, routing, fragments, upper layers",
    LONG,
    {
      options: input(
        From.CORRESPONDENT | OWN_GLOBAL,
        Protocol.OPTIONS,
        options,
        icmp6(correspondent, home, 128, 0, DATA),
      ),
      "hop-by-hop": input(From.ROUTER, Protocol.HOP_BY_HOP, be(8, Protocol.ICMP6, 0, 5, 2, 0, 0, 1, 0), DATA),
      routing: input(From.CORRESPONDENT | OWN_GLOBAL, Protocol.ROUTING, be(8, 17, 2, 2, 1), be(32, 0), home, DATA),
      fragment: input(From.CORRESPONDENT | OWN_GLOBAL, Protocol.FRAGMENT, be(16, 17 << 8, 1), be(32, 7), DATA),
    },
    "host",
  ),
  parser(
    "neighbour-discovery",
    "host",
    "neighbourDiscovery",
    "router and neighbour solicitations and advertisements, redirects, at a host",
    LONG,
    discovery,
    "host",
  ),
  parser(
    "listener-query",
    "host",
    "listenerQuery",
    "MLD queries",
    SHORT,
    { general: input(From.ROUTER | ALL_NODES, 0, message(be(16, 1000, 0), new Uint8Array(16), be(16, 0x027d, 0))) },
    "host",
  ),
  parser(
    "icmp-errors",
    "host",
    "icmpErrors",
    "ICMPv6 errors with what they quote",
    LONG,
    {
      "too-big": input(0x40 | From.ROUTER | OWN_GLOBAL, 1, quoted(home, correspondent, 17, DATA)),
      unreachable: input(0x40 | From.CORRESPONDENT | OWN_GLOBAL, 0, quoted(home, correspondent, 17, DATA)),
    },
    "host",
  ),
  parser(
    "reassembly",
    "host",
    "reassembly",
    "fragments of several sets",
    LONG,
    {
      two: input(From.CORRESPONDENT | OWN_GLOBAL, 17, be(8, 0, 24, 1), DATA, be(8, 3, 24, 0), DATA),
      overlap: input(From.CORRESPONDENT | OWN_GLOBAL, 17, be(8, 0, 24, 1), DATA, be(8, 2, 24, 0), DATA),
      "three-sets": input(
        From.CORRESPONDENT | OWN_GLOBAL,
        60,
        ...[1, 3, 5].map((flags) => concat(be(8, 1, 24, flags), DATA)),
      ),
    },
    "host",
  ),
  parser(
    "correspondent",
    "host",
    "correspondent",
    "mobility messages at a correspondent",
    SHORT,
    {
      home: input(From.VISITOR | OWN_GLOBAL, 1, question(1)),
      "care-of": input(From.CORRESPONDENT | OWN_GLOBAL, 2, question(2)),
      update: input(0xc0 | From.CORRESPONDENT | OWN_GLOBAL, 0, proved(5)),
      leaving: input(0x80 | 4 | OWN_GLOBAL, 0, proved(5)),
    },
    "correspondent",
  ),
];

const terminal = [
  parser(
    "return-routability",
    "terminal",
    "bindingAcknowledgement",
    "mobility messages of a correspondent at a mobile node",
    SHORT,
    {
      home: input(From.CORRESPONDENT | OWN_GLOBAL, 3, answer(3)),
      "care-of": input(From.CORRESPONDENT | OWN_GLOBAL, 4, answer(4)),
      accepted: input(0xc0 | From.CORRESPONDENT | OWN_GLOBAL, 0, proved(6)),
      refresh: input(0x40 | From.CORRESPONDENT | OWN_GLOBAL, 0, refresh),
      error: input(From.CORRESPONDENT | OWN_GLOBAL, 7, bindingError),
    },
    "terminal-optimizing",
  ),
  parser(
    "binding-acknowledgement",
    "terminal",
    "bindingAcknowledgement",
    "mobility messages at a mobile node",
    SHORT,
    {
      accepted: input(0xc0 | From.AGENT | OWN_GLOBAL, 0, acknowledgement(0)),
      refused: input(0xc0 | From.AGENT | OWN_GLOBAL, 0, acknowledgement(135)),
      refresh: input(0x40 | From.AGENT | OWN_GLOBAL, 0, refresh),
      error: input(From.AGENT | OWN_GLOBAL, 7, bindingError),
    },
    "terminal-registering",
  ),
  parser(
    "discovery-replies",
    "terminal",
    "discoveryReplies",
    "replies of home agent address and mobile prefix discovery",
    SHORT,
    {
      agents: input(From.AGENT | OWN_GLOBAL, 0, message(be(16, 5, 0), be(32, 0), agent)),
      prefixes: input(0xc0 | From.AGENT | OWN_GLOBAL, 0, message(be(16, 6, 0), prefixOption(agent, 64, 0xe0, 9000))),
    },
    "terminal",
  ),
  parser(
    "application",
    "terminal",
    "application",
    "packets of the application: translation to IPv6 (RFC 7915 §4)",
    LONG,
    {
      udp: input(0, 0, udp4),
      echo: input(0, 0, ip4(local4, remote4, Protocol.ICMP4, concat(be(8, 8, 0), be(16, 0, 7, 1), DATA))),
      syn: input(0, 0, ip4(local4, remote4, Protocol.TCP, tcp)),
      large: input(
        0,
        0,
        ip4(local4, remote4, Protocol.UDP, udp(local4, remote4, [1, 2], new Uint8Array(1300)), 64, false),
      ),
      native: input(0, 0, ip6(home, correspondent, Protocol.UDP, udp(home, correspondent, [1, 2], DATA))),
    },
    "terminal",
    "-DWHOLE_PACKET",
  ),
  parser(
    "icmp-to6",
    "terminal",
    "icmpTo6",
    "ICMPv4 of the application with what it quotes (RFC 7915 §4.2)",
    LONG,
    {
      unreachable: input(0x40, 0, be(8, 3, 3), be(16, 0), be(32, 0), udp4),
      "too-big": input(0x40, 0, be(8, 3, 4), be(16, 0, 0, 1400), udp4),
      "quoted-echo": input(
        0x40,
        0,
        be(8, 11, 0),
        be(16, 0),
        be(32, 0),
        ip4(remote4, local4, Protocol.ICMP4, concat(be(8, 8, 0), be(16, 0, 7, 1), DATA)),
      ),
    },
    "terminal",
  ),
  parser(
    "decapsulation",
    "terminal",
    "decapsulation",
    "packets in the tunnel to a terminal: translation to IPv4 (RFC 7915 §5)",
    LONG,
    {
      udp: input(From.AGENT | OWN_GLOBAL, 0, udp6),
      tcp: input(From.AGENT | OWN_GLOBAL, 0, tcp6),
      echo: input(From.AGENT | OWN_GLOBAL, 0, echo6(correspondent, home, 128)),
      deep: input(From.AGENT | OWN_GLOBAL, 0, ip6(agent, home, Protocol.IP6, udp6)),
    },
    "terminal",
    "-DWHOLE_PACKET",
  ),
  parser(
    "icmp-to4",
    "terminal",
    "icmpTo4",
    "ICMPv6 errors for the application with what they quote (RFC 7915 §5.2)",
    LONG,
    {
      unreachable: input(0x40 | From.CORRESPONDENT, 0, quoted(home, correspondent, 17, DATA)),
      "too-big": input(0x40 | From.ROUTER, 1, quoted(home, correspondent, 58, concat(be(8, 128, 0), DATA))),
      fragment: input(0x40 | From.ROUTER, 0, quoted(home, correspondent, 44, concat(be(16, 17 << 8, 9), DATA))),
    },
    "terminal",
  ),
  parser(
    "dns-answer",
    "terminal",
    "dnsAnswer",
    "A from AAAA: question and answer",
    512,
    { response: input(0, 0, dnsResponse) },
    "terminal",
  ),
  parser(
    "control-terminal",
    "terminal",
    "configure",
    "configuration, queries and stored records at a terminal",
    512,
    Object.fromEntries(
      [
        say.mobileNode(0, home, agent),
        say.program(10001),
        say.pool4(world.pool4, 24),
        say.pool6(correspondent, 96),
        say.translation(correspondent, remote4),
        say.dns(world.nameServer4, world.nameServer6),
        say.host(0),
        say.address(0, home),
        say.route(0, visited, 64, visitedRouter),
        say.entropy,
        say.port(0, say.PortKind.ETHER),
        [4, be(8, 0, 0, 0, 0)] as say.Setting,
        ...Array.from({ length: 10 }, (_, i) => [128 + i, le(32, 0)] as say.Setting),
      ].map((one) => [`message-${one[0]}`, input(0, 0, setting(one))]),
    ),
    "terminal",
    "-DCONTROL",
  ),
];

const homeAgent = [
  parser(
    "binding-update",
    "home-agent",
    "bindingUpdate",
    "mobility messages at a home agent",
    SHORT,
    { update: input(0xc0 | From.VISITOR, 0, update(100)), leaving: input(0xc0 | From.VISITOR, 0, update(0)) },
    "home-agent-bound",
  ),
  parser(
    "agent-discovery",
    "home-agent",
    "agentDiscovery",
    "home agent address discovery and mobile prefix solicitations",
    SHORT,
    {
      request: input(From.VISITOR, 0, message(be(16, 5, 0))),
      prefixes: input(0xc0 | From.VISITOR, 0, message(be(16, 6, 0))),
    },
    "home-agent-bound",
  ),
  parser(
    "reverse-tunnel",
    "home-agent",
    "reverseTunnel",
    "packets in the tunnel from a mobile node",
    LONG,
    {
      echo: input(From.VISITOR, 0, echo6(home, correspondent, 128)),
      tcp: input(From.VISITOR, 0, ip6(home, correspondent, Protocol.TCP, tcp)),
    },
    "home-agent-bound",
    "-DWHOLE_PACKET",
  ),
  parser(
    "proxy-discovery",
    "home-agent",
    "proxyDiscovery",
    "neighbour discovery at a home agent that stands in",
    LONG,
    discovery,
    "home-agent-bound",
  ),
  parser(
    "stored-records",
    "home-agent",
    "configure",
    "records of an earlier life, given back at start",
    SHORT,
    { binding: input(0, 0, le(32, 0x01000000), home, visitor, le(16, 7, 100), be(8, 0xc0, 1, 0, 0)) },
    "home-agent",
    "-DCONTROL",
    "-DMESSAGE=5",
  ),
  parser(
    "control-home-agent",
    "home-agent",
    "configure",
    "configuration, queries and stored records at a home agent",
    512,
    Object.fromEntries(
      [
        say.homeAgent(0, agent),
        say.homeAddress(home),
        say.advertise(0),
        say.prefix(0, agent),
        [42, concat(be(8, 0, 1), le(16, 0), le(32, 600), correspondent)] as say.Setting,
        [58, home] as say.Setting,
        [19, say.route(0, visited, 64, visitedRouter)[1]] as say.Setting,
        [5, concat(le(32, 0x01000000), home, visitor, le(16, 7, 100), be(8, 0xc0, 1, 0, 0))] as say.Setting,
        ...Array.from({ length: 10 }, (_, i) => [128 + i, le(32, 0)] as say.Setting),
      ].map((one) => [`message-${one[0]}`, input(0, 0, setting(one))]),
    ),
    "home-agent",
    "-DCONTROL",
  ),
];

const router = [
  parser("router-discovery", "router", "routerDiscovery", "neighbour discovery at a router", LONG, discovery, "router"),
  parser(
    "forwarding",
    "router",
    "forwarding",
    "whole IPv6 packets, for a router or to be forwarded",
    LONG,
    {
      echo: input(0, 0, echo6(visitor, world.secondLinkHost, 128)),
      own: input(0, 0, echo6(visitor, agent, 128)),
      error: input(0, 0, ip6(visitor, world.secondLinkHost, Protocol.UDP, udp(visitor, agent, [1, 2], DATA), 1)),
      mobility: input(
        0,
        0,
        ip6(visitor, agent, Protocol.MH, mobility(visitor, agent, 5, be(16, 1, 0xc000, 100, 0, 0))),
      ),
    },
    "router",
    "-DWHOLE_PACKET",
  ),
];

const identified = Object.entries(anycast.atRouter()).flatMap(([name, list]) =>
  list.map(({ port, frame }, i): [string, Uint8Array] => [`${name}-${i}`, input(port, 0, frame.slice(14))]),
);
const boundaryRouter = [
  parser(
    "identifier",
    "boundary-router-unsealed",
    "identifier",
    "the walk to an anycast identifier",
    SHORT,
    Object.fromEntries(identified),
    "boundary-router",
  ),
  parser(
    "boundary",
    "boundary-router-unsealed",
    "boundary",
    "whole IPv6 packets from either side of a boundary router",
    LONG,
    Object.fromEntries(identified),
    "boundary-router",
    "-DWHOLE_PACKET",
  ),
  parser(
    "control-boundary-router",
    "boundary-router-unsealed",
    "configure",
    "configuration, queries and stored records at a boundary router",
    512,
    Object.fromEntries(
      [...anycast.changes, ...[142, 143].map((type): say.Setting => [type, le(32, 0)])].map((one, i) => [
        `message-${one[0]}-${i}`,
        input(0, 0, setting(one)),
      ]),
    ),
    "boundary-router",
    "-DCONTROL",
  ),
];

export const PARSERS: Parser[] = [...wire, ...host, ...terminal, ...homeAgent, ...router, ...ipsec, ...boundaryRouter];
