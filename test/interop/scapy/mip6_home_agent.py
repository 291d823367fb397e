"""A home agent against a mobile node, written from RFC 6275: what a mobile node must do with what it is sent.

Arguments: those of visited_network, and "discover": bool in the configuration.
"""
from visited_network import *


def first_update():
    update = start()
    bu = update[MIP6MH_BU]
    equal("destination", update[IPv6].dst, HA)
    equal("Home Address option", header_chain(update)[1], HOME)
    if in6_and(update[IPv6].src) != VISITED:
        raise Failed(f"care-of address {update[IPv6].src} is not of {VISITED}/64")
    if not (flag(update, "H") and flag(update, "A")):
        raise Failed(f"flags {bu.flags} lack H or A")
    if bu.mhtime == 0:
        raise Failed("lifetime 0")
    for option in bu.options:
        if isinstance(option, MIP6OptAltCoA):
            equal("alternate care-of address", option.acoa, update[IPv6].src)
    raw = bytes(bu)[: 8 * (bu.len + 1)]
    have, want = raw, mobility_header(HOME, HA, 5, raw[6:], proto=raw[0])
    equal("mobility header with its checksum", have.hex(), want.hex())
    acknowledge(update)
    time.sleep(0.3)
    assert_bound(update[IPv6].src)


def retransmits():
    updates = [start()]
    for _ in range(3):
        updates.append(next_update(after(updates[-1]), 9))
    gaps = [b.time - a.time for a, b in zip(updates, updates[1:])]
    for a, b in zip(updates, updates[1:]):
        if not newer(b[MIP6MH_BU].seq, a[MIP6MH_BU].seq):
            raise Failed(f"sequence {b[MIP6MH_BU].seq} after {a[MIP6MH_BU].seq}")
    if gaps[0] < 0.9:
        raise Failed(f"first retransmission after {gaps[0]:.2f} s, INITIAL_BINDACK_TIMEOUT is 1 s")
    for a, b in zip(gaps, gaps[1:]):
        if not 1.6 < b / a < 2.4:
            raise Failed(f"gaps {[round(g, 2) for g in gaps]} do not double")
    return f"gaps {[round(g, 2) for g in gaps]} s"


def ignored(**how):
    def body():
        update = start()
        acknowledge(update, **how)
        time.sleep(0.3)
        assert_unbound()

    return body


def wrong_checksum():
    update = start()
    coa, bu = update[IPv6].src, update[MIP6MH_BU]
    body = struct.pack("!BBHH", 0, 0, bu.seq, bu.mhtime) + bytes([1, 2, 0, 0])
    for wrong in (dict(sum=lambda right: right ^ 0x100), dict(length=0), dict(length=7), dict(proto=17)):
        data = mobility_header(HA, HOME, 6, body, **wrong)
        link.send(IPv6(src=HA, dst=coa) / IPv6ExtHdrRouting(type=2, segleft=1, addresses=[HOME], nh=135) / Raw(data))
    time.sleep(0.3)
    assert_unbound()
    # The same with nothing wrong, so that silence above was not for another reason.
    bu = next_update(after(update), 9)[MIP6MH_BU]
    body = struct.pack("!BBHH", 0, 0, bu.seq, bu.mhtime) + bytes([1, 2, 0, 0])
    data = mobility_header(HA, HOME, 6, body)
    link.send(IPv6(src=HA, dst=coa) / IPv6ExtHdrRouting(type=2, segleft=1, addresses=[HOME], nh=135) / Raw(data))
    time.sleep(0.3)
    assert_bound(coa)


def out_of_window():
    update = start()
    acknowledge(update, status=135, seq=40000)
    again = next_update(after(update), 5)
    if not newer(again[MIP6MH_BU].seq, 40000):
        raise Failed(f"sequence {again[MIP6MH_BU].seq} after a refusal that names 40000")
    acknowledge(again)
    time.sleep(0.3)
    assert_bound(again[IPv6].src)


def prefix_discovery_needed():
    update = start()
    mark = after(update)
    acknowledge(update, status=1)
    frame = link.expect("mobile prefix solicitation", lambda f: ICMPv6MPSol in f, mark, 5)
    equal("destination", frame[IPv6].dst, HA)
    equal("Home Address option", header_chain(frame)[1], HOME)
    time.sleep(0.3)
    assert_bound(update[IPv6].src)


def shorter_lifetime():
    update = registered(lifetime=2)
    again = next_update(after(update), 8)
    gap = again.time - update.time
    if not newer(again[MIP6MH_BU].seq, update[MIP6MH_BU].seq):
        raise Failed("the renewal's sequence is not newer")
    acknowledge(again)
    assert_bound(again[IPv6].src)
    return f"renewed after {gap:.1f} s of 8 s"


def refresh_advice():
    update = registered(lifetime=100, options=[MIP6OptBRAdvice(rinter=1)])
    again = next_update(after(update), 7)
    acknowledge(again)
    return f"renewed after {again.time - update.time:.1f} s, advice 4 s"


def refresh_request():
    update = registered()
    mark = link.mark()
    link.send(
        IPv6(src=HA, dst=update[IPv6].src) / IPv6ExtHdrRouting(type=2, segleft=1, addresses=[HOME]) / MIP6MH_BRR()
    )
    again = next_update(mark, 3)
    if not newer(again[MIP6MH_BU].seq, update[MIP6MH_BU].seq):
        raise Failed("the sequence is not newer")
    acknowledge(again)


def refresh_request_of_a_stranger():
    update = registered()
    mark = link.mark()
    link.send(
        IPv6(src=OTHER, dst=update[IPv6].src) / IPv6ExtHdrRouting(type=2, segleft=1, addresses=[HOME]) / MIP6MH_BRR()
    )
    link.expect_none("Binding Update", is_update, mark, 1.5)


def unknown_message():
    update = registered()
    mark = link.mark()
    data = mobility_header(HA, HOME, 250, bytes(10))
    link.send(
        IPv6(src=HA, dst=update[IPv6].src) / IPv6ExtHdrRouting(type=2, segleft=1, addresses=[HOME], nh=135) / Raw(data)
    )
    frame = link.expect("Binding Error", lambda f: MIP6MH_BE in f, mark)
    equal("status", frame[MIP6MH_BE].status, 2)


def foreign_tunnel():
    update = registered()
    coa = update[IPv6].src
    mark = link.mark()
    echo = IPv6(src=CN, dst=HOME) / ICMPv6EchoRequest(id=1, seq=1)
    answer = lambda f: ICMPv6EchoReply in f and f[IPv6].src in (HOME, coa)
    link.send(IPv6(src=OTHER, dst=coa) / echo)
    link.expect_none("answer to a packet tunnelled by a stranger", answer, mark)
    link.send(IPv6(src=HA, dst=coa) / echo)
    link.expect("answer to a packet tunnelled by the home agent", answer, mark)


def movement():
    update = registered()
    mark = link.mark()
    link.muted.add(ROUTER)
    link.hooks[:] = [lambda f: advertise(ROUTER2, VISITED2) if ICMPv6ND_RS in f else None]
    begin = time.monotonic()
    deadline = begin + 15
    again = None
    while again is None and time.monotonic() < deadline:
        advertise(ROUTER2, VISITED2)
        again = link.wait(lambda f: is_update(f) and in6_and(f[IPv6].src) == VISITED2, mark, 1.0)
    link.muted.discard(ROUTER)
    if again is None:
        raise Failed("no Binding Update from the new network within 15 s")
    if not newer(again[MIP6MH_BU].seq, update[MIP6MH_BU].seq):
        raise Failed("the sequence is not newer")
    acknowledge(again)
    time.sleep(0.3)
    assert_bound(again[IPv6].src)
    return f"moved {again.time - begin:.1f} s after the new router's first RA"


def returns_home():
    update = registered()
    try:
        home = come_home()
        equal("source", home[IPv6].src, HOME)
        equal("destination MAC address", home.dst, MAC)
        if not newer(home[MIP6MH_BU].seq, update[MIP6MH_BU].seq):
            raise Failed("the sequence is not newer")
        mark = link.mark()
        acknowledge(home, routing=False, lifetime=0)
        link.expect("neighbour advertisement for the home address", home_address_claimed, mark)
    finally:
        leave_home()


def discovers():
    anycast = inet_ntop(socket.AF_INET6, inet_pton(socket.AF_INET6, config["homePrefix"])[:8] + bytes.fromhex("fdfffffffffffffe"))
    request = find_agent()
    equal("destination", request[IPv6].dst, anycast)
    coa, identifier = request[IPv6].src, request[ICMPv6HAADRequest].id
    mark = link.mark()
    link.send(IPv6(src=OTHER, dst=coa) / ICMPv6HAADReply(id=identifier ^ 1, addresses=[OTHER]))
    link.expect_none("Binding Update after a reply to another question", is_update, mark, 0.7)
    link.send(IPv6(src=HA, dst=coa) / ICMPv6HAADReply(id=identifier, addresses=[HA, OTHER]))
    update = next_update(mark)
    equal("destination", update[IPv6].dst, HA)
    acknowledge(update)


CHECKS = [
    ("11.7.1 the first Binding Update, and the tunnel after its acknowledgement", first_update),
    ("11.8 retransmission doubles its timeout, each with a newer sequence", retransmits),
    ("11.7.3 an acknowledgement of another sequence is ignored", ignored(seq=4711)),
    ("11.7.3 an acknowledgement from another address is ignored", ignored(source=OTHER)),
    ("6.4 a type 2 routing header of another home address is refused", ignored(home=OTHER)),
    ("6.4 segments left of 2 are refused", ignored(segments=2)),
    ("9.2 malformed acknowledgements are ignored", wrong_checksum),
    ("11.7.3 status 135: the next sequence is newer than the one named", out_of_window),
    ("11.7.3 status 1: registered, and a prefix solicitation follows", prefix_discovery_needed),
    ("11.7.3 a shorter lifetime is kept to", shorter_lifetime),
    ("6.2.4 Binding Refresh Advice", refresh_advice),
    ("11.7.4 Binding Refresh Request", refresh_request),
    ("11.7.4 Binding Refresh Request of a stranger is ignored", refresh_request_of_a_stranger),
    ("9.2 unknown type: Binding Error 2", unknown_message),
    ("11.3 only the home agent's tunnel is opened", foreign_tunnel),
    ("11.5.1 a silent move", movement),
    ("11.5.5 returning home", returns_home),
]
if config["discover"]:
    CHECKS = [("11.4.1 dynamic home agent address discovery", discovers)]

for name, body in CHECKS:
    check(name, body)
say(end=True)
