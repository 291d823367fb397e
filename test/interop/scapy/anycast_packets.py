"""The anycast identifier from its document alone (docs/anycast-identifier.md): headers right and wrong, answers, requests, registrations.

Whole packets are bytes. No key is known here: an authenticator is copied or guessed.
"""
import struct

from station import *

UDP_, ICMP, TCP_, FRAGMENT, DEST, HOP, ROUTING = 17, 58, 6, 44, 60, 0, 43
PLAIN, AUTHENTICATED, REQUEST = 1, 2, 3
REGISTRATION = 1021
GUESS = bytes(range(0xE0, 0xF0))


def ip6(address):
    return inet_pton(socket.AF_INET6, address)


def identifier(form, anycast="", key=0, nonce=b"", proof=b"", next=UDP_, version=1, reserved=0, kind=0x1E):
    """A Destination Options header; anything may be wrong."""
    s = ip6(anycast) if anycast else b""
    data = struct.pack("!BBH", version << 4 | form, reserved, key) + s + nonce + proof
    return bytes([next, (len(data) + 4) // 8 - 1, kind, len(data)]) + data


def packet(source, destination, upper, headers=b"", first=None, protocol=UDP_, hops=64):
    """An IPv6 packet; `first` names what its headers begin with."""
    next = first if first is not None else DEST if headers else protocol
    head = struct.pack("!IHBB", 6 << 28, len(headers) + len(upper), next, hops)
    return head + ip6(source) + ip6(destination) + headers + upper


def udp(source, destination, sport, dport, data):
    head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0)
    pseudo = ip6(source) + ip6(destination) + struct.pack("!II", 8 + len(data), UDP_)
    sum = checksum(pseudo + head + data) or 0xFFFF
    return head[:6] + struct.pack("!H", sum) + data


def echo(source, destination, kind, ident, sequence, data):
    head = struct.pack("!BBHHH", kind, 0, 0, ident, sequence)
    pseudo = ip6(source) + ip6(destination) + struct.pack("!II", 8 + len(data), ICMP)
    return head[:2] + struct.pack("!H", checksum(pseudo + head + data)) + head[4:] + data


class Seen:
    """A UDP datagram or echo message as it was on the wire, alone or behind one Destination Options header."""

    def __init__(self, raw):
        self.raw = raw
        self.source, self.destination = (inet_ntop(socket.AF_INET6, raw[at : at + 16]) for at in (8, 24))
        size = 8 * (raw[41] + 1) if raw[6] == DEST else 0
        self.head, self.upper = raw[40 : 40 + size], raw[40 + size :]
        self.protocol = self.head[0] if size else raw[6]
        at = 0 if self.protocol == UDP_ else 4
        self.sport, self.dport = struct.unpack("!HH", self.upper[at : at + 4])
        self.data = self.upper[8:]
        form = self.head[4] & 15 if len(self.head) > 8 else 0
        self.key = struct.unpack("!H", self.head[6:8])[0] if form else 0
        at = {AUTHENTICATED: 24, REQUEST: 8}.get(form)
        self.nonce = self.head[at : at + 8] if at else b""


def seen(frame):
    """None for anything else."""
    ip = frame.original[14:]
    if frame.type != 0x86DD or len(ip) < 48:
        return None
    ip = ip[: 40 + struct.unpack("!H", ip[4:6])[0]]
    protocol = ip[40] if ip[6] == DEST else ip[6]
    upper = 40 + (8 * (ip[41] + 1) if ip[6] == DEST else 0)
    if protocol == UDP_ or protocol == ICMP and ip[upper : upper + 1] in (b"\x80", b"\x81"):
        return Seen(ip)
    return None


def flip(raw, bit):
    copy = bytearray(raw)
    copy[bit >> 3] ^= 0x80 >> (bit & 7)
    return bytes(copy)


def malformed(good):
    """Names and (first header's number, headers) of everything that is not to be believed; `good` is a header that is."""
    form = good[4] & 15
    next = good[:1]
    padded = lambda behind, tail: next + bytes([good[1] + 1]) + behind + good[2:] + tail
    named = lambda number: bytes([number]) + good[1:]
    resized = lambda change: good[:3] + bytes([good[3] + change]) + good[4:]
    fragment = struct.pack("!BBHI", UDP_, 0, 0, 0x5158)
    nobody = bytes([UDP_, 0, 1, 4, 0, 0, 0, 0])
    cases = {
        "version 0": (DEST, flip(good, 4 * 8 + 3)),
        "version 2": (DEST, good[:4] + bytes([0x20 | form]) + good[5:]),
        "form 0": (DEST, good[:4] + b"\x10" + good[5:]),
        "form 4": (DEST, good[:4] + b"\x14" + good[5:]),
        "form 15": (DEST, good[:4] + b"\x1f" + good[5:]),
        "byte 5 is 1": (DEST, good[:5] + b"\1" + good[6:]),
        "byte 5 is 128": (DEST, good[:5] + b"\x80" + good[6:]),
        "key id": (DEST, good[:6] + (b"\0\1" if form == PLAIN else b"\0\0") + good[8:]),
        "data length 1 short": (DEST, resized(-1)),
        "data length 8 short": (DEST, resized(-8)),
        "data length 1 long, beyond its header": (DEST, resized(1)),
        "data length 255": (DEST, good[:3] + b"\xff" + good[4:]),
        "8 bytes oversized": (DEST, next + bytes([good[1] + 1, good[2], good[3] + 8]) + good[4:] + bytes(8)),
        "240 bytes": (DEST, next + bytes([30, good[2], 244]) + good[4:8] + bytes(240)),
        "cut to 4 bytes of data": (DEST, next + b"\0\x1e\4" + good[4:8]),
        "no data": (DEST, next + b"\0\x1e\0\1\2\0\0"),
        "doubled in its header": (DEST, next + bytes([2 * len(good) // 8 - 1]) + good[2:] + good[2:] + b"\1\0"),
        "in two headers": (DEST, named(DEST) + good),
        "again in Hop-by-Hop": (HOP, named(DEST) + good),
        "in Hop-by-Hop": (HOP, good),
        "behind a Pad1, PadN": (DEST, padded(b"\0\1\0", b"\1\3\0\0\0")),
        "behind a PadN": (DEST, padded(b"\1\2\0\0", b"\1\2\0\0")),
        "in front of a PadN": (DEST, padded(b"", b"\1\6" + bytes(6))),
        "in front of Pad1s": (DEST, padded(b"", bytes(8))),
        "beside an unknown option": (DEST, padded(b"", b"\x1d\6" + bytes(6))),
        "in front of a Fragment header": (DEST, named(FRAGMENT) + fragment),
        "in front of another options header": (DEST, named(DEST) + nobody),
    }
    if form != REQUEST:
        for name, s in (("multicast", "ff0e::53"), ("unspecified", "::"), ("loopback", "::1"), ("link-local", "fe80::53")):
            cases[f"S {name}"] = (DEST, good[:8] + ip6(s) + good[24:])
    return cases


def strange(source, asked, data, s, u):
    """False answers to `asked` that try to get past who looks for an identifier, or at the source: lists of packets by name."""
    c = asked.source
    plain, empty = identifier(PLAIN, s), bytes([UDP_, 0, 1, 4, 0, 0, 0, 0])
    upper = lambda of=source: udp(of, c, asked.dport, asked.sport, data)
    home = lambda of, next: bytes([next, 2, 1, 2, 0, 0, 0xC9, 16]) + ip6(of)
    routing = lambda kind: bytes([DEST, 2, kind, 1, 0, 0, 0, 0]) + ip6(c)
    ident = int(time.monotonic() * 1000) & 0xFFFFFFFF
    fragment = lambda offset, more, next=DEST: struct.pack("!BBHI", next, 0, offset | more, ident)
    chained = lambda head: bytes([DEST]) + head[1:]
    inner = lambda of, head: packet(of, c, upper(of), head)
    unknown = bytes([UDP_, 2, 0x1D, 20]) + bytes(20)
    wrong = bytearray(upper())
    wrong[6] ^= 0x55
    return {
        "Home Address option S, no identifier": [packet(source, c, upper(s), home(s, UDP_))],
        "Home Address option S, identifier": [packet(source, c, upper(s), home(s, DEST) + plain)],
        "Home Address option U, identifier": [packet(source, c, upper(u), home(u, DEST) + plain)],
        "Routing header type 2": [packet(source, c, upper(), routing(2) + plain, ROUTING)],
        "Routing header type 0": [packet(source, c, upper(), routing(0) + plain, ROUTING)],
        "in a tunnel, from S": [packet(source, c, inner(s, b""), protocol=41)],
        "in a tunnel, from U": [packet(source, c, inner(u, plain), protocol=41)],
        "an atomic fragment": [packet(source, c, upper(), fragment(0, 0) + plain, FRAGMENT)],
        "a Fragment header with its reserved byte set": [
            packet(source, c, upper(), bytes([DEST, 0x80]) + fragment(0, 0)[2:] + plain, FRAGMENT)
        ],
        "an atomic fragment behind options": [packet(source, c, upper(), bytes([FRAGMENT]) + empty[1:] + fragment(0, 0) + plain)],
        "the identifier behind other options headers": [packet(source, c, upper(), chained(empty) * 3 + plain)],
        "the identifier behind 20 other headers": [packet(source, c, upper(), chained(empty) * 20 + plain)],
        "the identifier written over by a fragment that overlaps": [
            packet(source, c, (unknown + upper())[:32], fragment(0, 1), FRAGMENT),
            packet(source, c, plain, fragment(0, 1), FRAGMENT),
            packet(source, c, (unknown + upper())[32:], fragment(32, 0), FRAGMENT),
        ],
        "the identifier written over by a later fragment that overlaps": [
            packet(source, c, chained(empty) + unknown + upper()[:8], fragment(0, 1), FRAGMENT),
            packet(source, c, plain, fragment(8, 1), FRAGMENT),
            packet(source, c, upper()[8:], fragment(40, 0), FRAGMENT),
        ],
        "two first fragments, the innocent one last": [
            packet(source, c, plain + upper()[:8], fragment(0, 1), FRAGMENT),
            packet(source, c, unknown + upper()[:8], fragment(0, 1), FRAGMENT),
            packet(source, c, upper()[8:], fragment(32, 0), FRAGMENT),
        ],
        "the identifier in a later fragment": [
            packet(source, c, chained(empty), fragment(0, 1), FRAGMENT),
            packet(source, c, plain + upper(), fragment(8, 0), FRAGMENT),
        ],
        "a Fragment header alone in a first fragment": [
            packet(source, c, fragment(0, 0), fragment(0, 1, FRAGMENT), FRAGMENT),
            packet(source, c, plain + upper(), fragment(8, 0, FRAGMENT), FRAGMENT),
        ],
        "behind an AH": [packet(source, c, upper(), struct.pack("!BBHII", DEST, 4, 0, 0x5158, 1) + bytes(12) + plain, 51)],
        "a wrong checksum": [packet(source, c, bytes(wrong), plain)],
        "no checksum": [packet(source, c, upper()[:6] + b"\0\0" + data, plain)],
        "a UDP length beyond its end": [packet(source, c, upper()[:4] + b"\2\0" + upper()[6:], plain)],
        "a UDP header that is cut": [packet(source, c, upper()[:6], plain)],
        "nothing behind the identifier": [packet(source, c, b"", plain)],
        "the identifier in front of TCP": [packet(source, c, upper(), bytes([TCP_]) + plain[1:])],
        "the identifier in front of nothing (59)": [packet(source, c, upper(), bytes([59]) + plain[1:])],
    }


def registration(asked, **changes):
    """A copy of a REGISTER with other bytes in some fields."""
    where = {"version": 0, "type": 1, "key": 2, "lifetime": 4, "cost": 6, "zero": 7, "sequence": 8, "epoch": 16, "anycast": 24, "last": 40, "proof": 48}
    copy = bytearray(asked)
    for name, value in changes.items():
        copy[where[name] : where[name] + len(value)] = value
    return bytes(copy)
