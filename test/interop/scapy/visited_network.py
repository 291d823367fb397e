"""A home agent and a correspondent behind the router of a visited network, played to one mobile node under test.

Arguments of the scripts that use this: DEVICE CONFIGURATION(JSON: {"home", "ha", "homePrefix", "application": [argv prefix]}).
One link is the visited network. A script asks for a mobile node that starts afresh by printing {"restart": true} and reads one
line when that was done.
"""
import subprocess

from station import *

config = json.loads(sys.argv[2])
HOME, HA = config["home"], config["ha"]
ROUTER, VISITED = "fe80::fe", "2001:db8:2::"
ROUTER2, VISITED2 = "fe80::fd", "2001:db8:3::"
CN = "2001:db8:9::c"
OTHER = "2001:db8:1::bad"
link = Link(sys.argv[1], [ROUTER, ROUTER2])


def advertise(router=ROUTER, prefix=VISITED, lifetime=1800, home_agent=False, address=None):
    ra = ICMPv6ND_RA(routerlifetime=lifetime, H=int(home_agent)) / ICMPv6NDOptSrcLLAddr(lladdr=MAC)
    ra /= ICMPv6NDOptPrefixInfo(
        prefixlen=64, L=1, A=1, R=int(address is not None), validlifetime=3600, preferredlifetime=1800, prefix=address or prefix
    )
    link.frame(Ether(src=MAC, dst="33:33:00:00:00:01") / IPv6(src=router, dst="ff02::1", hlim=255) / ra)


def restart():
    """The node starts afresh; the mark of before its first frame."""
    mark = link.mark()
    ask(restart=True)
    return mark


def is_update(frame):
    return MIP6MH_BU in frame


def flag(frame, name):
    return name in str(frame[MIP6MH_BU].flags)


def next_update(mark, timeout=6.0):
    frame = link.expect("Binding Update", is_update, mark, timeout)
    link.peer_mac = frame.src
    return frame


def after(frame):
    """The mark behind this frame."""
    with link.arrival:
        return next(i for i, f in enumerate(link.frames) if f is frame) + 1


def start(prefix=VISITED):
    """A fresh node that has seen our RA: its first Binding Update."""
    mark = restart()
    advertise(prefix=prefix)
    link.hooks[:] = [lambda f: advertise(prefix=prefix) if ICMPv6ND_RS in f else None]
    return next_update(mark)


def acknowledge(update, status=0, lifetime=None, seq=None, source=HA, home=HOME, segments=1, routing=True, options=()):
    coa, bu = update[IPv6].src, update[MIP6MH_BU]
    packet = IPv6(src=source, dst=coa)
    if routing:
        packet /= IPv6ExtHdrRouting(type=2, segleft=segments, addresses=[home])
    packet /= MIP6MH_BA(
        status=status,
        seq=bu.seq if seq is None else seq % 65536,
        mhtime=bu.mhtime if lifetime is None else lifetime,
        flags=0,
        options=list(options),
    )
    link.send(packet)


def newer(seq, than):
    return 0 < (seq - than) % 65536 < 32768


def registered(**how):
    update = start()
    acknowledge(update, **how)
    time.sleep(0.3)
    return update


def application_ping(count=1):
    argv = config["application"] + ["ping", "-6", "-c", str(count), "-i", "0.2", "-W", "1", CN]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def is_reverse_tunnel(coa):
    def match(frame):
        outer = frame[IPv6]
        if (outer.src, outer.dst, outer.nh) != (coa, HA, 41):
            return False
        return isinstance(outer.payload, IPv6) and (outer.payload.src, outer.payload.dst) == (HOME, CN)

    return match


def assert_bound(coa):
    mark = link.mark()
    ping = application_ping()
    frame = link.expect("tunnelled packet of the application", is_reverse_tunnel(coa), mark, 3)
    inner = frame[IPv6].payload
    request = inner[ICMPv6EchoRequest]
    reply = IPv6(src=CN, dst=HOME) / ICMPv6EchoReply(id=request.id, seq=request.seq, data=request.data)
    link.send(IPv6(src=HA, dst=coa) / reply)
    text = ping.communicate(timeout=5)[0]
    if ping.returncode != 0:
        raise Failed(f"the application got no answer: {text[-200:]}")


def assert_unbound(timeout=1.5):
    mark = link.mark()
    ping = application_ping()
    link.expect_none("packet of the application in a tunnel", lambda f: f[IPv6].nh == 41 and f[IPv6].dst == HA, mark, timeout)
    ping.communicate(timeout=5)


def in6_and(address):
    return inet_ntop(socket.AF_INET6, inet_pton(socket.AF_INET6, address)[:8] + bytes(8))


def come_home():
    """The link turns into the home link; the Binding Update that ends the binding. `leave_home` turns it back."""
    mark = link.mark()
    link.muted.add(ROUTER)
    link.owned.add(HA)
    link.hooks.clear()
    home = None
    deadline = time.monotonic() + 15
    while home is None and time.monotonic() < deadline:
        advertise("fe80::1", config["homePrefix"], home_agent=True, address=HA)
        home = link.wait(lambda f: is_update(f) and f[MIP6MH_BU].mhtime == 0, mark, 1.0)
    if home is None:
        raise Failed("no Binding Update with lifetime 0 within 15 s")
    return home


def leave_home():
    link.muted.discard(ROUTER)
    link.owned.discard(HA)


def home_address_claimed(frame):
    """The neighbour advertisement by which a node at home takes its address back, 11.5.5."""
    return ICMPv6ND_NA in frame and frame[ICMPv6ND_NA].tgt == HOME and frame[IPv6].dst == "ff02::1" and frame[ICMPv6ND_NA].O


def find_agent():
    """A fresh node's home agent address discovery request; the mark of before the first Binding Update."""
    mark = restart()
    advertise()
    link.hooks[:] = [lambda f: advertise() if ICMPv6ND_RS in f else None]
    request = link.expect("home agent address discovery request", lambda f: ICMPv6HAADRequest in f, mark, 6)
    link.peer_mac = request.src
    return request
