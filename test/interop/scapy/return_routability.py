"""Return routability from RFC 6275: keygen tokens (5.2.5), binding management key (5.2.6), authenticators (6.2.7), messages as bytes."""
import hashlib
import hmac
import os
import subprocess

from station import *

BRR, HOTI, COTI, HOT, COT, BU, BA, BE = range(8)
MOBILITY, IN_IPV6 = 135, 41
ACKNOWLEDGE = 0x8000


def packed(address):
    return inet_pton(socket.AF_INET6, address)


def sha1_mac(key, data):
    return hmac.new(key, data, hashlib.sha1).digest()


def keygen_token(node_key, address, nonce, kind):
    """First(64, HMAC_SHA1(Kcn, (address | nonce | kind))); kind 0: home, 1: care-of."""
    return sha1_mac(node_key, packed(address) + nonce + bytes([kind]))[:8]


def binding_key(home_token, care_of_token=b""):
    """Kbm; without a care-of token that of a deregistration."""
    return hashlib.sha1(home_token + care_of_token).digest()


def authenticator(key, care_of, correspondent, message):
    """First(96, HMAC_SHA1(Kbm, (care-of address | correspondent | MH Data))): `message` ends where the authenticator goes."""
    data = packed(care_of) + packed(correspondent) + message[:4] + bytes(2) + message[6:]
    return sha1_mac(key, data)[:12]


def authorized(source, destination, kind, body, key, care_of, correspondent, wrong=0):
    """A mobility header that ends in a Binding Authorization Data option; `body` is behind the checksum, padded to where that begins."""
    message = bytes([59, (6 + len(body) + 14) // 8 - 1, kind, 0, 0, 0]) + body + bytes([5, 12])
    proof = bytearray(authenticator(key, care_of, correspondent, message))
    proof[0] ^= wrong
    return mobility_header(source, destination, kind, body + bytes([5, 12]) + bytes(proof))


def binding_update(sequence, lifetime, home_index, care_of_index):
    return struct.pack("!HHH", sequence, ACKNOWLEDGE, lifetime) + bytes([4, 4]) + struct.pack("!HH", home_index, care_of_index)


def binding_acknowledgement(status, sequence, lifetime):
    return struct.pack("!BBHH", status, 0, sequence, lifetime) + bytes([1, 4]) + bytes(4)


def proof_of(message):
    """The authenticator at the end, or None."""
    return message[-12:] if message[-14:-12] == bytes([5, 12]) else None


def is_proved(message, key, care_of, correspondent):
    return proof_of(message) == authenticator(key, care_of, correspondent, message[:-12])


class Message:
    """A mobility header as it came: `source` and `destination` on the wire, `home` from the Home Address option or routing header,
    `outer` the source of a tunnel header around it."""

    def __init__(self, raw):
        self.outer = self.home = None
        self.option = self.routed = False
        self.kind = None
        if len(raw) >= 80 and raw[6] == IN_IPV6:
            self.outer = inet_ntop(socket.AF_INET6, raw[8:24])
            raw = raw[40:]
        self.source, self.destination = (inet_ntop(socket.AF_INET6, raw[i : i + 16]) for i in (8, 24))
        at, next_header = 40, raw[6]
        while next_header in (43, 60) and at + 24 <= len(raw):
            header = raw[at : at + 8 * (raw[at + 1] + 1)]
            if next_header == 43 and header[2] == 2:
                self.home, self.routed = inet_ntop(socket.AF_INET6, header[8:24]), True
            if next_header == 60 and bytes([0xC9, 16]) in header:
                place = header.index(bytes([0xC9, 16])) + 2
                self.home, self.option = inet_ntop(socket.AF_INET6, header[place : place + 16]), True
            next_header, at = header[0], at + len(header)
        if next_header == MOBILITY and at + 8 <= len(raw):
            self.bytes = raw[at : 40 + struct.unpack("!H", raw[4:6])[0]]
            self.kind = self.bytes[2]

    @property
    def sequence(self):
        return struct.unpack("!H", self.bytes[6:8] if self.kind == BU else self.bytes[8:10])[0]

    @property
    def lifetime(self):
        return struct.unpack("!H", self.bytes[10:12])[0]

    @property
    def status(self):
        return self.bytes[6]

    @property
    def indices(self):
        """Home and care-of nonce index of a Binding Update; that of HoT and CoT is at the same place as a status."""
        at = 12
        while at + 1 < len(self.bytes):
            kind, length = self.bytes[at], self.bytes[at + 1]
            if kind == 0:
                at += 1
                continue
            if kind == 4:
                return struct.unpack("!HH", self.bytes[at + 2 : at + 6])
            at += 2 + length
        return None, None


def home_option(address, then):
    return bytes([then, 2, 1, 2, 0, 0, 0xC9, 16]) + packed(address)


def routing_header(address, then):
    return bytes([then, 2, 2, 1, 0, 0, 0, 0]) + packed(address)


class Kernel:
    """The databases of the kernel here: what a daemon of Mobile IPv6 would write."""

    @staticmethod
    def ip(*lines):
        done = subprocess.run(["ip", "-6", "-batch", "-"], input="\n".join(lines) + "\n", capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"ip: {done.stderr.strip()}")

    @staticmethod
    def route(home, care_of, correspondent, outbound):
        """Data between `home` and `correspondent` goes direct: which of the two is here says `outbound`, the direction of HAO."""
        inbound = "in" if outbound == "out" else "out"
        return [
            f"xfrm state add src {home} dst {correspondent} proto hao mode ro coa {care_of}",
            f"xfrm state add src {correspondent} dst {home} proto route2 mode ro coa {care_of}",
            f"xfrm policy add src {home}/128 dst {correspondent}/128 dir {outbound} ptype sub priority 10"
            f" tmpl src {home} dst {correspondent} proto hao mode ro level use",
            f"xfrm policy add src {correspondent}/128 dst {home}/128 dir {inbound} ptype sub priority 10"
            f" tmpl src {correspondent} dst {home} proto route2 mode ro level use",
        ]

    @staticmethod
    def unroute(home, correspondent, outbound):
        inbound = "in" if outbound == "out" else "out"
        return [
            f"xfrm policy del src {home}/128 dst {correspondent}/128 dir {outbound} ptype sub",
            f"xfrm policy del src {correspondent}/128 dst {home}/128 dir {inbound} ptype sub",
            f"xfrm state del src {home} dst {correspondent} proto hao spi 0",
            f"xfrm state del src {correspondent} dst {home} proto route2 spi 0",
        ]


def keep_kernel_quiet():
    """Somebody listens to mobility headers: the kernel sends no Parameter Problem about them. Its answer is to be held."""
    return socket.socket(socket.AF_INET6, socket.SOCK_RAW, MOBILITY)
