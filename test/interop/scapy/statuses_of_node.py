"""Gives a mobile node every status that there is and some that there are not, RFC 6275 11.7.3.

Arguments: those of visited_network, and "discover": bool in the configuration. Prints {"refused": status}: how often did the node
tell its user that it was refused so, since it was started?
"""
from visited_network import *

# 6.1.8 and the registry: 140-143 are of RFC 3963, 144 to 176 of later ones, the others have no meaning yet.
ACCEPTED = (0, 1, 2, 127)
REFUSED = (128, 129, 130, 131, 132, 133, 134, 136, 137, 138, 139, 140, 141, 142, 143, 144, 150, 174, 255)


def accepted(status):
    def body():
        update = start()
        acknowledge(update, status=status)
        time.sleep(0.3)
        assert_bound(update[IPv6].src)

    return body


def asked_again(refusal):
    """The attempt after a refused one: newer, and not in a hurry (MAX_UPDATE_RATE)."""
    again = next_update(after(refusal), 6)
    gap = again.time - refusal.time
    if gap < 1.0:
        raise Failed(f"asked again {gap:.2f} s after the refused Binding Update")
    if not newer(again[MIP6MH_BU].seq, refusal[MIP6MH_BU].seq):
        raise Failed("the sequence is not newer")
    return again


def assert_refused(update, status, times=1):
    acknowledge(update, status=status)
    time.sleep(0.2)
    assert_unbound(0.8)
    equal(f"times that status {status} was told", ask(refused=status), times)
    again = asked_again(update)
    acknowledge(again)
    time.sleep(0.3)
    assert_bound(again[IPv6].src)
    return again


def refused(status):
    """A first registration and a renewal: no tunnel, the user is told, and the next attempt may succeed."""

    def body():
        again = assert_refused(start(), status)
        mark = link.mark()
        link.send(
            IPv6(src=HA, dst=again[IPv6].src) / IPv6ExtHdrRouting(type=2, segleft=1, addresses=[HOME]) / MIP6MH_BRR()
        )
        assert_refused(next_update(mark, 3), status, times=2)

    return body


def out_of_window():
    """135 names the last sequence number that the home agent took: the next one follows it, at once, but not in a circle."""
    update = start()
    acknowledge(update, status=135, seq=40000)
    again = next_update(after(update), 1.5)
    equal("next sequence", again[MIP6MH_BU].seq, 40001)
    acknowledge(again)
    time.sleep(0.3)
    assert_bound(again[IPv6].src)

    update = start()
    first, count = update.time, 0
    while count < 12:
        acknowledge(update, status=135, seq=update[MIP6MH_BU].seq + 1000)
        more = link.wait(is_update, after(update), 6.0)
        if more is None:
            break
        update, count = more, count + 1
    if update.time - first < count / 3 - 1:
        raise Failed(f"{count} Binding Updates in {update.time - first:.1f} s")
    return f"{count} more Binding Updates within {update.time - first:.1f} s of endless refusals"


def refused_at_home(status):
    """The home agent's last word on a deregistration: a node that has no binding is simply at home."""

    def body():
        registered()
        try:
            home = come_home()
            mark = link.mark()
            acknowledge(home, status=status, routing=False)
            link.expect("neighbour advertisement for the home address", home_address_claimed, mark)
        finally:
            leave_home()

    return body


def another_agent(status):
    """11.4.1: an agent that was found and refuses is left for the next of the list."""

    def body():
        request = find_agent()
        reply = ICMPv6HAADReply(id=request[ICMPv6HAADRequest].id, addresses=[HA, OTHER])
        link.send(IPv6(src=HA, dst=request[IPv6].src) / reply)
        update = next_update(after(request))
        equal("home agent asked first", update[IPv6].dst, HA)
        acknowledge(update, status=status)
        time.sleep(0.2)
        equal(f"times that status {status} was told", ask(refused=status), 1)
        again = asked_again(update)
        equal("home agent asked next", again[IPv6].dst, OTHER)
        acknowledge(again, source=OTHER)

    return body


CHECKS = [(f"status {status}: bound", accepted(status)) for status in ACCEPTED]
CHECKS += [(f"status {status}: no tunnel, told, asked again, bound", refused(status)) for status in REFUSED]
CHECKS += [("status 135: the sequence follows the home agent's", out_of_window)]
CHECKS += [(f"status {status} to a deregistration: at home", refused_at_home(status)) for status in (132, 133)]
if config["discover"]:
    CHECKS = [(f"status {status}: the next home agent of the list is asked", another_agent(status)) for status in (128, 129, 130, 131, 133)]

for name, body in CHECKS:
    check(name, body)
say(end=True)
