"""ESP and AH by scapy, from the rows that lib/associations.ts writes: protocol, encryption, integrity, key, SPI, mode.

What scapy 2.5 lacks is added here: extended sequence numbers under the HMAC of ESP (RFC 4303 2.2.1), and taking ESP off behind
extension headers (its `decrypt` guesses the payload from the IPv6 header's next header).
"""
from scapy.layers.ipsec import AH, AUTH_ALGOS, ESP, AuthAlgo, IPSecIntegrityError, SecurityAssociation, _ESPPlain
from station import *

CRYPT = {"aes-cbc": "AES-CBC", "aes-gcm-16": "AES-GCM", "chacha20-poly1305": "CHACHA20-POLY1305", "null": "NULL"}
AUTH = {"hmac-sha1-96": "HMAC-SHA1-96", "hmac-sha2-256-128": "SHA2-256-128"}
TUNNEL, FRAGMENT, NONE = 41, 44, 59


class ExtendedAuth(AuthAlgo):
    """An HMAC of ESP whose sender counts to 2^64: the upper half is in the ICV, not in the packet."""

    def __init__(self, of, association):
        super().__init__(of.name, of.mac, of.digestmod, of.icv_size)
        self.association = association

    def _icv(self, packet, key):
        mac = self.new_mac(key)
        mac.update(bytes(packet) + struct.pack("!L", self.association.esn))
        return mac.finalize()[: self.icv_size]

    def sign(self, pkt, key, esn_en=False, esn=0):
        if not isinstance(pkt, ESP):
            return super().sign(pkt, key, esn_en, esn)
        pkt.data += self._icv(pkt, key)
        return pkt

    def verify(self, pkt, key, esn_en=False, esn=0):
        if not isinstance(pkt, ESP):
            return super().verify(pkt, key, esn_en, esn)
        body = ESP(spi=pkt.spi, seq=pkt.seq, data=pkt.data[: -self.icv_size])
        if pkt.data[-self.icv_size :] != self._icv(body, key):
            raise IPSecIntegrityError("wrong ICV")


class Association:
    """One direction. `far`, `near`: the outer header's source and destination in tunnel mode."""

    def __init__(self, row, far, near):
        self.spi, self.udp, self.tunnel = row["spi"], row.get("udp", False), row["mode"] == "tunnel"
        self.far, self.near = far, near
        esp = row["protocol"] == "esp"
        self.sa = SecurityAssociation(
            ESP if esp else AH,
            spi=self.spi,
            crypt_algo=CRYPT[row["encryption"]] if esp else None,
            crypt_key=bytes.fromhex(row["key"]) if esp else None,
            auth_algo=AUTH[row["integrity"]] if row.get("integrity") else None,
            auth_key=bytes.fromhex(row["integrityKey"]) if row.get("integrity") else None,
            tunnel_header=IPv6(src=far, dst=near) if self.tunnel else None,
            esn_en=row.get("esn", False),
        )
        if row.get("esn") and esp and self.sa.auth_algo.mac:
            self.sa.auth_algo = ExtendedAuth(self.sa.auth_algo, self.sa)
        self.number = 0

    def protect(self, packet, number=None):
        """The packet under this association, with the next number or the one that is given. Bytes, so that nothing is computed anew."""
        if number is None:
            self.number += 1
            number = self.number
        self.sa.esn = number >> 32
        if self.sa.proto is AH and IPv6ExtHdrDestOpt in packet:
            signed = self.sa.encrypt(IPv6(swapped(bytes(packet))), seq_num=number & 0xFFFFFFFF)
            return IPv6(swapped(bytes(signed)))
        out = self.sa.encrypt(packet, seq_num=number & 0xFFFFFFFF)
        return self.in_udp(out) if self.udp else IPv6(bytes(out))

    def in_udp(self, packet):
        """RFC 3948, with the checksum that IPv6 wants."""
        return IPv6(src=packet.src, dst=packet.dst, hlim=64) / UDP(sport=4500, dport=4500) / Raw(bytes(packet[ESP]))

    def sealed(self, data, padding, next_header, header, pad_length=None, number=None):
        """ESP with a valid ICV around any trailer: `header` is the packet in front of it."""
        if number is None:
            self.number += 1
            number = self.number
        sa = self.sa
        plain = _ESPPlain(spi=self.spi, seq=number & 0xFFFFFFFF, iv=sa.crypt_algo.generate_iv(), data=Raw(data), nh=next_header)
        plain.padding, plain.padlen = padding, len(padding) if pad_length is None else pad_length
        esp = sa.crypt_algo.encrypt(sa, plain, sa.crypt_key, sa.crypt_icv_size, esn_en=sa.esn_en, esn=number >> 32)
        sa.esn = number >> 32
        sa.auth_algo.sign(esp, sa.auth_key)
        return IPv6(bytes(header / esp))

    def carries(self, frame):
        """Is the frame protected by this association?"""
        found = locate(bytes(frame[IPv6]), self.udp)
        return found is not None and found[2] == self.spi

    def open(self, frame):
        """The packet inside, its ICV verified by scapy."""
        raw = bytes(frame[IPv6])
        at, named_at, spi = locate(raw, self.udp)
        equal("SPI", spi, self.spi)
        if self.sa.proto is AH:
            return IPv6(swapped(bytes(self.sa.decrypt(IPv6(swapped(raw))))))
        esp = ESP(raw[at:])
        sa = self.sa
        sa.auth_algo.verify(esp, sa.auth_key)
        size = sa.crypt_icv_size or sa.crypt_algo.icv_size or sa.auth_algo.icv_size
        plain = sa.crypt_algo.decrypt(sa, esp, sa.crypt_key, size, esn_en=sa.esn_en, esn=sa.esn)
        data = bytes(plain.data)
        if self.tunnel:
            equal("next header", plain.nh, TUNNEL)
            return IPv6(data)
        head = bytearray(raw[:named_at] + bytes([plain.nh]) + raw[named_at + 1 : at - (8 if self.udp else 0)])
        head[4:6] = struct.pack("!H", len(head) - 40 + len(data))
        return IPv6(bytes(head) + data)

    def number_of(self, frame):
        raw = bytes(frame[IPv6])
        at = locate(raw, self.udp)[0]
        at += 4 if self.sa.proto is ESP else 8
        return struct.unpack("!I", raw[at : at + 4])[0]


def locate(raw, udp):
    """Where ESP or AH lies behind the extension headers, the byte that names it, and its SPI; None without one."""
    at, named_at = 40, 6
    while raw[named_at] in (0, 43, 60) and at + 8 <= len(raw):
        named_at, at = at, at + 8 * (raw[at + 1] + 1)
    kind = raw[named_at]
    if udp:
        if kind != 17 or raw[at + 2 : at + 4] != struct.pack("!H", 4500):
            return None
        at += 8
    elif kind not in (50, 51):
        return None
    spi_at = at + (4 if kind == 51 else 0)
    if spi_at + 4 > len(raw):
        return None
    return at, named_at, struct.unpack("!I", raw[spi_at : spi_at + 4])[0]


def swapped(raw):
    """Home form and wire form of a packet with a Home Address option or a type 2 routing header are each other's: addresses change places
    (RFC 6275 11.3.1, 9.3.2). AH covers the home form; nothing else here cares."""
    raw = bytearray(raw)
    at, kind = 40, raw[6]
    while kind in (0, 43, 60):
        if kind == 43 and raw[at + 2] == 2:
            raw[24:40], raw[at + 8 : at + 24] = raw[at + 8 : at + 24], raw[24:40]
            raw[at + 3] ^= 1
        option = bytes(raw[at : at + 8 * (raw[at + 1] + 1)]).find(b"\xc9\x10") if kind == 60 else -1
        if option >= 0:
            place = at + option + 2
            raw[8:24], raw[place : place + 16] = raw[place : place + 16], raw[8:24]
        kind, at = raw[at], at + 8 * (raw[at + 1] + 1)
    return bytes(raw)


class Peer:
    """Both directions between an address of ours and the device: `row` has `local` (the device's address), `remote` (ours), and the
    associations `in` and `out` from the device's point of view."""

    def __init__(self, row):
        self.name, self.device, self.here = row["name"], row["local"], row["remote"]
        self.row = row
        self.to = Association(row["in"], self.here, self.device)
        self.back = Association(row["out"], self.device, self.here)


class Status:
    """Counters of the node, over its control socket."""

    def __init__(self, path):
        self.path = path

    def ask(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.settimeout(5)
            control.connect(self.path)
            control.sendall(b'{"verb":"status"}\n')
            return json.loads(control.makefile().readline())

    def drops(self):
        return self.ask()["drops"]

    def since(self, before, total, timeout=3.0):
        """Drops by reason since `before`, once there are `total` or time is over."""
        deadline = time.monotonic() + timeout
        while True:
            now = self.drops()
            grown = {name: n - before.get(name, 0) for name, n in now.items() if n != before.get(name, 0)}
            if sum(grown.values()) >= total or time.monotonic() > deadline:
                return grown
            time.sleep(0.02)
