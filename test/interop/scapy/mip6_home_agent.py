"""A home agent against a mobile node, written from RFC 6275: what a mobile node must do with each acknowledgement.

Arguments: DEVICE CONFIGURATION(JSON: {"home", "ha", "homePrefix", "application": [argv prefix], "discover": bool}).
One link is the visited network: its router, behind it the home agent and a correspondent. The script asks for a mobile
node that starts afresh by printing {"restart": true} and reads one line when that was done.
"""
import subprocess

from station import *

config = json.loads(sys.argv[2])
HOME, HA = config["home"], config["ha"]
ROUTER, VISITED = "fe80::fe", "2001:db8:2::"
ROUTER2, VISITED2 = "fe80::fd", "2001:db8:3::"
CN = "2001:db8:9::c"
OTHER = "2001:db8:1::bad"
link = Link(sys.argv[1], [ROUTER, ROUTER2])


def advertise(router=ROUTER, prefix=VISITED, lifetime=1800, home_agent=False, address=None):
    ra = ICMPv6ND_RA(routerlifetime=lifetime, H=int(home_agent)) / ICMPv6NDOptSrcLLAddr(lladdr=MAC)
    ra /= ICMPv6NDOptPrefixInfo(
        prefixlen=64, L=1, A=1, R=int(address is not None), validlifetime=3600, preferredlifetime=1800, prefix=address or prefix
    )
    link.frame(Ether(src=MAC, dst="33:33:00:00:00:01") / IPv6(src=router, dst="ff02::1", hlim=255) / ra)


def restart():
    """The node starts afresh; the mark of before its first frame."""
    mark = link.mark()
    say(restart=True)
    if not sys.stdin.readline():
        raise Failed("the node could not be started")
    return mark


def is_update(frame):
    return MIP6MH_BU in frame


def flag(frame, name):
    return name in str(frame[MIP6MH_BU].flags)


def next_update(mark, timeout=6.0):
    frame = link.expect("Binding Update", is_update, mark, timeout)
    link.peer_mac = frame.src
    return frame


def after(frame):
    """The mark behind this frame."""
    with link.arrival:
        return next(i for i, f in enumerate(link.frames) if f is frame) + 1


def start(prefix=VISITED):
    """A fresh node that has seen our RA: its first Binding Update."""
    mark = restart()
    advertise(prefix=prefix)
    link.hooks[:] = [lambda f: advertise(prefix=prefix) if ICMPv6ND_RS in f else None]
    return next_update(mark)


def acknowledge(update, status=0, lifetime=None, seq=None, source=HA, home=HOME, segments=1, routing=True, options=()):
    coa, bu = update[IPv6].src, update[MIP6MH_BU]
    packet = IPv6(src=source, dst=coa)
    if routing:
        packet /= IPv6ExtHdrRouting(type=2, segleft=segments, addresses=[home])
    packet /= MIP6MH_BA(
        status=status,
        seq=bu.seq if seq is None else seq % 65536,
        mhtime=bu.mhtime if lifetime is None else lifetime,
        flags=0,
        options=list(options),
    )
    link.send(packet)


def newer(seq, than):
    return 0 < (seq - than) % 65536 < 32768


def registered(**how):
    update = start()
    acknowledge(update, **how)
    time.sleep(0.3)
    return update


def application_ping(count=1):
    argv = config["application"] + ["ping", "-6", "-c", str(count), "-i", "0.2", "-W", "1", CN]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def is_reverse_tunnel(coa):
    def match(frame):
        outer = frame[IPv6]
        if (outer.src, outer.dst, outer.nh) != (coa, HA, 41):
            return False
        return isinstance(outer.payload, IPv6) and (outer.payload.src, outer.payload.dst) == (HOME, CN)

    return match


def assert_bound(coa):
    mark = link.mark()
    ping = application_ping()
    frame = link.expect("tunnelled packet of the application", is_reverse_tunnel(coa), mark, 3)
    inner = frame[IPv6].payload
    request = inner[ICMPv6EchoRequest]
    reply = IPv6(src=CN, dst=HOME) / ICMPv6EchoReply(id=request.id, seq=request.seq, data=request.data)
    link.send(IPv6(src=HA, dst=coa) / reply)
    text = ping.communicate(timeout=5)[0]
    if ping.returncode != 0:
        raise Failed(f"the application got no answer: {text[-200:]}")


def assert_unbound():
    mark = link.mark()
    ping = application_ping()
    link.expect_none("packet of the application in a tunnel", lambda f: f[IPv6].nh == 41 and f[IPv6].dst == HA, mark, 1.5)
    ping.communicate(timeout=5)


# ----------------------------------------------------------------


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


def in6_and(address):
    return inet_ntop(socket.AF_INET6, inet_pton(socket.AF_INET6, address)[:8] + bytes(8))


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


def refused(status):
    def body():
        update = start()
        acknowledge(update, status=status)
        mark = after(update)
        time.sleep(0.2)
        assert_unbound()
        time.sleep(1.5)
        with link.arrival:
            count = sum(1 for f in link.frames[mark:] if is_update(f))
        if count > 3:
            raise Failed(f"{count} Binding Updates within 3 s of the refusal")

    return body


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
    mark = link.mark()
    link.muted.add(ROUTER)
    link.owned.add(HA)
    link.hooks.clear()
    try:
        home = None
        deadline = time.monotonic() + 15
        while home is None and time.monotonic() < deadline:
            advertise("fe80::1", config["homePrefix"], home_agent=True, address=HA)
            home = link.wait(lambda f: is_update(f) and f[MIP6MH_BU].mhtime == 0, mark, 1.0)
        if home is None:
            raise Failed("no Binding Update with lifetime 0 within 15 s")
        equal("source", home[IPv6].src, HOME)
        equal("destination MAC address", home.dst, MAC)
        if not newer(home[MIP6MH_BU].seq, update[MIP6MH_BU].seq):
            raise Failed("the sequence is not newer")
        mark = link.mark()
        acknowledge(home, routing=False, lifetime=0)
        link.expect(
            "neighbour advertisement for the home address (11.5.5)",
            lambda f: ICMPv6ND_NA in f and f[ICMPv6ND_NA].tgt == HOME and f[IPv6].dst == "ff02::1" and f[ICMPv6ND_NA].O,
            mark,
        )
    finally:
        link.muted.discard(ROUTER)
        link.owned.discard(HA)


def discovers():
    mark = restart()
    anycast = inet_ntop(socket.AF_INET6, inet_pton(socket.AF_INET6, config["homePrefix"])[:8] + bytes.fromhex("fdfffffffffffffe"))
    advertise()
    link.hooks[:] = [lambda f: advertise() if ICMPv6ND_RS in f else None]
    request = link.expect("home agent address discovery request", lambda f: ICMPv6HAADRequest in f, mark, 6)
    link.peer_mac = request.src
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
CHECKS += [(f"11.7.3 status {status}: no tunnel, no storm", refused(status)) for status in range(128, 135)]
CHECKS += [(f"11.7.3 status {status}: no tunnel, no storm", refused(status)) for status in (136, 137, 138, 139, 140, 141, 142, 143, 255)]
if config["discover"]:
    CHECKS = [("11.4.1 dynamic home agent address discovery", discovers)]

for name, body in CHECKS:
    check(name, body)
say(end=True)
