"""A home agent that speaks to a mobile node under ESP, RFC 3776: signalling in transport mode, data in a tunnel that follows the care-of
address.

Arguments: those of visited_network, and "control": path of the node's control socket, "signalling" and "data": rows of Peer.
"""
from associations import *
from visited_network import *

signalling, data = Peer(config["signalling"]), Peer(config["data"])
status = Status(config["control"])
state = {}


def next_protected(mark, timeout=6.0):
    frame = link.expect("protected Binding Update", lambda f: signalling.back.carries(f) and f[IPv6].dst == HA, mark, timeout)
    link.peer_mac = frame.src
    inside = signalling.back.open(frame)
    if MIP6MH_BU not in inside:
        raise Failed(f"inside is {inside.summary()}")
    return frame, inside[MIP6MH_BU]


def answer(coa, bu, home=HOME, checksum_of=None, **fields):
    body = struct.pack("!BBHH", 0, 0, fields.get("seq", bu.seq), bu.mhtime) + bytes([1, 2, 0, 0])
    packet = IPv6(src=HA, dst=coa) / IPv6ExtHdrRouting(type=2, segleft=1, addresses=[home], nh=135)
    return packet / Raw(mobility_header(HA, checksum_of or home, 6, body))


def refused(reason, packet):
    before = status.drops()
    link.send(packet)
    grown = status.since(before, 1)
    if grown.get(reason) != 1:
        raise Failed(f"counted {grown}, should be {reason}")


def first_update():
    mark = restart()
    advertise()
    link.hooks[:] = [lambda f: advertise() if ICMPv6ND_RS in f else None]
    mark = 0
    frame, bu = next_protected(mark, 10)
    coa = frame[IPv6].src
    equal("Home Address option in front of ESP", header_chain(frame)[1], HOME)
    if in6_and(coa) != VISITED:
        raise Failed(f"care-of address {coa} is not of {VISITED}/64")
    options = [o.acoa for o in bu.options if isinstance(o, MIP6OptAltCoA)]
    equal("alternate care-of address, 11.7.1", options, [coa])
    raw = bytes(bu)[: 8 * (bu.len + 1)]
    equal("mobility header with its checksum", raw.hex(), mobility_header(HOME, HA, 5, raw[6:], proto=raw[0]).hex())
    link.expect_none("Binding Update in clear", is_update, 0, 0.1)
    state.update(coa=coa, bu=bu, mark=after(frame))


def latest():
    """The newest Binding Update so far."""
    with link.arrival:
        frame = [f for f in link.frames if signalling.back.carries(f) and f[IPv6].dst == HA][-1]
    return signalling.back.open(frame)[MIP6MH_BU]


def in_clear():
    refused("POLICY_MISMATCH", answer(state["coa"], latest()))


def wrong_associations():
    coa = state["coa"]
    good = bytes(signalling.to.protect(answer(coa, latest())))
    refused("BAD_ICV", IPv6(good[:-1] + bytes([good[-1] ^ 1])))
    # To the home address an unknown SPI is the application's: nothing is counted, nothing registered.
    link.send(IPv6(good.replace(struct.pack("!I", signalling.to.spi), b"\xab\xcd\xef\x01")))
    # Another home address in the routing header: not an address of the node.
    refused("BAD_ROUTING_HEADER", signalling.to.protect(answer(coa, latest(), home=OTHER)))
    # No routing header: not for the home address.
    bare = IPv6(src=HA, dst=coa, nh=50) / Raw(bytes(signalling.to.protect(answer(coa, latest())))[64:])
    refused("POLICY_MISMATCH", bare)


def still_unbound():
    mark = link.mark()
    ping = application_ping()
    link.expect_none("data", lambda f: data.back.carries(f) and f[IPv6].dst == HA or f[IPv6].nh == 41, mark, 0.7)
    ping.communicate(timeout=5)


def acknowledged():
    link.send(signalling.to.protect(answer(state["coa"], latest())))
    deadline = time.monotonic() + 5
    while not status.ask()["tunnels"] and time.monotonic() < deadline:
        time.sleep(0.1)
    ask(registered=True)


def tunnel_to(coa):
    data.to.sa.tunnel_header = IPv6(src=HA, dst=coa, hlim=64)


def exchange():
    """An application's echo there and back; the frame that carried the request."""
    mark = link.mark()
    ping = application_ping()
    frame = link.expect("protected data", lambda f: data.back.carries(f) and f[IPv6].dst == HA, mark, 3)
    equal("source of the tunnel", frame[IPv6].src, state["coa"])
    inner = data.back.open(frame)
    equal("inside", (inner.src, inner.dst), (HOME, CN))
    request = inner[ICMPv6EchoRequest]
    tunnel_to(state["coa"])
    link.send(data.to.protect(IPv6(src=CN, dst=HOME) / ICMPv6EchoReply(id=request.id, seq=request.seq, data=request.data)))
    text = ping.communicate(timeout=5)[0]
    if ping.returncode != 0:
        raise Failed(f"the application got no answer: {text[-200:]}")


def data_in_clear():
    coa = state["coa"]
    inner = IPv6(src=CN, dst=HOME) / ICMPv6EchoRequest(id=4, seq=4)
    refused("POLICY_MISMATCH", IPv6(src=HA, dst=coa) / inner)
    tunnel_to(coa)
    good = bytes(data.to.protect(inner))
    refused("BAD_ICV", IPv6(good[:-1] + bytes([good[-1] ^ 1])))
    # The signalling's association around data.
    refused("POLICY_MISMATCH", signalling.to.protect(IPv6(src=HA, dst=coa) / inner))
    exchange()


for name, body in (
    ("the first Binding Update is under ESP, the Home Address option in front, its care-of address inside", first_update),
    ("an acknowledgement in clear is refused", in_clear),
    ("acknowledgements under no or another association are refused", wrong_associations),
    ("nothing of these registered it", still_unbound),
    ("the protected acknowledgement does", acknowledged),
    ("an application's data goes and comes in the ESP tunnel between care-of address and home agent", exchange),
    ("data in clear and under the wrong association is refused", data_in_clear),
):
    check(name, body)
say(end=True)
