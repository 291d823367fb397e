"""Packets that stacks of this kind were attacked with, against any of our nodes; from the RFCs, not from our code.

Arguments: DEVICE CONFIGURATION(JSON: {"target": address of the node, "source": an address of ours on the same link,
"autoconfigures": bool}).
After every case the node must still answer an ordinary echo.
"""
import itertools

from station import *

config = json.loads(sys.argv[2])
TARGET, SOURCE = config["target"], config["source"]
STRANGER = SOURCE[:-1] + "f1"
link = Link(sys.argv[1], [SOURCE, STRANGER])
serial = itertools.count(1)
ICMP, UDP_, FRAGMENT, DEST, ROUTING, HOP, NONE = 58, 17, 44, 60, 43, 0, 59


def base(**fields):
    return IPv6(**{"src": SOURCE, "dst": TARGET, "hlim": 64, **fields})


def echo_bytes(data=b"sixfold!", seq=None, src=SOURCE, dst=TARGET):
    packet = IPv6(src=src, dst=dst) / ICMPv6EchoRequest(id=0x5158, seq=next(serial) if seq is None else seq, data=data)
    return bytes(packet)[40:]


def from_node(frame):
    return frame.src == link.peer_mac


def reply(frame):
    return ICMPv6EchoReply in frame and frame[ICMPv6EchoReply].id == 0x5158 and from_node(frame)


def any_answer(frame):
    """An answer to us, neighbour discovery apart."""
    ip = frame[IPv6]
    if not from_node(frame) or ip.dst not in (SOURCE, STRANGER):
        return False
    return not (ip.nh == ICMP and ip.payload.type in (135, 136))


def alive():
    mark = link.mark()
    link.send(base(nh=ICMP) / Raw(echo_bytes()))
    link.expect("echo reply: the node is alive", reply, mark, 2)


def silent(*packets, timeout=0.35):
    for packet in packets:
        mark = link.mark()
        link.send(packet)
        link.expect_none("answer", any_answer, mark, timeout)


def answered(packet, timeout=1.0):
    mark = link.mark()
    link.send(packet)
    return link.expect("echo reply", reply, mark, timeout)


def problem(packet, code, pointer=None, timeout=1.0):
    mark = link.mark()
    link.send(packet)
    frame = link.expect("Parameter Problem", lambda f: ICMPv6ParamProblem in f and from_node(f), mark, timeout)
    equal("code", frame[ICMPv6ParamProblem].code, code)
    if pointer is not None:
        equal("pointer", frame[ICMPv6ParamProblem].ptr, pointer)
    if frame[IPv6].plen + 40 > 1280:
        raise Failed(f"an error of {frame[IPv6].plen + 40} bytes")


def options(kind, *tlvs, next=ICMP):
    """A hop-by-hop or destination options header around the given bytes, padded to a multiple of 8."""
    data = b"".join(tlvs)
    pad = -(len(data) + 2) % 8
    data += b"" if pad == 0 else b"\0" if pad == 1 else bytes([1, pad - 2]) + bytes(pad - 2)
    return bytes([next, (len(data) + 2) // 8 - 1]) + data


# ---------------------------------------------------------------- base header


def lengths():
    echo = echo_bytes()
    whole = bytes(base(nh=ICMP, plen=len(echo)) / Raw(echo))
    for plen in (len(echo) + 1, 1280, 65535):
        silent(Raw(whole[:4] + struct.pack("!H", plen) + whole[6:]))
    for cut in (0, 1, 7, 39, 40, 41, 47):
        silent(Raw(whole[:cut]), timeout=0.1)
    for version in (0, 4, 5, 7, 15):
        silent(Raw(bytes([version << 4]) + whole[1:]), timeout=0.1)


def padding_is_trimmed():
    echo = echo_bytes()
    frame = answered(Raw(bytes(base(nh=ICMP, plen=len(echo)) / Raw(echo)) + b"\xee" * 30))
    equal("payload length", frame[IPv6].plen, len(echo))


def martians():
    for source in ("ff02::1", "::1", TARGET, "::"):
        mark = link.mark()
        link.send(IPv6(src=source, dst=TARGET, nh=ICMP) / Raw(echo_bytes(src=source)))
        link.expect_none("answer to a martian", lambda f: from_node(f) and ICMPv6EchoReply in f, mark, 0.3)


def multicast_echo():
    mark = link.mark()
    echo = echo_bytes(dst="ff02::1")
    link.frame(Ether(src=MAC, dst="33:33:00:00:00:01") / IPv6(src=SOURCE, dst="ff02::1") / Raw(echo))
    link.expect_none("echo reply to multicast", reply, mark, 0.5)


# ---------------------------------------------------------------- extension headers


def option_lengths():
    for kind in (HOP, DEST):
        echo = echo_bytes()
        silent(base(nh=kind) / Raw(bytes([ICMP, 200]) + bytes(6) + echo))
        silent(base(nh=kind) / Raw(bytes([ICMP, 255]) + bytes(6) + echo))
        for tlv in (bytes([1, 5]), bytes([1, 255]), bytes([0xC9, 200, 0, 0])):
            data = bytes([ICMP, 0]) + (tlv + bytes(6))[:6]
            mark = link.mark()
            link.send(base(nh=kind) / Raw(data + echo))
            link.expect_none("echo reply", reply, mark, 0.3)


def unknown_options():
    echo = echo_bytes()
    answered(base(nh=DEST) / Raw(options(DEST, bytes([0x1E, 2, 0, 0])) + echo))
    silent(base(nh=DEST) / Raw(options(DEST, bytes([0x5E, 2, 0, 0])) + echo))
    problem(base(nh=DEST) / Raw(options(DEST, bytes([0x9E, 2, 0, 0])) + echo), 2, 42)
    problem(base(nh=DEST) / Raw(options(DEST, bytes([0xDE, 2, 0, 0])) + echo), 2, 42)


def hop_by_hop_must_be_first():
    inner = options(HOP, next=ICMP) + echo_bytes()
    problem(base(nh=DEST) / Raw(options(DEST, next=HOP) + inner), 1, 40)


def long_chains():
    for n in (8, 17, 60, 140):
        chain = options(DEST, next=DEST) * (n - 1) + options(DEST, next=ICMP)
        mark = link.mark()
        link.send(base(nh=DEST) / Raw(chain + echo_bytes()))
        if n < 16:
            link.expect("echo reply", reply, mark)
        else:
            link.expect_none("answer to a chain without end", reply, mark, 0.3)


def routing_header_0():
    body = bytes([ICMP, 2, 0, 1]) + bytes(4) + inet_pton(socket.AF_INET6, STRANGER)
    problem(base(nh=ROUTING) / Raw(body + echo_bytes()), 0, 42)
    done = bytes([ICMP, 2, 0, 0]) + bytes(4) + inet_pton(socket.AF_INET6, STRANGER)
    answered(base(nh=ROUTING) / Raw(done + echo_bytes()))


def routing_header_2():
    for left, size in ((1, 2), (2, 2), (1, 0), (1, 4), (255, 2), (1, 200)):
        body = bytes([ICMP, size, 2, left]) + bytes(4) + inet_pton(socket.AF_INET6, STRANGER)
        mark = link.mark()
        link.send(base(nh=ROUTING) / Raw(body + echo_bytes()))
        wrong = lambda f: from_node(f) and (ICMPv6EchoReply in f or f[IPv6].dst == STRANGER and ICMPv6EchoRequest in f)
        link.expect_none(f"answer or forwarding, segments left {left}, length {size}", wrong, mark, 0.3)


def no_next_header():
    silent(base(nh=NONE) / Raw(bytes(16)), base(nh=NONE))


def unknown_next_header():
    problem(base(nh=253) / Raw(bytes(16)), 1, 6)
    problem(base(nh=DEST) / Raw(options(DEST, next=253) + bytes(16)), 1, 40)
    problem(base(nh=253) / Raw(bytes(1400)), 1, 6)


# ---------------------------------------------------------------- fragments


def fragment(offset, more, data, ident, next=ICMP):
    return base(nh=FRAGMENT) / Raw(struct.pack("!BBHI", next, 0, offset | int(more), ident) + data)


idents = itertools.count(0x10000)


def fragments_ordinary():
    echo = echo_bytes(b"f" * 1000)
    ident = next(idents)
    mark = link.mark()
    link.send(fragment(0, True, echo[:512], ident))
    link.send(fragment(512, False, echo[512:], ident))
    link.expect("echo reply", reply, mark)
    ident = next(idents)
    mark = link.mark()
    link.send(fragment(512, False, echo[512:], ident))
    link.send(fragment(0, True, echo[:512], ident))
    link.expect("echo reply to fragments in reverse order", reply, mark)


def fragments_overlap():
    echo = echo_bytes(b"o" * 1000)
    for second in (504, 8, 0):
        ident = next(idents)
        mark = link.mark()
        link.send(fragment(0, True, echo[:512], ident))
        link.send(fragment(second, True, (b"Z" * 512), ident))
        link.send(fragment(512, False, echo[512:], ident))
        link.expect_none(f"echo reply after an overlap at {second} (RFC 5722)", reply, mark, 0.3)


def fragment_atomic():
    echo = echo_bytes()
    ident = next(idents)
    # One of the same identification waits; the atomic one stands alone (RFC 6946).
    link.send(fragment(0, True, echo_bytes(b"w" * 500)[:504], ident))
    answered(base(nh=FRAGMENT) / Raw(struct.pack("!BBHI", ICMP, 0, 0, ident) + echo))


def fragment_limits():
    problem(fragment(65528, False, bytes(64), next(idents)), 0, 42)
    problem(fragment(0, True, echo_bytes(b"x" * 505)[:509], next(idents)), 0, 4)
    silent(fragment(0, True, b"", next(idents)), fragment(8, False, b"", next(idents)))
    silent(base(nh=FRAGMENT) / Raw(bytes([ICMP, 0, 0])), base(nh=FRAGMENT))


def fragment_without_upper_layer():
    mark = link.mark()
    ident = next(idents)
    head = options(DEST, next=DEST)
    link.send(fragment(0, True, head, ident, next=DEST))
    link.send(fragment(len(head), False, options(DEST, next=ICMP) + echo_bytes(), ident, next=DEST))
    link.expect_none("echo reply to a first fragment without upper layer (RFC 7112)", reply, mark, 0.4)


def fragment_in_fragment():
    inner = struct.pack("!BBHI", ICMP, 0, 0 | 1, next(idents)) + echo_bytes()
    mark = link.mark()
    link.send(fragment(0, True, inner + bytes(-len(inner) % 8), next(idents), next=FRAGMENT))
    link.expect_none("answer", reply, mark, 0.3)


def fragment_flood():
    for _ in range(600):
        link.send(fragment(8 * (next(serial) % 90), True, bytes(8), next(idents)))
    alive()


def fragments_after_the_flood():
    time.sleep(2.3)
    fragments_ordinary()


# ---------------------------------------------------------------- ICMPv6 and neighbour discovery


def echo_sizes():
    for size in (0, 1, 2, 3, 5, 7, 8, 63, 1232, 1452):
        frame = answered(base(nh=ICMP) / Raw(echo_bytes(bytes(size))))
        equal("size of the echo", len(frame[ICMPv6EchoReply].data or b""), size)


def short_messages():
    for kind in (1, 2, 3, 4, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 143, 144, 145, 146, 147, 255):
        for size in (0, 1, 3, 4, 7):
            raw = bytes([kind, 0, 0, 0] + [0] * size)[: 4 + size] if size else bytes([kind])
            pseudo = inet_pton(socket.AF_INET6, SOURCE) + inet_pton(socket.AF_INET6, TARGET)
            if len(raw) >= 4:
                right = checksum(pseudo + struct.pack("!II", len(raw), 58) + raw)
                raw = raw[:2] + struct.pack("!H", right) + raw[4:]
            link.send(base(nh=ICMP, hlim=255) / Raw(raw))


def bad_checksums():
    echo = bytearray(echo_bytes())
    echo[3] ^= 1
    silent(base(nh=ICMP) / Raw(bytes(echo)))
    for packet in (UDP(sport=9, dport=9, chksum=0) / b"x", UDP(sport=9, dport=9, chksum=0x1234) / b"x"):
        silent(base() / packet)
    good = base() / UDP(sport=9, dport=9) / b"x"
    mark = link.mark()
    link.send(good)
    link.expect("port unreachable for a good one", lambda f: ICMPv6DestUnreach in f and from_node(f), mark)
    for length in (0, 7, 9000):
        silent(base() / UDP(sport=9, dport=9, len=length) / b"x")


def errors_are_not_answered():
    inner = bytes(IPv6(src=TARGET, dst=SOURCE) / UDP(sport=1, dport=2) / b"abc")
    for kind in (1, 2, 3, 4, 100, 127):
        for size in (0, 1, 39, 40, 48, len(inner)):
            pkt = base() / ICMPv6Unknown(type=kind, code=0, msgbody=bytes(4) + inner[:size])
            link.send(pkt)
    mark = link.mark()
    link.send(base(nh=ICMP) / Raw(bytes(base() / ICMPv6Unknown(type=200, code=0, msgbody=bytes(12)))[40:]))
    link.expect_none("answer to an unknown informational message", any_answer, mark, 0.3)


def packet_too_big():
    alive()
    answered(base(nh=ICMP) / Raw(echo_bytes(bytes(1400))))
    quoted = bytes(IPv6(src=TARGET, dst=SOURCE) / ICMPv6EchoReply(id=0x5158, seq=1, data=bytes(1400)))[:1200]
    for mtu in (0, 1, 1279, 0xFFFFFFFF):
        link.send(base() / ICMPv6PacketTooBig(mtu=mtu) / Raw(quoted))
    mark = link.mark()
    link.send(base(nh=ICMP) / Raw(echo_bytes(bytes(1400))))
    link.expect("unfragmented echo reply", lambda f: reply(f) and f[IPv6].nh == ICMP, mark)
    # For somebody to whom nothing was ever sent.
    never = SOURCE[:-1] + "f7"
    quoted = bytes(IPv6(src=TARGET, dst=never) / ICMPv6EchoReply(id=1, seq=1, data=bytes(1400)))[:1200]
    link.send(base() / ICMPv6PacketTooBig(mtu=1280) / Raw(quoted))


def solicitation(hlim=255, option=None, target=TARGET, code=0):
    ns = ICMPv6ND_NS(tgt=target, code=code) / (ICMPv6NDOptSrcLLAddr(lladdr=MAC) if option is None else Raw(option))
    return IPv6(src=SOURCE, dst=TARGET, hlim=hlim) / ns


def neighbour_solicitations():
    na = lambda f: ICMPv6ND_NA in f and from_node(f) and f[ICMPv6ND_NA].tgt == TARGET
    for name, packet in (
        ("hop limit 254", solicitation(hlim=254)),
        ("code 1", solicitation(code=1)),
        ("option length 0", solicitation(option=bytes([1, 0, 0, 0, 0, 0, 0, 0]))),
        ("option length past the end", solicitation(option=bytes([1, 9, 0, 0, 0, 0, 0, 0]))),
        ("half an option", solicitation(option=bytes([1]))),
        ("multicast target", solicitation(target="ff02::1")),
    ):
        mark = link.mark()
        link.send(packet)
        link.expect_none(f"advertisement for a solicitation with {name}", na, mark, 0.3)
    mark = link.mark()
    link.send(solicitation(option=bytes([253, 1]) + bytes(6)))
    link.expect("advertisement: an unknown option is skipped", na, mark)


def router_advertisements():
    for body in (
        bytes([3, 4, 129, 0xC0]) + bytes(28),  # prefix length 129
        bytes([25, 2]) + bytes(14),  # RDNSS with an even length
        bytes([5, 1, 0, 0, 0, 0, 0, 1]),  # MTU 1
        bytes([3, 0]) + bytes(30),
        bytes([24, 1, 200, 0]) + bytes(4),
    ):
        ra = ICMPv6ND_RA(chlim=1, routerlifetime=0) / Raw(body)
        link.frame(Ether(src=MAC, dst="33:33:00:00:00:01") / IPv6(src="fe80::f0", dst="ff02::1", hlim=255) / ra)
    alive()
    frame = answered(base(nh=ICMP) / Raw(echo_bytes(bytes(1400))))
    if frame[IPv6].hlim < 32:
        raise Failed(f"an advertisement lowered the hop limit to {frame[IPv6].hlim}")


def advertise(prefix, source="fe80::f0", hlim=255, code=0, length=64, flags="LA", valid=7200, preferred=3600):
    option = ICMPv6NDOptPrefixInfo(
        prefixlen=length,
        L=int("L" in flags),
        A=int("A" in flags),
        validlifetime=valid,
        preferredlifetime=preferred,
        prefix=prefix,
    )
    ra = ICMPv6ND_RA(code=code, routerlifetime=0) / option
    link.frame(Ether(src=MAC, dst="33:33:00:00:00:01") / IPv6(src=source, dst="ff02::1", hlim=hlim) / ra)


def forms_address(prefix, mark, timeout):
    """The node solicits for a new address of this prefix; the address or None."""
    head = inet_pton(socket.AF_INET6, prefix)[:8]
    mine = lambda f: from_node(f) and ICMPv6ND_NS in f and inet_pton(socket.AF_INET6, f[ICMPv6ND_NS].tgt)[:8] == head
    frame = link.wait(mine, mark, timeout)
    return frame and frame[ICMPv6ND_NS].tgt


def unsuitable_prefixes():
    for n, wrong in enumerate(
        (
            dict(source="2001:db8:1::f0"),
            dict(hlim=254),
            dict(code=1),
            dict(length=65),
            dict(length=129),
            dict(flags="L"),
            dict(valid=0, preferred=0),
            dict(valid=100, preferred=200),
        )
    ):
        prefix = f"2001:db8:a{n}::"
        mark = link.mark()
        advertise(prefix, **wrong)
        if forms_address(prefix, mark, 0.4):
            raise Failed(f"an address from an advertisement with {wrong}")
    mark = link.mark()
    advertise("fe80::")
    advertise("ff02::")
    link.expect_none("solicitation for a multicast address", lambda f: ICMPv6ND_NS in f and f[ICMPv6ND_NS].tgt.startswith("ff"), mark, 0.4)


def short_lifetimes():
    """RFC 4862 5.5.3 (e): an advertisement cannot bring a valid lifetime below two hours."""
    prefix = "2001:db8:b0::"
    mark = link.mark()
    advertise(prefix)
    address = forms_address(prefix, mark, 3)
    if not address:
        raise Failed("no address from a good advertisement")
    time.sleep(2)
    advertise(prefix, valid=1, preferred=1)
    time.sleep(2.2)
    mark = link.mark()
    link.solicit(address, SOURCE)
    link.expect("advertisement of the address", lambda f: ICMPv6ND_NA in f and f[ICMPv6ND_NA].tgt == address, mark)
    return address


def prefix_flood():
    for n in range(300):
        advertise(f"2001:db8:{0x1000 + n:x}::", source=f"fe80::{0x1000 + n:x}")


def neighbour_cache_flood():
    prefix = inet_pton(socket.AF_INET6, SOURCE)[:8]
    for n in range(400):
        source = inet_ntop(socket.AF_INET6, prefix + struct.pack("!II", 0xDEAD, n))
        ns = ICMPv6ND_NS(tgt=TARGET) / ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:%02x:%02x" % (n >> 8, n & 255))
        link.send(IPv6(src=source, dst=TARGET, hlim=255) / ns)
    for n in range(400):
        source = inet_ntop(socket.AF_INET6, prefix + struct.pack("!II", 0xBEEF, n))
        link.send(IPv6(src=source, dst=TARGET, nh=ICMP) / Raw(echo_bytes(src=source)))
    link.settle()
    alive()


def forged_redirect():
    quoted = bytes(IPv6(src=TARGET, dst=SOURCE) / ICMPv6EchoReply(id=0x5158, seq=1))
    redirect = ICMPv6ND_Redirect(tgt="fe80::bad", dst=SOURCE) / ICMPv6NDOptRedirectedHdr(pkt=quoted)
    link.send(IPv6(src="fe80::f9", dst=TARGET, hlim=255) / redirect)
    alive()


# ---------------------------------------------------------------- tunnels


def open_decapsulation():
    mark = link.mark()
    echo = IPv6(src=STRANGER, dst=TARGET, nh=ICMP) / Raw(echo_bytes(src=STRANGER))
    link.send(base(nh=41) / echo)
    link.expect_none("echo reply to a packet in a tunnel nobody knows", reply, mark, 0.4)
    mark = link.mark()
    link.send(base(nh=41) / IPv6(src=STRANGER, dst=SOURCE) / UDP(sport=1, dport=2) / b"x")
    link.expect_none("decapsulated packet", lambda f: from_node(f) and f[IPv6].src == STRANGER, mark, 0.4)


def nested_tunnels():
    for depth in (2, 5, 20):
        packet = IPv6(src=SOURCE, dst=TARGET, nh=ICMP) / Raw(echo_bytes())
        for _ in range(depth):
            packet = base(nh=41) / packet
        link.send(packet)


CHECKS = [
    ("payload and frame lengths, version", lengths),
    ("link padding is trimmed", padding_is_trimmed),
    ("martian sources", martians),
    ("echo to multicast is not amplified", multicast_echo),
    ("option and header lengths past the end", option_lengths),
    ("unknown options by their two highest bits, RFC 8200 4.2", unknown_options),
    ("hop-by-hop options anywhere but first", hop_by_hop_must_be_first),
    ("long header chains", long_chains),
    ("routing header 0, RFC 5095", routing_header_0),
    ("routing header 2 that is not for a home address here", routing_header_2),
    ("no next header", no_next_header),
    ("unknown next header: Parameter Problem 1 of at most 1280 bytes", unknown_next_header),
    ("fragments in and out of order", fragments_ordinary),
    ("overlapping fragments, RFC 5722", fragments_overlap),
    ("atomic fragments, RFC 6946", fragment_atomic),
    ("fragment offsets and lengths", fragment_limits),
    ("a first fragment without upper layer, RFC 7112", fragment_without_upper_layer),
    ("a fragment inside a fragment", fragment_in_fragment),
    ("600 fragments that never complete", fragment_flood),
    ("reassembly works again after the flood", fragments_after_the_flood),
    ("echoes of all sizes", echo_sizes),
    ("short ICMPv6 messages of every type", short_messages),
    ("wrong checksums and lengths of ICMPv6 and UDP", bad_checksums),
    ("errors, truncated or unknown, are not answered", errors_are_not_answered),
    ("Packet Too Big of 0, 1279, 2^32-1, or for no flow", packet_too_big),
    ("malformed neighbour solicitations, RFC 4861 7.1.1", neighbour_solicitations),
    ("malformed router advertisements", router_advertisements),
    ("800 neighbours that do not exist", neighbour_cache_flood),
    ("a forged redirect", forged_redirect),
    ("tunnels that nobody set, CVE-2020-10136", open_decapsulation),
    ("nested tunnels", nested_tunnels),
]
if config["autoconfigures"]:
    CHECKS += [
        ("prefixes that give no address, RFC 4861 6.1.2, RFC 4862 5.5.3", unsuitable_prefixes),
        ("an advertisement does not take an address away, RFC 4862 5.5.3 (e)", short_lifetimes),
        ("300 routers with 300 prefixes", prefix_flood),
    ]


def with_life(body):
    def run():
        detail = body()
        time.sleep(0.05)
        alive()
        return detail

    return run


link.resolve(TARGET, SOURCE)
for name, body in CHECKS:
    check(name, with_life(body))
say(end=True)
