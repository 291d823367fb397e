"""A home agent made of Linux: the kernel tunnels and proxies, scapy answers the Binding Updates.

Arguments: DEVICE HOME-AGENT. Runs where the tunnels are. Prints {"ready": true}, then a line for each registration.
"""
import json
import subprocess
import sys

from scapy.all import *

conf.verb = 0
device, agent = sys.argv[1:]
capture = conf.L2socket(iface=device)
out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)


def ip(line, may_fail=False):
    done = subprocess.run(["ip", "-6"] + line.split(), capture_output=True, text=True)
    if done.returncode and not may_fail:
        print(json.dumps({"error": f"ip -6 {line}: {done.stderr.strip()}"}), flush=True)


bound = {}


def withdraw(home):
    bound.pop(home, None)
    ip("tunnel del mn", may_fail=True)
    ip(f"neigh del proxy {home} dev {device}", may_fail=True)


def bind(home, care_of):
    if bound.get(home) == care_of:
        return  # a renewal: the tunnel stays as it is
    withdraw(home)
    bound[home] = care_of
    ip(f"tunnel add mn mode ip6ip6 local {agent} remote {care_of} encaplimit none hoplimit 64")
    ip("link set mn up")
    ip(f"route replace {home}/128 dev mn")
    ip(f"neigh add proxy {home} dev {device}")


print(json.dumps({"ready": True}), flush=True)
while True:
    frame = Ether(capture.recv_raw()[1] or b"")
    if MIP6MH_BU not in frame or frame[IPv6].dst != agent:
        continue
    update, source = frame[MIP6MH_BU], frame[IPv6].src
    options = frame[IPv6ExtHdrDestOpt].options if IPv6ExtHdrDestOpt in frame else []
    home = next((o.hoa for o in options if isinstance(o, HAO)), source)
    care_of = next((o.acoa for o in update.options if isinstance(o, MIP6OptAltCoA)), source)
    leaves = update.mhtime == 0 or home == care_of
    if leaves:
        withdraw(home)
    else:
        bind(home, care_of)
    answer = IPv6(src=agent, dst=source)
    if home != source:
        answer /= IPv6ExtHdrRouting(type=2, segleft=1, addresses=[home])
    answer /= MIP6MH_BA(status=0, seq=update.seq, mhtime=update.mhtime, flags=0)
    out.sendto(bytes(answer), (source, 0))
    print(json.dumps({"home": home, "careOf": care_of, "sequence": update.seq, "lifetime": update.mhtime}), flush=True)
