"""ESP and AH against a host under test, by scapy's SecurityAssociation; and what IPsec is attacked with.

Arguments: DEVICE CONFIGURATION(JSON: {"target", "control": path of the node's control socket, "plain": an address that policies let pass
unprotected, "peers": [rows of Peer], "main", "tunnel", "window", "udp", "narrow", "ah": names of peers}). After every case an ordinary
protected echo still works.
"""
import itertools

from associations import *

config = json.loads(sys.argv[2])
TARGET, PLAIN = config["target"], config["plain"]
peers = {row["name"]: Peer(row) for row in config["peers"]}
MAIN, TUNNELLED, WINDOW, ENCAPSULATED, NARROW, HEADER = (
    peers[config[name]] for name in ("main", "tunnel", "window", "udp", "narrow", "ah")
)
link = Link(sys.argv[1], [peer.here for peer in peers.values()] + [PLAIN])
status = Status(config["control"])
serial = itertools.count(1)
IDENT = 0x1950


def request(peer, data=b"sixfold!", **fields):
    return IPv6(src=peer.here, dst=TARGET, hlim=64, **fields) / ICMPv6EchoRequest(id=IDENT, seq=next(serial) & 0xFFFF, data=data)


def echo_body(peer, data=b"sixfold!"):
    return bytes(request(peer, data))[40:]


def from_node(frame):
    return frame.src == link.peer_mac


def answer_under(peer, mark, want, timeout=3.0):
    """The device's protected answer, opened."""
    frame = link.expect("protected answer", lambda f: from_node(f) and peer.back.carries(f), mark, timeout)
    inside = peer.back.open(frame)
    equal("source inside", inside.src, TARGET)
    equal("destination inside", inside.dst, peer.here)
    if ICMPv6EchoReply not in inside:
        raise Failed(f"inside is {inside.summary()}")
    reply = inside[ICMPv6EchoReply]
    equal("identifier, number and data", (reply.id, reply.seq, reply.data), (IDENT, want.seq, want.data))
    have = reply.cksum
    del reply.cksum
    equal("checksum inside", have, IPv6(bytes(inside))[ICMPv6EchoReply].cksum)
    return frame


def echo(peer, data=b"sixfold!", number=None, **fields):
    packet = request(peer, data, **fields)
    mark = link.mark()
    link.send(peer.to.protect(packet, number))
    return answer_under(peer, mark, packet[ICMPv6EchoRequest])


def there_and_back(peer):
    numbers = [peer.back.number_of(echo(peer, bytes(range(size % 256)) * (size // 255 + 1))) for size in (0, 1, 2, 3, 13, 256, 1000)]
    for before, after in zip(numbers, numbers[1:]):
        if after <= before:
            raise Failed(f"sequence numbers {numbers} do not rise")


def extended(peer):
    """Numbers across 2^32, out of order: RFC 4303 2.2.1 and Appendix A."""
    there_and_back(peer)
    echo(peer, number=5000)
    low = 0xFFFFFFF0
    for number in (low, low + 4, low + 2, (1 << 32) + 3, (1 << 32) + 1, low + 9, (1 << 32) + 2):
        packet = request(peer)
        mark = link.mark()
        link.send(peer.to.protect(packet, number))
        answer_under(peer, mark, packet[ICMPv6EchoRequest])
    refused({"REPLAYED": 2}, peer.to.protect(request(peer), low + 9), peer.to.protect(request(peer), (1 << 32) + 2))
    peer.to.number = (1 << 32) + 3
    for _ in range(3):
        echo(peer)


def refused(reasons, *packets, answers=False):
    """Sends the packets; exactly these reasons grow, by so much, and nothing comes back."""
    before = status.drops()
    mark = link.mark()
    for packet in packets:
        link.send(packet)
    total = sum(reasons.values())
    grown = status.since(before, total)
    equal("what was counted", grown, reasons)
    if not answers:
        link.expect_none("answer", answered, mark, 0.05)


def answered(frame):
    ip = frame[IPv6]
    return from_node(frame) and ip.dst != "ff02::1" and not (ip.nh == 58 and ip.payload.type in (133, 134, 135, 136, 143)) and ip.nh != 0


def header(peer):
    return IPv6(src=peer.here, dst=TARGET, hlim=64)


# ---------------------------------------------------------------- what is not ESP


def short_packets():
    numbers = itertools.count(MAIN.to.number + 1)
    packets = []
    for size in range(41):
        data = struct.pack("!II", MAIN.to.spi, next(numbers)) + bytes(range(64))
        packets.append(IPv6(src=MAIN.here, dst=TARGET, nh=50) / Raw(data[:size]))
    # AES-GCM: 8 of header, 8 of initialization vector, 4 at least of content, 16 of ICV; content is a multiple of 4.
    refused({"BAD_ESP": 39, "BAD_ICV": 2}, *packets)


def reserved_spis():
    refused({"NO_SA": 256}, *(header(MAIN) / ESP(spi=spi, seq=1, data=bytes(40)) for spi in range(256)))


def unknown_spis():
    refused({"NO_SA": 3}, *(header(MAIN) / ESP(spi=spi, seq=1, data=bytes(40)) for spi in (0x100, 0x7FFFFFFF, 0xFFFFFFFF)))
    refused({"NO_SA": 1}, header(MAIN) / ESP(spi=MAIN.back.spi, seq=1, data=bytes(40)))
    # An SPI of AH in ESP, and of ESP in AH.
    refused({"NO_SA": 1}, header(MAIN) / ESP(spi=HEADER.to.spi, seq=1, data=bytes(40)))
    refused({"NO_SA": 1}, header(MAIN) / AH(nh=58, payloadlen=4, spi=MAIN.to.spi, seq=1, icv=bytes(12)) / Raw(echo_body(MAIN)))


# ---------------------------------------------------------------- behind a valid ICV


def pad_length_past_the_payload():
    body = echo_body(MAIN)
    for length in (len(body) + 3, 255):
        refused({"BAD_ESP": 1}, MAIN.to.sealed(body, b"\x01\x02", 58, header(MAIN), pad_length=length))


def wrong_padding():
    body = echo_body(MAIN)
    for padding in (b"\x00\x00", b"\x01\x03", b"\x02\x01"):
        refused({"BAD_ESP": 1}, MAIN.to.sealed(body, padding, 58, header(MAIN)))
    mark = link.mark()
    packet = request(MAIN)
    link.send(MAIN.to.sealed(bytes(packet)[40:], b"\x01\x02", 58, header(MAIN)))
    answer_under(MAIN, mark, packet[ICMPv6EchoRequest])


def nothing_inside():
    refused({"BAD_ICMP": 1}, MAIN.to.sealed(b"", b"\x01\x02", 58, header(MAIN)))
    refused({"POLICY_MISMATCH": 1}, TUNNELLED.to.sealed(b"", b"\x01\x02", TUNNEL, header(TUNNELLED)))


def nonsense_inside():
    whole = bytes(request(TUNNELLED))
    cut = whole[:42]
    long = whole[:4] + b"\xff\xff" + whole[6:]
    old = bytes([0x45]) + whole[1:]
    for inside in (whole[:39], cut, long, old):
        padding = bytes(range(1, 1 + (-(len(inside) + 2) % 4)))
        refused({"POLICY_MISMATCH": 1}, TUNNELLED.to.sealed(inside, padding, TUNNEL, header(TUNNELLED)))
    # Tunnel mode without a packet inside.
    refused({"POLICY_MISMATCH": 1}, TUNNELLED.to.sealed(echo_body(TUNNELLED), b"\x01\x02", 58, header(TUNNELLED)))


def fragment_inside():
    body = struct.pack("!BBHI", 58, 0, 1, 77) + echo_body(MAIN)
    refused({"BAD_FRAGMENT": 1}, MAIN.to.sealed(body, b"\x01\x02", FRAGMENT, header(MAIN)))


def dummies():
    refused({}, *(MAIN.to.sealed(bytes(size), b"\x01\x02", NONE, header(MAIN)) for size in (0, 4, 40, 1000)))


# ---------------------------------------------------------------- ICV and window


def flipped(packet, position):
    raw = bytearray(bytes(packet))
    raw[position] ^= 0x01
    return IPv6(bytes(raw))


def flipped_bits():
    for peer in [peers[name] for name in config["each"]]:
        number = peer.to.number + 1
        packet = request(peer)
        good = peer.to.protect(packet, number)
        end = len(bytes(good))
        at = locate(bytes(good), False)[0]
        first = at + (8 if peer.to.sa.proto is ESP else 12)
        positions = [first, (first + end) // 2, end - 13, end - 1]
        refused({"BAD_ICV": len(positions)}, *(flipped(good, position) for position in positions))
        mark = link.mark()
        link.send(good)  # the same number: a forgery must not have moved the window
        answer_under(peer, mark, packet[ICMPv6EchoRequest])
        peer.to.number = number


def forged_far_number():
    far = IPv6(bytes(MAIN.to.protect(request(MAIN), MAIN.to.number + 100000)))
    refused({"BAD_ICV": 1}, flipped(far, len(bytes(far)) - 1))


def replays():
    packet = request(MAIN)
    good = MAIN.to.protect(packet)
    mark = link.mark()
    link.send(good)
    answer_under(MAIN, mark, packet[ICMPv6EchoRequest])
    refused({"REPLAYED": 3}, good, good, good)
    refused({"REPLAYED": 1}, MAIN.to.protect(request(MAIN), 1))
    zero = MAIN.to.sealed(echo_body(MAIN), b"\x01\x02", 58, header(MAIN), number=0)
    refused({"REPLAYED": 1}, zero)


def window():
    """A far-future number with a good ICV moves the window; numbers inside pass once, in any order, those behind never."""
    size = config["windowBits"]
    echo(WINDOW)
    top = 1 << 31
    echo(WINDOW, number=top)
    for back in (1, 5, 3, size // 2, size - 1):
        echo(WINDOW, number=top - back)
    again = [WINDOW.to.protect(request(WINDOW), top - back) for back in (0, 1, 5, 3, size - 1)]
    refused({"REPLAYED": len(again)}, *again)
    behind = [WINDOW.to.protect(request(WINDOW), number) for number in (top - size - 64, top - size - 1000, 5, 2)]
    refused({"REPLAYED": len(behind)}, *behind)
    echo(WINDOW, number=top + 1)
    echo(WINDOW, number=0xFFFFFFFF)
    wrapped = [WINDOW.to.protect(request(WINDOW), number) for number in (1, 2, 3)]
    refused({"REPLAYED": 3}, *wrapped)


# ---------------------------------------------------------------- policy


def in_clear():
    packets = [
        request(MAIN),
        header(MAIN) / UDP(sport=9, dport=9) / b"x",
        header(MAIN) / TCP(sport=9, dport=9),
        header(MAIN) / IPv6ExtHdrDestOpt() / ICMPv6EchoRequest(id=IDENT),
    ]
    refused({"POLICY_MISMATCH": len(packets)}, *packets)
    stranger = IPv6(src=config["stranger"], dst=TARGET) / ICMPv6EchoRequest(id=IDENT)
    refused({"POLICY_DISCARD": 1}, stranger)


def bypassed():
    mark = link.mark()
    link.send(IPv6(src=PLAIN, dst=TARGET) / ICMPv6EchoRequest(id=IDENT, seq=9))
    link.expect("reply in clear", lambda f: from_node(f) and ICMPv6EchoReply in f and f[IPv6].dst == PLAIN, mark)
    protected = IPv6(src=PLAIN, dst=TARGET) / ICMPv6EchoRequest(id=IDENT, seq=9)
    refused({"POLICY_MISMATCH": 1}, MAIN.to.protect(protected))


def wrong_selectors():
    other = TUNNELLED.here
    refused({"POLICY_MISMATCH": 1}, MAIN.to.protect(IPv6(src=other, dst=TARGET) / ICMPv6EchoRequest(id=IDENT)))
    # A policy for UDP alone.
    refused({"POLICY_MISMATCH": 1}, NARROW.to.protect(request(NARROW)))
    # UDP passes; nobody listens, and the ICMPv6 error about it is not UDP.
    refused({"NO_LISTENER": 1, "POLICY_DISCARD": 1}, NARROW.to.protect(header(NARROW) / UDP(sport=9, dport=9) / b"x"))


def wrong_tunnel():
    inside = request(TUNNELLED)
    wrong = TUNNELLED.to.sa.tunnel_header
    try:
        TUNNELLED.to.sa.tunnel_header = IPv6(src=MAIN.here, dst=TARGET)
        refused({"TUNNEL_SOURCE": 1}, TUNNELLED.to.protect(inside))
    finally:
        TUNNELLED.to.sa.tunnel_header = wrong
    refused({"POLICY_MISMATCH": 1}, TUNNELLED.to.protect(IPv6(src=MAIN.here, dst=TARGET) / ICMPv6EchoRequest(id=IDENT)))
    # The right packet in the right tunnel, but not protected.
    mark = link.mark()
    link.send(header(TUNNELLED) / inside)
    link.expect_none("answer to a tunnel in clear", answered, mark, 0.3)


def congestion():
    """RFC 6040 4.2, and the traffic class of what comes back."""
    def marked(outer, inner):
        TUNNELLED.to.sa.tunnel_header = IPv6(src=TUNNELLED.here, dst=TARGET, tc=outer)
        return request(TUNNELLED, tc=inner)

    try:
        for outer, inner in ((0, 0), (1, 0), (2, 0), (0, 2), (3, 2), (3, 1), (1, 2), (3, 3), (0xB8, 0xB8)):
            packet = marked(outer, inner)
            mark = link.mark()
            link.send(TUNNELLED.to.protect(packet))
            answer_under(TUNNELLED, mark, packet[ICMPv6EchoRequest])
        refused({"TUNNEL_REFUSED": 1}, TUNNELLED.to.protect(marked(3, 0)))
    finally:
        TUNNELLED.to.sa.tunnel_header = IPv6(src=TUNNELLED.here, dst=TARGET)


# ---------------------------------------------------------------- ESP in UDP


def in_udp(peer, payload, **fields):
    return header(peer) / UDP(sport=4500, dport=4500, **fields) / Raw(payload)


def encapsulation():
    peer = ENCAPSULATED
    refused({}, in_udp(peer, b"\xff"))
    whole = bytes(peer.to.protect(request(peer)))[48:]
    refused({"BAD_ICV": 1}, in_udp(peer, whole[:-1] + bytes([whole[-1] ^ 1])))
    echo(peer)
    refused({"NO_SA": 1}, in_udp(peer, bytes(ESP(spi=0xABCDEF, seq=1, data=bytes(40)))))
    # An association for UDP alone, without it; and the other way round.
    peer.to.udp = False
    try:
        refused({"NO_SA": 1}, peer.to.protect(request(peer)))
    finally:
        peer.to.udp = True
    refused({"NO_SA": 1}, in_udp(MAIN, bytes(MAIN.to.protect(request(MAIN))[ESP])))
    refused({"BAD_ESP": 1}, in_udp(peer, struct.pack("!I", peer.to.spi)))
    refused({"BAD_CHECKSUM": 1}, in_udp(peer, whole, chksum=0x1234))


def non_esp_marker():
    """IKE on the same port (RFC 3948 2.2): not ESP, and here nobody listens to it; policies judge it as UDP."""
    refused({"POLICY_MISMATCH": 1}, in_udp(ENCAPSULATED, bytes(4) + bytes(28)))
    for size in (0, 2, 3):
        before = status.drops()
        link.send(in_udp(ENCAPSULATED, b"\x01\x02\x03"[:size]))
        equal(f"drops for {size} bytes", sum(status.since(before, 1).values()), 1)


# ---------------------------------------------------------------- AH


def broken_ah():
    good = bytes(HEADER.to.protect(request(HEADER)))
    # Payload length, RFC 4302 2.2: 0, one less, one more, past the end.
    for length in (0, good[41] - 1, good[41] + 1, 255):
        refused({"BAD_AH": 1}, IPv6(good[:41] + bytes([length]) + good[42:]))
    for size in (0, 4, 8, 12, 20):
        refused({"BAD_AH": 1}, IPv6(src=HEADER.here, dst=TARGET, nh=51) / Raw(good[40 : 40 + size]))
    # Addresses, hop limit and next header: which of them the ICV covers.
    refused({"BAD_ICV": 1}, flipped(IPv6(good), 40))
    mark = link.mark()
    link.send(IPv6(good[:7] + bytes([3]) + good[8:]))
    link.expect("answer: the hop limit is not covered", lambda f: from_node(f) and HEADER.back.carries(f), mark)
    refused({"REPLAYED": 1}, IPv6(good))


CHECKS = [
    ("ESP of 0 to 40 bytes", short_packets),
    ("SPI 0 to 255", reserved_spis),
    ("unknown SPIs, and those of the other direction or protocol", unknown_spis),
    ("a pad length past the payload behind a valid ICV", pad_length_past_the_payload),
    ("padding that is not 1, 2, 3, ...", wrong_padding),
    ("nothing inside", nothing_inside),
    ("nonsense inside", nonsense_inside),
    ("a fragment inside transport mode", fragment_inside),
    ("dummy packets are taken in silence", dummies),
    ("a flipped bit: BAD_ICV, and the same number passes afterwards, every algorithm", flipped_bits),
    ("a forged number far ahead does not move the window", forged_far_number),
    ("replays", replays),
    ("a window moved far: once each inside, never behind it", window),
    ("in clear where protection is demanded; a stranger", in_clear),
    ("bypass: in clear, and not protected", bypassed),
    ("the right association around the wrong packet", wrong_selectors),
    ("a tunnel from elsewhere, for elsewhere, in clear", wrong_tunnel),
    ("explicit congestion notification of tunnels, RFC 6040", congestion),
    ("ESP in UDP, RFC 3948", encapsulation),
    ("the marker of IKE, and what is too short for it", non_esp_marker),
    ("AH: lengths, and what its ICV covers", broken_ah),
]


def with_life(body):
    def run():
        detail = body()
        echo(MAIN)
        return detail

    return run


link.resolve(TARGET, PLAIN)
for name, peer in peers.items():
    if name in config["exchanges"]:
        check(f"{name}: echoes of seven sizes", lambda peer=peer: there_and_back(peer))
for name in config["extended"]:
    check(f"{name}: echoes of seven sizes, numbers across 2^32, out of order", lambda peer=peers[name]: extended(peer))
for name, body in CHECKS:
    check(name, with_life(body))
say(end=True)
