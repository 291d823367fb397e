"""A Linux tunnel end point registers with a home agent: Linux does the tunnel, scapy speaks for it.

Arguments: DEVICE HOME-ADDRESS HOME-AGENT CARE-OF-ADDRESS SEQUENCE LIFETIME(4 s). Runs where the end point is.
Prints {"status", "lifetime"} of the acknowledgement.
"""
import json
import sys
import time

from scapy.all import *

conf.verb = 0
device, home, agent, care_of, sequence, lifetime = sys.argv[1:]
capture = conf.L2socket(iface=device)
out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
update = MIP6MH_BU(seq=int(sequence), flags="AH", mhtime=int(lifetime))
packet = IPv6(src=care_of, dst=agent) / IPv6ExtHdrDestOpt(options=[HAO(hoa=home)]) / update
for _ in range(4):
    out.sendto(bytes(packet), (agent, 0))
    deadline = time.monotonic() + 2.5
    while time.monotonic() < deadline:
        if not select.select([capture], [], [], deadline - time.monotonic())[0]:
            break
        frame = Ether(capture.recv_raw()[1] or b"")
        if MIP6MH_BA in frame and frame[IPv6].src == agent:
            ba = frame[MIP6MH_BA]
            print(json.dumps({"status": ba.status, "lifetime": ba.mhtime, "sequence": ba.seq}))
            sys.exit(0)
print(json.dumps({"error": "no Binding Acknowledgement"}))
sys.exit(1)
