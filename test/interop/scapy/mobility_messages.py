"""Writes one frame of every mobility message scapy knows into a capture: sys.argv[1]."""
import json
import sys

from scapy.all import *

conf.verb = 0
MN, HA, HOA = "2001:db8:2::9", "2001:db8:1::1", "2001:db8:1::9"


def frame(ip, payload):
    return Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / ip / payload


frames = [
    frame(IPv6(src=MN, dst=HA), IPv6ExtHdrDestOpt(options=[HAO(hoa=HOA)]) / MIP6MH_BU(seq=1, flags="AH", mhtime=10)),
    frame(IPv6(src=HA, dst=MN), IPv6ExtHdrRouting(type=2, segleft=1, addresses=[HOA]) / MIP6MH_BA(seq=1, mhtime=10)),
    frame(IPv6(src=HA, dst=HOA), MIP6MH_BRR()),
    frame(IPv6(src=MN, dst=HA), ICMPv6HAADRequest(id=7)),
    frame(IPv6(src=HA, dst=MN), ICMPv6HAADReply(id=7, addresses=[HA])),
    frame(IPv6(src=MN, dst=HA), IPv6ExtHdrDestOpt(options=[HAO(hoa=HOA)]) / ICMPv6MPSol(id=8)),
]
# The same Binding Update with a checksum that is wrong: the test of the tests.
broken = frames[0].copy()
broken[MIP6MH_BU].cksum = 0x1234
wrpcap(sys.argv[1], frames)
wrpcap(sys.argv[2], frames + [broken])
print(json.dumps({"frames": len(frames)}))
