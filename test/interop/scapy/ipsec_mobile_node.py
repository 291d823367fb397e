"""Mobile nodes that speak to a home agent under ESP or AH, RFC 3776; and those that only say so.

Arguments: those of mobile_nodes, and "control": path of the node's control socket, "peers": rows of Peer, one a home address of "listed"
(in this order), "bare": a listed home address that no policy names. BU and BA have the Home Address option and the type 2 routing header in
front of ESP, as RFC 3776 3.1 wants.
"""
from associations import *
from mobile_nodes import *

peers = {row["remote"]: Peer(row) for row in config["peers"]}
status = Status(config["control"])
fresh = iter([hoa for hoa, peer in peers.items() if peer.name not in config["exchanges"]])


def update(hoa, sequence, coa=COA, source=None, lifetime=10, checksum_of=None):
    """The mobility header is made as bytes: its checksum must be that of the home address, whatever is around it."""
    body = struct.pack("!HHH", sequence, 0xC000, lifetime) + bytes([1, 0, 3, 16]) + inet_pton(socket.AF_INET6, coa)
    data = mobility_header(checksum_of or hoa, HA, 5, body + bytes(-(len(body) + 6) % 8))
    return IPv6(src=source or coa, dst=HA) / IPv6ExtHdrDestOpt(options=[HAO(hoa=hoa)], nh=135) / Raw(data)


def acknowledged(peer, packet, timeout=FIRST):
    mark = link.mark()
    link.send(packet)
    frame = link.expect("protected acknowledgement", lambda f: f.src == link.peer_mac and peer.back.carries(f), mark, timeout)
    routing, _ = header_chain(frame)
    equal("home address in front of the protection", routing, peer.here)
    inside = peer.back.open(frame)
    if MIP6MH_BA not in inside:
        raise Failed(f"inside is {inside.summary()}")
    return frame, inside[MIP6MH_BA]


def registers(hoa, sequence=1, **how):
    peer = peers[hoa]
    frame, ba = acknowledged(peer, peer.to.protect(update(hoa, sequence, **how)))
    equal("status", ba.status, 0)
    equal("sequence", ba.seq, sequence)
    equal("destination", frame[IPv6].dst, how.get("source") or how.get("coa", COA))
    return ba


def refused(reason, packet):
    before = status.drops()
    mark = link.mark()
    link.send(packet)
    equal("what was counted", status.since(before, 1), {reason: 1})
    link.expect_none("answer", lambda f: f[IPv6].dst in (COA, COA2) and f.src == link.peer_mac, mark, 0.2)


def accepted(hoa):
    def body():
        registers(hoa)
        assert_bound(hoa, COA)
        registers(hoa, 2, coa=COA2)
        assert_bound(hoa, COA2)
        registers(hoa, 3, coa=COA2, lifetime=0)
        assert_unbound(hoa)

    return body


def in_clear():
    hoa = next(fresh)
    refused("POLICY_MISMATCH", update(hoa, 1))
    assert_unbound(hoa)
    refused("BU_NOT_ALLOWED", update(config["bare"], 1))
    assert_unbound(config["bare"])
    registers(hoa, 1)
    refused("POLICY_MISMATCH", update(hoa, 2, coa=COA2))
    assert_bound(hoa, COA)


def wrong_association():
    hoa, other = next(fresh), next(fresh)
    refused("POLICY_MISMATCH", peers[other].to.protect(update(hoa, 1)))
    refused("POLICY_MISMATCH", peers[other].to.protect(update(config["bare"], 1)))
    for home in (hoa, other, config["bare"]):
        assert_unbound(home)


def wrong_home_address():
    """ESP does not cover what lies in front of it: whose update it is, the association says."""
    hoa, other = next(fresh), next(fresh)
    refused("POLICY_MISMATCH", peers[hoa].to.protect(update(other, 1, checksum_of=hoa)))
    whole = bytes(peers[hoa].to.protect(update(hoa, 1)))
    refused("POLICY_MISMATCH", IPv6(whole.replace(inet_pton(socket.AF_INET6, hoa), inet_pton(socket.AF_INET6, other))))
    bare = IPv6(src=COA, dst=HA, nh=50) / Raw(bytes(peers[hoa].to.protect(update(hoa, 1)))[64:])
    refused("POLICY_MISMATCH", bare)
    for home in (hoa, other):
        assert_unbound(home)
    registers(hoa)


def changed_on_the_way():
    """The source address is not covered either: the care-of address is that of the option inside."""
    hoa = next(fresh)
    registers(hoa, 1, source=COA2)
    assert_bound(hoa, COA)


def repeated():
    hoa = next(fresh)
    peer = peers[hoa]
    first = peer.to.protect(update(hoa, 1))
    acknowledged(peer, first)
    refused("REPLAYED", first)
    forged = bytearray(bytes(peer.to.protect(update(hoa, 2, coa=COA2))))
    forged[-1] ^= 1
    refused("BAD_ICV", IPv6(bytes(forged)))
    assert_bound(hoa, COA)
    _, ba = acknowledged(peer, peer.to.protect(update(hoa, 1, coa=COA2)))
    equal("status for a used sequence number in a fresh packet", ba.status, 135)
    assert_bound(hoa, COA)


link.resolve(HA, CN)
for hoa, peer in peers.items():
    if peer.name in config["exchanges"]:
        check(f"{peer.name}: registers, moves, leaves", accepted(hoa))
for name, body in (
    ("a Binding Update in clear: refused, with a policy and without", in_clear),
    ("under another mobile node's association: refused", wrong_association),
    ("for another home address than the association's, for none: refused", wrong_home_address),
    ("RFC 6275 11.7.1 the care-of address is that under protection", changed_on_the_way),
    ("a replay, a forgery, a used sequence number", repeated),
):
    check(name, body)
say(end=True)
