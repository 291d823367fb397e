"""Mobile nodes, a correspondent and the router to everywhere else, played to one home agent under test.

Arguments of the scripts that use this: DEVICE CONFIGURATION(JSON: {"ha", "router", "correspondent", "listed": [...], "unlisted",
"foreign", "dad"}): the router and the correspondent have addresses on DEVICE's link; home addresses that the home agent lists, one
that it does not, one of another prefix.
"""
import itertools

from station import *

config = json.loads(sys.argv[2])
HA, UNLISTED, FOREIGN = config["ha"], config["unlisted"], config["foreign"]
homes = iter(config["listed"])
# A first registration waits for the home agent's duplicate address detection, RetransTimer 1 s and its random delay.
FIRST = 4.0 if config["dad"] else 2.0
ROUTER, CN = config["router"], config["correspondent"]
ROUTER_LL = "fe80::fe"
COA, COA2 = "2001:db8:2::9", "2001:db8:3::9"
link = Link(sys.argv[1], [ROUTER, ROUTER_LL, CN])


def binding_update(hoa, seq, flags="AH", lifetime=10, coa=COA, options=(), hao=True, source=None):
    packet = IPv6(src=source or coa, dst=HA)
    if hao:
        packet /= IPv6ExtHdrDestOpt(options=[HAO(hoa=hoa)])
    return packet / MIP6MH_BU(seq=seq, flags=flags, mhtime=lifetime, options=list(options))


def acknowledgement(frame):
    return MIP6MH_BA in frame


def exchange(packet, timeout=2.0):
    mark = link.mark()
    link.send(packet)
    return link.expect("Binding Acknowledgement", acknowledgement, mark, timeout)


def register(hoa, seq=1, timeout=None, want=0, **kind):
    """Sends a Binding Update and asserts what every acknowledgement must have; the frame."""
    frame = exchange(binding_update(hoa, seq, **kind), timeout or FIRST)
    routing, _ = header_chain(frame)
    equal("status", frame[MIP6MH_BA].status, want)
    equal("source", frame[IPv6].src, HA)
    equal("destination", frame[IPv6].dst, kind.get("source") or kind.get("coa", COA))
    equal("home address in the type 2 routing header", routing, hoa)
    return frame


def silence(packet, timeout=1.2):
    mark = link.mark()
    link.send(packet)
    link.expect_none("Binding Acknowledgement", acknowledgement, mark, timeout)


def ping(source, destination, data=b"sixfold!"):
    return IPv6(src=source, dst=destination, hlim=64) / ICMPv6EchoRequest(id=77, seq=next(serial), data=data)


serial = itertools.count(1)


def tunnelled(source, destination, coa):
    """Matches the home agent's tunnel packet to `coa` around an echo request."""

    def match(frame):
        outer = frame[IPv6]
        if (outer.src, outer.dst, outer.nh) != (HA, coa, 41):
            return False
        inner = outer.payload
        return isinstance(inner, IPv6) and (inner.src, inner.dst) == (source, destination)

    return match


def assert_bound(hoa, coa):
    mark = link.mark()
    link.send(ping(CN, hoa))
    return link.expect(f"tunnel packet to {coa}", tunnelled(CN, hoa, coa), mark)


def assert_unbound(hoa):
    mark = link.mark()
    link.send(ping(CN, hoa))
    link.expect_none("tunnel packet", lambda f: f[IPv6].nh == 41, mark)
