"""Has a home agent give every status of RFC 6275 6.1.8 that is a home agent's to give.

Arguments: those of mobile_nodes, "homeDevice" (a device on the home link, where nobody else is; everybody else is behind DEVICE),
"capacity" (bindings that the agent has room for) and "prefixUnits" (what the home prefix is advertised to live, in 4 s). Prints
{"unconfigured": true} and {"configured": true} to have the node be no home agent, and be one again that remembers nothing;
{"home": "down"} and {"home": "up"} for the home link.
"""
from mobile_nodes import *

# 136 to 138 are about nonces, which only correspondents give out (5.2.7).
AGENTS = {0, 1, 128, 129, 130, 131, 132, 133, 134, 135, 139}
seen = {}
neighbours = Link(config["homeDevice"])


def count_status(frame):
    if MIP6MH_BA in frame:
        seen[frame[MIP6MH_BA].status] = seen.get(frame[MIP6MH_BA].status, 0) + 1


link.hooks.append(count_status)


def refused(hoa, status, bound=None, **kind):
    """The refusal names the Binding Update's sequence and grants nothing; what was bound stays."""
    ba = register(hoa, want=status, **kind)[MIP6MH_BA]
    equal("lifetime", ba.mhtime, 0)
    if bound:
        assert_bound(hoa, bound)
    else:
        assert_unbound(hoa)
    return ba.seq


def accepted_and_short_of_prefix():
    hoa = next(homes)
    units = config["prefixUnits"]
    ba = register(hoa, 1, lifetime=units)[MIP6MH_BA]
    equal("lifetime", ba.mhtime, units)
    ba = register(hoa, 2, lifetime=units + 1, want=1)[MIP6MH_BA]
    equal("lifetime", ba.mhtime, units)
    assert_bound(hoa, COA)


def prohibited():
    equal("sequence", refused(UNLISTED, 129, seq=77), 77)


def not_home_subnet():
    equal("sequence", refused(FOREIGN, 132, seq=78), 78)


def not_home_agent_for_it():
    equal("sequence", refused(next(homes), 133, seq=79, lifetime=0), 79)


def duplicate():
    hoa = next(homes)

    def defend(frame):
        if ICMPv6ND_NS in frame and frame[IPv6].src == "::" and frame[ICMPv6ND_NS].tgt == hoa:
            neighbours.neighbour_advertisement(hoa, "ff02::1", solicited=0)

    neighbours.hooks.append(defend)
    try:
        equal("sequence", refused(hoa, 134, seq=80), 80)
    finally:
        neighbours.hooks.remove(defend)
    register(hoa, 81)


def sequence():
    hoa = next(homes)
    register(hoa, 500)
    equal("sequence in the refusal", refused(hoa, 135, COA, seq=500, coa=COA2), 500)
    equal("sequence in the refusal", refused(hoa, 135, COA, seq=40000, coa=COA2), 500)


def type_change():
    hoa = next(homes)
    register(hoa, 1)
    equal("sequence", refused(hoa, 139, COA, seq=2, flags="A", coa=COA2), 2)


def resources():
    """All rows are taken: who is bound may stay, renew, move and leave; who comes next is refused until somebody has left."""
    ask(configured=True)
    link.resolve(ROUTE_TO_AGENT, ROUTER)
    await_agent()
    room = config["capacity"]
    listed = config["listed"]
    mark = link.mark()
    for hoa in listed[:room]:
        link.send(binding_update(hoa, 1))
        time.sleep(0.02)
    deadline = time.monotonic() + 10
    accepted = lambda: sum(MIP6MH_BA in f and f[MIP6MH_BA].status == 0 for f in link.frames[mark:])
    while accepted() < room and time.monotonic() < deadline:
        time.sleep(0.1)
    equal("bindings made", accepted(), room)
    for hoa in listed[room:room + 3]:
        equal("sequence", refused(hoa, 130, seq=9), 9)
    for hoa in (listed[0], listed[room - 1]):
        register(hoa, 2, coa=COA2)
        assert_bound(hoa, COA2)
    register(listed[1], 2, lifetime=0)
    register(listed[room], 10)
    assert_bound(listed[room], COA)
    refused(listed[1], 130, seq=3)
    return f"{room} bindings"


def home_link_down():
    """The home agent cannot know whether a home address is free while its home link is down: the reason has no number of its own."""
    listed = config["listed"]
    register(listed[2], 2, lifetime=0)
    ask(home="down")
    try:
        refused(listed[2], 128, seq=3)
    finally:
        ask(home="up")
    await_agent()
    register(listed[2], 4)
    assert_bound(listed[2], COA)


def not_supported():
    ask(unconfigured=True)
    link.resolve(ROUTE_TO_AGENT, ROUTER)
    time.sleep(2.5)
    for hoa in (config["listed"][0], UNLISTED, FOREIGN):
        equal("sequence", refused(hoa, 131, seq=4711), 4711)
    silence(binding_update(config["listed"][0], 1, flags="A"))


def await_agent():
    """Until duplicate address detection of the agent's own address is over, on a link where nobody can be asked for it."""
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        mark = link.mark()
        link.send(ping(CN, HA))
        if link.wait(lambda f: ICMPv6EchoReply in f and f[IPv6].src == HA, mark, 0.5):
            return
    raise Failed("the home agent does not answer")


def all_given():
    missing = sorted(AGENTS - set(seen))
    if missing:
        raise Failed(f"never given: {missing}")
    other = sorted(set(seen) - AGENTS)
    if other:
        raise Failed(f"given, and not a home agent's to give: {other}")
    return ", ".join(f"{status}: {seen[status]}" for status in sorted(seen))


ROUTE_TO_AGENT = config["agentHere"]
CHECKS = [
    ("0 and 1: accepted, and accepted for as long as the home prefix lives", accepted_and_short_of_prefix),
    ("129 administratively prohibited: the home address is not listed", prohibited),
    ("132 not home subnet", not_home_subnet),
    ("133 not home agent for this mobile node: nothing to deregister", not_home_agent_for_it),
    ("134 duplicate address detection failed, and the next attempt is free to succeed", duplicate),
    ("135 sequence number out of window", sequence),
    ("139 registration type change disallowed", type_change),
    ("130 insufficient resources, with every row of the binding cache taken", resources),
    ("128 reason unspecified: the home link is down", home_link_down),
    ("131 home registration not supported: not configured to be a home agent", not_supported),
    ("all of a home agent's statuses were given, and no other", all_given),
]

link.resolve(ROUTE_TO_AGENT, ROUTER)
await_agent()
for name, body in CHECKS:
    check(name, body)
say(end=True)
