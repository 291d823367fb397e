"""Mobility header checksums of a capture (RFC 6275 6.1.1), which tshark shows but does not check.

Prints {"frame": n, "have": c, "want": c} for each wrong one and {"end": true, "checked": n} at last.
"""
import json
import sys

from scapy.all import *
from scapy.layers.inet6 import _MobilityHeader


def pseudo_header(layer, length):
    """RFC 8200 8.1, with the final destination of a type 2 routing header and the source of a Home Address option."""
    source = destination = None
    below = layer.underlayer
    while not isinstance(below, IPv6):
        if isinstance(below, IPv6ExtHdrRouting) and below.segleft and destination is None:
            destination = below.addresses[-1]
        if isinstance(below, IPv6ExtHdrDestOpt):
            for option in below.options:
                source = option.hoa if isinstance(option, HAO) else source
        below = below.underlayer
    source, destination = source or below.src, destination or below.dst
    return (
        inet_pton(socket.AF_INET6, source) + inet_pton(socket.AF_INET6, destination) + struct.pack("!II", length, 135)
    )


checked = 0
for number, packet in enumerate(PcapReader(sys.argv[1]), 1):
    layer = packet
    while layer and not isinstance(layer, NoPayload):
        if isinstance(layer, IPerror6):
            break  # what an ICMPv6 error quotes is not what was sent
        if isinstance(layer, _MobilityHeader):
            raw = bytes(layer)[: 8 * (layer.len + 1)]
            want = checksum(pseudo_header(layer, len(raw)) + raw[:4] + b"\0\0" + raw[6:])
            checked += 1
            if layer.cksum != want:
                print(json.dumps({"frame": number, "have": layer.cksum, "want": want}))
        layer = layer.payload
print(json.dumps({"end": True, "checked": checked}))
