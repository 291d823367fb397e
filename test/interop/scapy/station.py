"""Stations on one Ethernet link, played by scapy against one device under test.

The stations own IPv6 addresses; a thread answers neighbour solicitations for them and keeps every frame it sees. Tests
send packets to the device and say which frame they expect back.
"""
import json
import os
import struct
import sys
import threading
import time

os.environ.setdefault("XDG_CONFIG_HOME", "/nonexistent")
from scapy.all import *  # noqa: E402

conf.verb = 0
conf.ipv6_enabled = True
MAC = "02:00:00:00:05:01"


class Failed(Exception):
    """An expectation that did not hold."""


class Link:
    def __init__(self, device, addresses=()):
        self.device = device
        self.owned = set(addresses)
        self.muted = set()
        self.echo = set()
        self.hooks = []
        self.frames = []
        self.peer_mac = None
        self.arrival = threading.Condition()
        self.socket = conf.L2socket(iface=device)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                raw = self.socket.recv_raw(65535)
            except OSError:  # the device went down; it may come back
                time.sleep(0.05)
                continue
            if raw[1] is None:
                continue
            frame = Ether(raw[1])
            if frame.src == MAC or IPv6 not in frame:
                continue
            frame.time = time.monotonic()
            self._answer(frame)
            for hook in list(self.hooks):
                hook(frame)
            with self.arrival:
                self.frames.append(frame)
                self.arrival.notify_all()

    def _answer(self, frame):
        ip = frame[IPv6]
        if ICMPv6ND_NS in frame and ip.nh == 58:
            target = frame[ICMPv6ND_NS].tgt
            if target in self.owned and target not in self.muted and ip.src != "::":
                self.neighbour_advertisement(target, ip.src, frame.src)
        elif ip.nh == 58 and ICMPv6EchoRequest in frame and ip.dst in self.echo:
            request = frame[ICMPv6EchoRequest]
            self.send(IPv6(src=ip.dst, dst=ip.src) / ICMPv6EchoReply(id=request.id, seq=request.seq, data=request.data))

    def neighbour_advertisement(self, target, destination, mac="33:33:00:00:00:01", solicited=1):
        na = ICMPv6ND_NA(tgt=target, R=0, S=solicited, O=1) / ICMPv6NDOptDstLLAddr(lladdr=MAC)
        self.frame(Ether(src=MAC, dst=mac) / IPv6(src=target, dst=destination, hlim=255) / na)

    def frame(self, frame):
        self.socket.send(frame)

    def send(self, packet):
        """Sends an IPv6 packet to the device under test."""
        self.frame(Ether(src=MAC, dst=self.peer_mac, type=0x86DD) / packet)

    def resolve(self, address, source, timeout=8):
        """Learns the device's MAC address; waits until it has come up."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            mark = self.mark()
            self.solicit(address, source)
            found = self.wait(lambda f: ICMPv6ND_NA in f and f[ICMPv6ND_NA].tgt == address, mark, 0.5)
            if found:
                self.peer_mac = found.src
                return found
        raise Failed(f"nobody answers for {address}")

    def solicit(self, target, source):
        tail = inet_pton(socket.AF_INET6, target)[-3:]
        group = inet_ntop(socket.AF_INET6, inet_pton(socket.AF_INET6, "ff02::1:ff00:0")[:13] + tail)
        mac = "33:33:ff:%02x:%02x:%02x" % tuple(tail)
        ns = ICMPv6ND_NS(tgt=target)
        if source != "::":
            ns = ns / ICMPv6NDOptSrcLLAddr(lladdr=MAC)
        self.frame(Ether(src=MAC, dst=mac) / IPv6(src=source, dst=group, hlim=255) / ns)

    def mark(self):
        with self.arrival:
            return len(self.frames)

    def wait(self, predicate, mark=0, timeout=2.0):
        """The first frame after `mark` that satisfies the predicate, or None."""
        deadline = time.monotonic() + timeout
        with self.arrival:
            while True:
                while mark < len(self.frames):
                    if predicate(self.frames[mark]):
                        return self.frames[mark]
                    mark += 1
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self.arrival.wait(left)

    def settle(self, quiet=0.3, timeout=15.0):
        """Waits until no frame has come for a while: this side reads slower than a device answers a flood."""
        deadline = time.monotonic() + timeout
        mark = -1
        while mark != self.mark():
            if time.monotonic() > deadline:
                raise Failed(f"frames still come {timeout} s after the last one was sent")
            mark = self.mark()
            time.sleep(quiet)

    def expect(self, what, predicate, mark, timeout=2.0):
        found = self.wait(predicate, mark, timeout)
        if found is None:
            with self.arrival:
                seen = [f.summary() for f in self.frames[mark:]][-6:]
            raise Failed(f"no {what} within {timeout} s; seen: {seen}")
        return found

    def expect_none(self, what, predicate, mark, timeout=1.2):
        found = self.wait(predicate, mark, timeout)
        if found is not None:
            raise Failed(f"unexpected {what}: {found.summary()}")


def say(**values):
    print(json.dumps(values), flush=True)


def ask(**request):
    """Has the suite do something; its answer."""
    say(**request)
    line = sys.stdin.readline()
    if not line:
        raise Failed(f"nobody did {request}")
    return json.loads(line).get("answer")


def check(name, body):
    """Runs one check and prints what became of it."""
    try:
        detail = body()
        say(check=name, ok=True, **({"detail": detail} if detail else {}))
        return True
    except Exception as error:  # a bug of the script is a failed check as well
        where = error.__traceback__
        while where.tb_next:
            where = where.tb_next
        kind = "" if isinstance(error, Failed) else f"{type(error).__name__} in line {where.tb_lineno}: "
        say(check=name, ok=False, detail=kind + str(error))
        return False


def equal(what, have, want):
    if have != want:
        raise Failed(f"{what} is {have!r}, should be {want!r}")


def among(what, have, wanted):
    if have not in wanted:
        raise Failed(f"{what} is {have!r}, should be one of {wanted!r}")


def mobility_header(source, destination, kind, body, proto=59, length=None, sum=None):
    """Bytes of a mobility header (RFC 6275 6.1.1), any field of which may be wrong on purpose.

    source and destination are the final ones, which the pseudo header names.
    """
    data = bytes([proto, len(body) // 8 if length is None else length, kind, 0, 0, 0]) + body
    pseudo = inet_pton(socket.AF_INET6, source) + inet_pton(socket.AF_INET6, destination)
    right = checksum(pseudo + struct.pack("!II", len(data), 135) + data)
    return data[:4] + struct.pack("!H", right if sum is None else sum(right)) + data[6:]


def header_chain(packet):
    """Layers of the outermost IPv6 header: the routing header and Home Address option if present."""
    routing = home = None
    layer = packet[IPv6].payload
    while not isinstance(layer, NoPayload) and not isinstance(layer, IPv6):
        if isinstance(layer, IPv6ExtHdrRouting) and layer.type == 2:
            routing = layer.addresses[0]
        if isinstance(layer, IPv6ExtHdrDestOpt):
            home = next((o.hoa for o in layer.options if isinstance(o, HAO)), home)
        layer = layer.payload
    return routing, home
