"""A mobile node against a home agent, written from RFC 6275: what a home agent must do with each of its messages.

Arguments: those of mobile_nodes, and "prefix" and "maxLifetime" in the configuration. Prints {"refresh": HOME-ADDRESS} to have the
home agent ask for a renewal and {"restart": true} to have it start anew with the records that it kept, and reads one line when
that was done. One link: the home agent, a correspondent, and the router to everywhere else (where the mobile node is) share it.
"""
from mobile_nodes import *

# ---------------------------------------------------------------- registration, 10.3.1 and 9.5


def first_registration():
    hoa = next(homes)
    mark = link.mark()
    frame = register(hoa, 7)
    ba = frame[MIP6MH_BA]
    equal("sequence", ba.seq, 7)
    if not 0 < ba.mhtime <= 10:
        raise Failed(f"lifetime {ba.mhtime} is not within what was asked for, 10")
    equal("K flag", int(ba.flags) & 0x80 if hasattr(ba, "flags") else 0, 0)
    na = link.expect(
        "neighbour advertisement for the home address (10.4.1)",
        lambda f: ICMPv6ND_NA in f and f[ICMPv6ND_NA].tgt == hoa and f[IPv6].dst == "ff02::1",
        mark,
    )
    equal("S flag", na[ICMPv6ND_NA].S, 0)
    equal("O flag", na[ICMPv6ND_NA].O, 1)
    equal("hop limit", na[IPv6].hlim, 255)
    equal("target link-layer address", na[ICMPv6NDOptDstLLAddr].lladdr, link.peer_mac)
    if config["dad"]:
        link.expect("DAD for the home address", lambda f: ICMPv6ND_NS in f and f[IPv6].src == "::" and f[ICMPv6ND_NS].tgt == hoa, mark)
    assert_bound(hoa, COA)


def proxies_for_it():
    hoa = next(homes)
    register(hoa)
    mark = link.mark()
    link.solicit(hoa, CN)
    na = link.expect("proxy advertisement", lambda f: ICMPv6ND_NA in f and f[ICMPv6ND_NA].tgt == hoa and f[IPv6].dst == CN, mark)
    equal("S flag", na[ICMPv6ND_NA].S, 1)
    equal("target link-layer address", na[ICMPv6NDOptDstLLAddr].lladdr, link.peer_mac)
    mark = link.mark()
    link.solicit(hoa, "::")
    link.expect(
        "defence against another node's duplicate address detection",
        lambda f: ICMPv6ND_NA in f and f[ICMPv6ND_NA].tgt == hoa and f[IPv6].dst == "ff02::1",
        mark,
    )


def renewal_moves_it():
    hoa = next(homes)
    register(hoa, 1)
    register(hoa, 2, coa=COA2, timeout=1.0)
    assert_bound(hoa, COA2)


def alternate_care_of():
    hoa = next(homes)
    register(hoa, 1, source=COA, options=[MIP6OptAltCoA(acoa=COA2)])
    assert_bound(hoa, COA2)


def sequence_rules():
    hoa = next(homes)
    register(hoa, 1000)
    for seq in (1000, 999, (1000 + 32768) % 65536, 1):
        frame = register(hoa, seq, want=135)
        equal(f"sequence in the refusal of {seq}", frame[MIP6MH_BA].seq, 1000)
    assert_bound(hoa, COA)
    register(hoa, (1000 + 32767) % 65536)
    register(hoa, 65535)
    register(hoa, 0)
    register(hoa, 1)


def sequence_out_of_window_without_a_flag():
    hoa = next(homes)
    register(hoa, 50)
    register(hoa, 50, flags="H", want=135)


def no_answer_unless_asked():
    hoa = next(homes)
    silence(binding_update(hoa, 1, flags="H"), FIRST)
    assert_bound(hoa, COA)


def long_lifetime_is_cut():
    frame = register(next(homes), 1, lifetime=65535)
    granted = frame[MIP6MH_BA].mhtime
    if not 0 < granted <= config["maxLifetime"]:
        raise Failed(f"granted {granted}, the longest lifetime is {config['maxLifetime']}")


def not_home_subnet():
    register(FOREIGN, want=132)


def not_listed():
    frame = exchange(binding_update(UNLISTED, 1))
    among("status", frame[MIP6MH_BA].status, (129, 133))
    assert_unbound(UNLISTED)


def without_home_registration():
    hoa = next(homes)
    mark = link.mark()
    link.send(binding_update(hoa, 1, flags="A"))
    frame = link.wait(acknowledgement, mark, 1.2)
    if frame is not None and frame[MIP6MH_BA].status < 128:
        raise Failed("a correspondent registration without return routability was accepted")
    assert_unbound(hoa)


def duplicate_on_the_home_link():
    hoa = next(homes)
    link.owned.add(hoa)

    def defend(frame):
        if ICMPv6ND_NS in frame and frame[IPv6].src == "::" and frame[ICMPv6ND_NS].tgt == hoa:
            link.neighbour_advertisement(hoa, "ff02::1", solicited=0)

    link.hooks.append(defend)
    try:
        register(hoa, want=134)
    finally:
        link.hooks.remove(defend)
        link.owned.discard(hoa)


def expires():
    hoa = next(homes)
    register(hoa, 1, lifetime=1)
    assert_bound(hoa, COA)
    time.sleep(4.6)
    assert_unbound(hoa)


# ---------------------------------------------------------------- leaving, 10.3.2


def deregistration():
    hoa = next(homes)
    register(hoa, 1)
    frame = register(hoa, 2, lifetime=0)
    equal("lifetime", frame[MIP6MH_BA].mhtime, 0)
    assert_unbound(hoa)
    mark = link.mark()
    link.solicit(hoa, CN)
    link.expect_none("proxy advertisement after the binding went", lambda f: ICMPv6ND_NA in f and f[ICMPv6ND_NA].tgt == hoa, mark)


def deregistration_of_nothing():
    register(next(homes), 1, lifetime=0, want=133)


def returning_home():
    hoa = next(homes)
    register(hoa, 1)
    mark = link.mark()
    link.solicit(hoa, "::")
    # The mobile node learns the agent's MAC address first (11.5.4); it must not be told that its address is a duplicate
    # by more than a defence, and its own Binding Update comes from the home address on the home link.
    link.owned.add(hoa)
    try:
        mark = link.mark()
        link.send(IPv6(src=hoa, dst=HA) / MIP6MH_BU(seq=2, flags="AH", mhtime=0))
        frame = link.expect("Binding Acknowledgement", acknowledgement, mark)
        equal("status", frame[MIP6MH_BA].status, 0)
        equal("destination", frame[IPv6].dst, hoa)
        equal("routing header", header_chain(frame)[0], None)
        equal("destination MAC address", frame.dst, MAC)
        assert_unbound(hoa)
    finally:
        link.owned.discard(hoa)


def refresh_request():
    hoa = next(homes)
    register(hoa, 1)
    mark = link.mark()
    ask(refresh=hoa)
    frame = link.expect("Binding Refresh Request", lambda f: MIP6MH_BRR in f, mark)
    equal("source", frame[IPv6].src, HA)
    equal("destination", frame[IPv6].dst, COA)
    equal("home address in the type 2 routing header", header_chain(frame)[0], hoa)
    raw = bytes(frame[MIP6MH_BRR])[: 8 * (frame[MIP6MH_BRR].len + 1)]
    equal("message with its checksum", raw.hex(), mobility_header(HA, hoa, 0, raw[6:]).hex())


def restart_keeps_bindings():
    hoa, gone = next(homes), next(homes)
    register(hoa, 500, lifetime=30)
    register(gone, 500, lifetime=30)
    register(gone, 501, lifetime=0)
    old = binding_update(hoa, 499)
    ask(restart=True)
    # The new life probes its own address first.
    time.sleep(2.5)
    link.resolve(HA, CN)
    assert_bound(hoa, COA)
    frame = exchange(old)
    equal("status of a Binding Update from before", frame[MIP6MH_BA].status, 135)
    equal("sequence in the refusal", frame[MIP6MH_BA].seq, 500)
    assert_unbound(gone)
    register(hoa, 501, coa=COA2)
    assert_bound(hoa, COA2)


# ---------------------------------------------------------------- data, 10.4


def tunnel_out():
    hoa = next(homes)
    register(hoa, 1)
    mark = link.mark()
    link.send(ping(CN, hoa, b"x" * 1000))
    frame = link.expect("tunnel packet", tunnelled(CN, hoa, COA), mark)
    inner = frame[IPv6].payload
    equal("payload", bytes(inner[ICMPv6EchoRequest].data), b"x" * 1000)
    equal("inner hop limit", inner.hlim, 63)
    equal("next hop's MAC address", frame.dst, MAC)


def tunnel_too_big():
    hoa = next(homes)
    register(hoa, 1)
    mark = link.mark()
    link.send(ping(CN, hoa, b"y" * 1452))  # 1500 bytes: the tunnel adds 40
    big = link.expect("Packet Too Big to the correspondent", lambda f: ICMPv6PacketTooBig in f and f[IPv6].dst == CN, mark)
    equal("MTU", big[ICMPv6PacketTooBig].mtu, 1460)


def reverse_tunnel():
    hoa = next(homes)
    register(hoa, 1)
    mark = link.mark()
    inner = ping(hoa, CN)
    link.send(IPv6(src=COA, dst=HA) / inner)
    frame = link.expect("decapsulated packet", lambda f: (f[IPv6].src, f[IPv6].dst, f[IPv6].nh) == (hoa, CN, 58), mark)
    equal("destination MAC address", frame.dst, MAC)


def reverse_tunnel_refused():
    hoa, other = next(homes), next(homes)
    register(hoa, 1)
    for outer, inner in ((COA2, hoa), (COA, other), (COA, CN)):
        mark = link.mark()
        link.send(IPv6(src=outer, dst=HA) / ping(inner, CN))
        link.expect_none(
            f"packet decapsulated from {outer} with source {inner}",
            lambda f: f[IPv6].src == inner and f[IPv6].dst == CN and f[IPv6].nh == 58,
            mark,
            0.7,
        )


def reverse_tunnel_of_a_lost_binding():
    hoa = next(homes)
    mark = link.mark()
    link.send(IPv6(src=COA, dst=HA) / ping(hoa, CN))
    frame = link.expect("Destination Unreachable to the tunnel's entry", lambda f: ICMPv6DestUnreach in f and f[IPv6].dst == COA, mark)
    equal("code (source address failed policy)", frame[ICMPv6DestUnreach].code, 5)
    link.expect_none("packet of an unbound home address", lambda f: f[IPv6].src == hoa, mark, 0.7)


def link_local_stays():
    hoa = next(homes)
    register(hoa, 1)
    mark = link.mark()
    link.send(ping(ROUTER_LL, hoa))
    link.expect_none("link-local packet in a tunnel", lambda f: f[IPv6].nh == 41, mark)


# ---------------------------------------------------------------- discovery, 10.5 and 10.6


def anycast(prefix):
    return inet_ntop(socket.AF_INET6, inet_pton(socket.AF_INET6, prefix)[:8] + bytes.fromhex("fdfffffffffffffe"))


def discovery():
    mark = link.mark()
    link.send(IPv6(src=COA, dst=anycast(config["prefix"])) / ICMPv6HAADRequest(id=0xBEEF))
    frame = link.expect("home agent address discovery reply", lambda f: ICMPv6HAADReply in f, mark)
    equal("identifier", frame[ICMPv6HAADReply].id, 0xBEEF)
    equal("source", frame[IPv6].src, HA)
    equal("destination", frame[IPv6].dst, COA)
    if HA not in frame[ICMPv6HAADReply].addresses:
        raise Failed(f"{HA} is not in the list {frame[ICMPv6HAADReply].addresses}")


def discovery_of_another_agent():
    other, other_ll = config["prefix"] + "ee", "fe80::ee"
    ra = ICMPv6ND_RA(H=1, routerlifetime=0) / ICMPv6NDOptHAInfo(pref=500, lifetime=100)
    ra /= ICMPv6NDOptPrefixInfo(prefixlen=64, L=1, A=1, R=1, validlifetime=600, preferredlifetime=600, prefix=other)
    link.frame(Ether(src=MAC, dst="33:33:00:00:00:01") / IPv6(src=other_ll, dst="ff02::1", hlim=255) / ra)
    time.sleep(0.3)
    mark = link.mark()
    link.send(IPv6(src=COA, dst=anycast(config["prefix"])) / ICMPv6HAADRequest(id=0xBEF0))
    frame = link.expect("home agent address discovery reply", lambda f: ICMPv6HAADReply in f, mark)
    equal("list, most preferred first (10.5.1)", frame[ICMPv6HAADReply].addresses[:2], [other, HA])


def prefix_discovery():
    hoa = next(homes)
    register(hoa, 1)
    mark = link.mark()
    link.send(IPv6(src=COA, dst=HA) / IPv6ExtHdrDestOpt(options=[HAO(hoa=hoa)]) / ICMPv6MPSol(id=0x5150))
    frame = link.expect("mobile prefix advertisement", lambda f: ICMPv6MPAdv in f, mark)
    equal("identifier", frame[ICMPv6MPAdv].id, 0x5150)
    equal("destination", frame[IPv6].dst, COA)
    equal("routing header", header_chain(frame)[0], hoa)
    option = frame[ICMPv6NDOptPrefixInfo]
    equal("prefix", (in6_and(option.prefix), option.prefixlen), (config["prefix"], 64))


def in6_and(address):
    return inet_ntop(socket.AF_INET6, inet_pton(socket.AF_INET6, address)[:8] + bytes(8))


def prefix_discovery_without_binding():
    hoa = next(homes)
    mark = link.mark()
    link.send(IPv6(src=COA, dst=HA) / IPv6ExtHdrDestOpt(options=[HAO(hoa=hoa)]) / ICMPv6MPSol(id=0x5151))
    link.expect_none("mobile prefix advertisement", lambda f: ICMPv6MPAdv in f, mark)


# ---------------------------------------------------------------- malformed mobility headers, 9.2


def raw_update(hoa, body, coa=COA, **wrong):
    data = mobility_header(hoa, HA, wrong.pop("kind", 5), body, **wrong)
    options = IPv6ExtHdrDestOpt(options=[HAO(hoa=hoa)], nh=135)
    return IPv6(src=coa, dst=HA) / options / Raw(data)


BODY = struct.pack("!HHH", 1, 0xC000, 10) + bytes([1, 2, 0, 0])


def wrong_checksum():
    hoa = next(homes)
    silence(raw_update(hoa, BODY, sum=lambda right: right ^ 0x0101))
    assert_unbound(hoa)


def parameter_problem(packet, offset):
    """Expects ICMPv6 Parameter Problem, code 0, pointing `offset` bytes into the mobility header."""
    mark = link.mark()
    link.send(packet)
    frame = link.expect("Parameter Problem", lambda f: ICMPv6ParamProblem in f, mark)
    equal("code", frame[ICMPv6ParamProblem].code, 0)
    # IPv6 header 40, destination options 24.
    equal("pointer", frame[ICMPv6ParamProblem].ptr, 40 + 24 + offset)


def wrong_payload_proto():
    parameter_problem(raw_update(next(homes), BODY, proto=17), 0)


def header_too_short():
    parameter_problem(raw_update(next(homes), b"\0\1", length=0), 1)


def header_longer_than_packet():
    hoa = next(homes)
    silence(raw_update(hoa, BODY, length=9))
    assert_unbound(hoa)


def unknown_type():
    hoa = next(homes)
    register(hoa, 1)
    mark = link.mark()
    link.send(raw_update(hoa, BODY, kind=250))
    frame = link.expect("Binding Error", lambda f: MIP6MH_BE in f, mark)
    equal("status", frame[MIP6MH_BE].status, 2)


def options_past_the_end():
    hoa = next(homes)
    for tail in (bytes([1, 200, 0, 0]), bytes([3, 16, 0, 0]), bytes([0, 0, 0, 3])):
        silence(raw_update(hoa, BODY[:6] + tail), 0.6)
        assert_unbound(hoa)


def unknown_option_is_skipped():
    hoa = next(homes)
    link_body = BODY[:6] + bytes([222, 8]) + bytes(8) + bytes([1, 0])
    mark = link.mark()
    link.send(raw_update(hoa, link_body))
    frame = link.expect("Binding Acknowledgement", acknowledgement, mark, FIRST)
    equal("status", frame[MIP6MH_BA].status, 0)


def strange_home_addresses():
    for hoa in ("ff02::1", "::", "::1", "fe80::9", HA):
        silence_or_refusal(binding_update(hoa, 1))


def silence_or_refusal(packet):
    mark = link.mark()
    link.send(packet)
    frame = link.wait(acknowledgement, mark, 0.5)
    if frame is not None and frame[MIP6MH_BA].status < 128:
        raise Failed(f"{packet.summary()} was accepted")


def strange_care_of_addresses():
    hoa = next(homes)
    for coa in ("ff02::1", "::", "::1", "fe80::9"):
        silence_or_refusal(binding_update(hoa, 1, options=[MIP6OptAltCoA(acoa=coa)]))
        assert_unbound(hoa)


CHECKS = [
    ("9.5.1, 10.3.1 a first registration: BA 0, type 2 routing header, gratuitous NA, tunnel", first_registration),
    ("10.4.1 proxy neighbour discovery and defence of the home address", proxies_for_it),
    ("10.3.1 a renewal moves the binding", renewal_moves_it),
    ("6.2.5 alternate care-of address", alternate_care_of),
    ("9.5.1 sequence: equal, -1, +32768 and far back are refused with 135, across the wrap accepted", sequence_rules),
    ("9.5.4 135 is sent without the A flag too", sequence_out_of_window_without_a_flag),
    ("9.5.4 no acknowledgement without the A flag", no_answer_unless_asked),
    ("10.3.1 lifetime cut to the longest", long_lifetime_is_cut),
    ("10.3.1 132 for a home address off the home subnet", not_home_subnet),
    ("10.3.1 129 or 133 for a home address that is not listed", not_listed),
    ("9.5.1 a correspondent registration is not accepted", without_home_registration),
    ("10.3.1 a binding expires", expires),
    ("10.3.2 deregistration ends tunnel and proxy", deregistration),
    ("10.3.2 133 for the deregistration of nothing", deregistration_of_nothing),
    ("10.3.2, 11.5.5 returning home", returning_home),
    ("11.7.4, 6.1.2 Binding Refresh Request", refresh_request),
    ("10.1 a restart keeps bindings and knows old sequence numbers", restart_keeps_bindings),
    ("10.4.2 packets to the home address are tunnelled unchanged", tunnel_out),
    ("RFC 2473 7.1 Packet Too Big names the tunnel's MTU", tunnel_too_big),
    ("10.4.5 reverse tunnel", reverse_tunnel),
    ("10.4.5 reverse tunnel from elsewhere or with another's address is dropped", reverse_tunnel_refused),
    ("RFC 4443 3.1 a tunnel whose binding is not there: its entry is told", reverse_tunnel_of_a_lost_binding),
    ("10.4.2 link-local packets are not tunnelled", link_local_stays),
    ("10.5 dynamic home agent address discovery", discovery),
    ("10.5.1 another agent's RA is in the list, by preference", discovery_of_another_agent),
    ("10.6 mobile prefix discovery", prefix_discovery),
    ("10.6.2 no prefix advertisement without a binding", prefix_discovery_without_binding),
    ("9.2 wrong checksum: silence", wrong_checksum),
    ("9.2 payload proto not 59: Parameter Problem", wrong_payload_proto),
    ("9.2 header length too short for the type: Parameter Problem", header_too_short),
    ("9.2 header length past the packet's end: silence", header_longer_than_packet),
    ("9.2 unknown type: Binding Error 2", unknown_type),
    ("6.2.1 options past the end: silence", options_past_the_end),
    ("6.2.1 an unknown option is skipped", unknown_option_is_skipped),
    ("9.5.1 home addresses that are none", strange_home_addresses),
    ("6.1.7 care-of addresses that are none", strange_care_of_addresses),
]
if config["dad"]:
    CHECKS.insert(0, ("10.3.1 134 when the home address is a duplicate", duplicate_on_the_home_link))

link.resolve(HA, CN)
for name, body in CHECKS:
    check(name, body)
say(end=True)
