"""Plays every impostor of docs/anycast-identifier.md 7 against live nodes; from the document, not from our code, and without a key.

Arguments: CONFIGURATION(JSON):
  links: name -> {device, own: an address of the impostor there, via: the router there}; the link "client" is where C is,
         "server" where U is: there it sees everything
  unicast: U;  port: of the server;  clients: [C, a client in the servers' network];  router: where U registers
A line {"play": NAME, "anycast": S, "asked": the port of the genuine request, ...} is answered by {"played": NAME, "packets": how many, "hex":
the first ones}; {"error": text} if it cannot be done.
"""
from anycast_packets import *

config = json.loads(sys.argv[1])
U, CLIENTS, ROUTER = config["unicast"], config["clients"], config.get("router")
S = None
ASKED = None
LINKS = {name: Link(of["device"], [of["own"]]) for name, of in config["links"].items()}
PLAYS = {}
kept = b""
macs = {}
sent = []


def play(body):
    PLAYS[body.__name__.replace("_", "-")] = body
    return body


def mac_of(link, address):
    if (link, address) not in macs:
        LINKS[link].resolve(address, config["links"][link]["own"])
        macs[link, address] = LINKS[link].peer_mac
    return macs[link, address]


def send(link, raw, to=None):
    """Onto a link: to its router, or straight to an address on it."""
    mac = mac_of(link, to or config["links"][link]["via"])
    sent.append(raw)
    LINKS[link].frame(Ether(src=MAC, dst=mac, type=0x86DD) / Raw(raw))


def sniffed(link, what, accept, timeout=2.0):
    """All datagrams on a link that fit, oldest first; waits for one."""
    fits = lambda frame: (lambda one: one is not None and accept(one))(seen(frame))
    if LINKS[link].wait(fits, 0, timeout) is None:
        raise Failed(f"{what} was not seen on link {link}")
    with LINKS[link].arrival:
        every = [seen(frame) for frame in LINKS[link].frames]
    return [one for one in every if one is not None and accept(one)]


def request(client=0, link="client"):
    """The genuine request that is asked about."""
    if client == 1:
        link = "server"
    genuine = lambda d: d.source == CLIENTS[client] and d.destination == S and d.sport == ASKED
    return sniffed(link, "a request", genuine)[-1]


def answers(client=0):
    """Genuine answers as they left U, to requests of S, oldest first."""
    genuine = lambda d: d.source == U and d.destination == CLIENTS[client] and d.head[8:24] == ip6(S)
    return sniffed("server", "an answer", genuine)


def answered():
    """The genuine answer to the request that is asked about."""
    genuine = lambda d: d.source == U and d.destination == CLIENTS[0] and d.dport == ASKED
    return sniffed("server", "an answer", genuine)[-1]


HEADS = {
    "none": lambda asked: b"",
    "plain": lambda asked: identifier(PLAIN, S),
    "other": lambda asked: identifier(PLAIN, S[:-1] + "7"),
    # An unknown option that holds one with an identifier.
    "nested": lambda asked: bytes([UDP_, 3, 0x1D, 28]) + identifier(PLAIN, S)[2:] + bytes(6),
    "stale": lambda asked: identifier(AUTHENTICATED, S, asked.key, bytes(8), GUESS),
    "guessed": lambda asked: identifier(AUTHENTICATED, S, asked.key, asked.nonce, GUESS),
    "unknown": lambda asked: identifier(AUTHENTICATED, S, asked.key + 1, asked.nonce, GUESS),
}


def head_of(kind, client):
    """The header that an impostor puts in front of its answer."""
    return answers(client)[-1].head if kind == "recorded" else HEADS[kind](request(client))


# ---------------------------------------------------------------- false answers


@play
def answer(link, source, identifier, data, client=0, port="right", direct=False):
    """One false answer. source: own, U, S; identifier: see head_of; direct: to the client itself, not by way of the router."""
    asked = request(client)
    src = {"own": config["links"][link]["own"], "U": U, "S": S}[source]
    dport = asked.sport + (0 if port == "right" else 1)
    upper = udp(src, CLIENTS[client], asked.dport, dport, data.encode())
    raw = packet(src, CLIENTS[client], upper, head_of(identifier, client))
    send(link, raw, CLIENTS[client] if direct else None)


@play
def echo_answer(source, identifier):
    """A false Echo Reply to the newest Echo Request, straight to the client."""
    asks = lambda d: d.protocol == ICMP and d.source == CLIENTS[0] and d.destination == S and d.upper[0] == 128
    asked = sniffed("client", "an Echo Request", asks)[-1]
    src = {"own": config["links"]["client"]["own"], "U": U, "S": S}[source]
    head = {"none": b"", "plain": HEADS["plain"](asked), "guessed": HEADS["guessed"](asked)}[identifier]
    head = head and bytes([ICMP]) + head[1:]
    upper = echo(src, CLIENTS[0], 129, asked.sport, asked.dport, asked.data)
    send("client", packet(src, CLIENTS[0], upper, head, protocol=ICMP), CLIENTS[0])


@play
def repeat_echo():
    """The newest genuine Echo Reply."""
    genuine = lambda d: d.protocol == ICMP and d.source == U and d.destination == CLIENTS[0]
    send("client", sniffed("server", "an Echo Reply", genuine)[-1].raw, CLIENTS[0])


@play
def flood(count, data):
    """So many answers with guessed nonces and authenticators, straight to the client."""
    asked = request()
    own = config["links"]["client"]["own"]
    upper = udp(own, CLIENTS[0], asked.dport, asked.sport, data.encode())
    for n in range(count):
        nonce = asked.nonce if n % 2 else struct.pack("!Q", n)
        send("client", packet(own, CLIENTS[0], upper, identifier(AUTHENTICATED, S, asked.key, nonce, GUESS)), CLIENTS[0])


@play
def repeat(own=False):
    """A genuine answer as it was, straight to the client: the newest, or the one to the request that is asked about."""
    send("client", (answered() if own else answers()[-1]).raw, CLIENTS[0])


@play
def alter(change, data=""):
    """A genuine answer that the impostor has kept from arriving (it is on path), with one thing changed, checksums right."""
    last = answered()
    src, head, body, dport = U, bytearray(last.head), last.data, last.dport
    if change == "source":
        src = config["links"]["client"]["own"]
    elif change == "payload":
        body = data.encode()
    elif change == "port":
        dport += 1
    else:
        at, value = {"nonce": (24, 1), "proof": (32, 1), "last of the proof": (47, 1), "key": (7, 2), "anycast": (23, 4)}[change]
        head[at] ^= value
    send("client", packet(src, CLIENTS[0], udp(src, CLIENTS[0], last.sport, dport, body), bytes(head)), CLIENTS[0])


@play
def flips(begin, end):
    """The withheld genuine answer, once for every bit of bytes begin to end-1 of the packet, that bit turned over."""
    last = answered().raw
    stop = min(end, len(last)) * 8
    for bit in range(begin * 8, stop):
        send("client", flip(last, bit), CLIENTS[0])
        if bit % 32 == 31:
            time.sleep(0.01)


@play
def cuts():
    """The withheld genuine answer, cut short at every length, its payload length right."""
    last = answered().raw
    for size in range(40, len(last)):
        send("client", last[:4] + struct.pack("!H", size - 40) + last[6:size], CLIENTS[0])
        if size % 8 == 0:
            time.sleep(0.01)


@play
def malformed_answer(link, which, data, source="own"):
    """A false answer with one of the headers of `malformed`, of the form that is asked for."""
    asked = request()
    src = {"own": config["links"][link]["own"], "U": U}[source]
    first, headers = malformed(HEADS["guessed" if asked.key else "plain"](asked))[which]
    upper = udp(src, CLIENTS[0], asked.dport, asked.sport, data.encode())
    send(link, packet(src, CLIENTS[0], upper, headers, first), CLIENTS[0] if link == "client" else None)


@play
def strange_answer(link, which, data):
    """A false answer that is made to slip through."""
    cases = strange(config["links"][link]["own"], request(), data.encode(), S, U)
    for raw in cases[which]:
        send(link, raw, CLIENTS[0] if link == "client" else None)


@play
def stray(link, source, data):
    """A datagram to the client with any source, no identifier."""
    asked = request()
    send(link, packet(source, CLIENTS[0], udp(source, CLIENTS[0], asked.dport, asked.sport, data.encode())))


@play
def fragmented_answer(link, data, first="headers"):
    """A false answer in two fragments; `first`: what the first one holds: all headers, or only half of the chain (RFC 7112)."""
    asked = request()
    src = config["links"][link]["own"]
    head = identifier(PLAIN, S)
    whole = head + udp(src, CLIENTS[0], asked.dport, asked.sport, data.encode() * 4)
    cut = len(head) + 16 if first == "headers" else len(head) - 8
    ident = int(time.monotonic() * 1000) & 0xFFFFFFFF
    for offset, more, part in ((0, 1, whole[:cut]), (cut, 0, whole[cut:])):
        header = struct.pack("!BBHI", DEST, 0, offset | more, ident)
        send(link, packet(src, CLIENTS[0], part, header, FRAGMENT), CLIENTS[0] if link == "client" else None)


# ---------------------------------------------------------------- false requests, straight to the server


def ask_server(raw):
    send("server", raw, U)


@play
def malformed_request(which, data):
    own = config["links"]["server"]["own"]
    good = identifier(REQUEST, key=7, nonce=bytes(range(8)), proof=GUESS)
    first, headers = malformed(good)[which]
    ask_server(packet(own, S, udp(own, S, 40001, config["port"], data.encode()), headers, first))


@play
def forged_request(how, data):
    """A request that no key has made: of the client if that is possible, else of the impostor."""
    own = config["links"]["server"]["own"]
    port = config["port"]
    if how in ("form 1", "form 2"):
        head = identifier(PLAIN, S) if how == "form 1" else identifier(AUTHENTICATED, S, 7, bytes(8), GUESS)
        return ask_server(packet(own, S, udp(own, S, 40001, port, data.encode()), head))
    asked = request()
    spoofed = lambda head, body: packet(asked.source, S, udp(asked.source, S, asked.sport, asked.dport, body), head)
    if how == "key id":
        head = identifier(REQUEST, key=asked.key + 1, nonce=asked.nonce, proof=asked.head[16:32])
        return ask_server(spoofed(head, asked.data))
    if how == "wrong key":
        return ask_server(spoofed(identifier(REQUEST, key=asked.key, nonce=asked.nonce, proof=GUESS), asked.data))
    if how == "authenticator of another request":
        return ask_server(spoofed(asked.head, data.encode()))
    if how == "another's":
        return ask_server(packet(own, S, udp(own, S, asked.sport, asked.dport, asked.data), asked.head))
    if how == "plain":
        return ask_server(spoofed(b"", data.encode()))
    if how == "replayed":
        return ask_server(asked.raw)
    raise Failed(f"no forged request {how}")


@play
def request_flips(begin, end):
    """The newest genuine request with every bit of bytes begin to end-1 turned over, straight to the server."""
    asked = request()
    for bit in range(begin * 8, min(end, len(asked.raw)) * 8):
        ask_server(flip(asked.raw, bit))
        if bit % 32 == 31:
            time.sleep(0.01)


# ---------------------------------------------------------------- registration


def registers(timeout=2.0):
    """Genuine REGISTER messages, oldest first."""
    right = lambda d: d.source == U and d.destination == ROUTER and d.dport == REGISTRATION and len(d.data) == 64
    return sniffed("server", "a REGISTER", right, timeout)


def replies():
    right = lambda d: d.source == ROUTER and d.destination == U and d.sport == REGISTRATION and len(d.data) == 64
    return sniffed("server", "a reply", right)


def register(link, message, source=U, port=REGISTRATION, hops=64):
    raw = packet(source, ROUTER, udp(source, ROUTER, port, REGISTRATION, message), hops=hops)
    send(link, raw, ROUTER if link == "server" else None)


@play
def registration_message(how, link="server"):
    asked = registers()[-1].data
    own = config["links"][link]["own"]
    later = struct.pack("!Q", struct.unpack("!Q", asked[8:16])[0] + 1)
    messages = {
        "replayed": asked,
        "kept": kept,
        "from outside": asked,
        "behind another port": asked,
        "hop limit 65": asked,
        "hop limit 1": asked,
        "source port": asked,
        "oldest": registers()[0].data,
        "own address": asked,
        "forged": registration(asked, sequence=later, proof=GUESS),
        "another number": registration(asked, sequence=later),
        "taken away": registration(asked, sequence=later, lifetime=b"\0\0"),
        "longer lifetime": registration(asked, lifetime=b"\x0e\x10"),
        "cheaper": registration(asked, cost=b"\0"),
        "another S": registration(asked, anycast=ip6(U)),
        "key id": registration(asked, key=b"\x7f\xff"),
        "key id 0": registration(asked, key=b"\0\0"),
        "version 2": registration(asked, version=b"\2"),
        "type 3": registration(asked, type=b"\3"),
        "a reply": replies()[-1].data,
        "63 bytes": asked[:63],
        "65 bytes": asked + b"\0",
        "no byte": b"",
    }
    port = REGISTRATION + (how == "source port")
    hops = int(how.split()[-1]) if how.startswith("hop limit") else 64
    register(link, messages[how], own if how == "own address" else U, port, hops)


@play
def withdrawal():
    """The newest REGISTER with lifetime 0, once more."""
    gone = [one for one in registers() if one.data[4:6] == b"\0\0"]
    if not gone:
        raise Failed("no REGISTER with lifetime 0 was seen")
    register("server", gone[-1].data)


@play
def keep_registration():
    """The newest REGISTER, for later."""
    global kept
    kept = registers()[-1].data


@play
def register_flips():
    asked = registers()[-1].data
    for bit in range(64 * 8):
        register("server", flip(asked, bit))
        if bit % 32 == 31:
            time.sleep(0.01)


@play
def false_reply(how):
    """To the server, as if from its router."""
    last = replies()[-1].data
    message = {"replayed": last, "forged": registration(last, cost=b"\4"), "refused": registration(last, cost=b"\3", proof=GUESS)}[how]
    send("server", packet(ROUTER, U, udp(ROUTER, U, REGISTRATION, REGISTRATION, message)), U)


# ---------------------------------------------------------------- the suite's side


@play
def names():
    """Which malformed headers and strange answers there are."""
    asked = Seen(packet(U, U, udp(U, U, 1, 2, b"")))
    answers, requests = identifier(PLAIN, U), identifier(REQUEST, key=1, nonce=bytes(8), proof=GUESS)
    say(answers=list(malformed(answers)), requests=list(malformed(requests)), strange=list(strange(U, asked, b"", U, U)))


say(ready=True)
for line in sys.stdin:
    command = json.loads(line)
    name, S, ASKED = command.pop("play"), command.pop("anycast", None), command.pop("asked", None)
    sent.clear()
    try:
        PLAYS[name](**command)
        say(played=name, packets=len(sent), hex=[raw.hex() for raw in sent[:2]])
    except Exception as error:
        say(error=f"{name} {command}: {type(error).__name__}: {error}")
