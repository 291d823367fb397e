"""A mobile node made of Linux: the kernel does Home Address option, type 2 routing header and the tunnel, scapy the signalling.

Arguments: DEVICE CONFIGURATION(JSON: {"home", "careOf", "other": another address here, "agent", "router",
"correspondent", "attacks": bool}). Registers at the home agent;
with "attacks" sends the correspondent what must make no binding, and checks so; then binds. Prints checks. One binding must stand at the
end.
"""
from return_routability import *

config = json.loads(sys.argv[2])
device = sys.argv[1]
HOME, COA, HA, CN = config["home"], config["careOf"], config["agent"], config["correspondent"]
OTHER = config["other"]
held = keep_kernel_quiet()


class Here:
    """Sends by the router, and keeps what mobility headers come."""

    def __init__(self):
        subprocess.run(["ping", "-6", "-c", "1", "-W", "3", config["router"]], capture_output=True)
        shown = subprocess.run(["ip", "-6", "-j", "neigh", "show", config["router"]], capture_output=True, text=True)
        self.router = next(row["lladdr"] for row in json.loads(shown.stdout) if "lladdr" in row)
        self.mac = get_if_hwaddr(device)
        self.socket = conf.L2socket(iface=device)
        self.messages = []
        self.arrival = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            raw = self.socket.recv_raw()[1]
            if raw is None or len(raw) < 62 or raw[12:14] != b"\x86\xdd" or raw[38:54] not in (packed(COA), packed(OTHER)):
                continue
            message = Message(raw[14:])
            if message.kind is None:
                continue
            with self.arrival:
                self.messages.append(message)
                self.arrival.notify_all()

    def send(self, packet):
        self.socket.send(Ether(src=self.mac, dst=self.router, type=0x86DD) / Raw(packet))

    def ask(self, packet, accept, timeout=3.0, tries=1):
        """Sends and waits for the first message that is accepted; None without one."""
        for _ in range(tries):
            mark = len(self.messages)
            self.send(packet)
            deadline = time.monotonic() + timeout
            with self.arrival:
                while True:
                    for message in self.messages[mark:]:
                        if accept(message):
                            return message
                    mark = len(self.messages)
                    left = deadline - time.monotonic()
                    if left <= 0:
                        break
                    self.arrival.wait(left)
        return None


def ipv6(source, destination, next_header, payload):
    return bytes(IPv6(src=source, dst=destination, nh=next_header, hlim=64, plen=len(payload))) + payload


def direct(data, care_of=COA, home=HOME):
    return ipv6(care_of, CN, 60, home_option(home, MOBILITY) + data)


def tunnelled(packet):
    return ipv6(COA, HA, IN_IPV6, packet)


here = Here()
cookies = {HOT: b"homecook", COT: b"careofck"}


def register():
    body = struct.pack("!HHH", 1, 0xC000, 60) + bytes([1, 2, 0, 0])
    packet = ipv6(COA, HA, 60, home_option(HOME, MOBILITY) + mobility_header(HOME, HA, BU, body))
    answer = here.ask(packet, lambda m: m.kind == BA and m.source == HA, timeout=2.5, tries=4)
    if answer is None:
        raise Failed("no acknowledgement of the home agent")
    equal("status", answer.status, 0)


def home_test(home=HOME):
    packet = ipv6(home, CN, MOBILITY, mobility_header(home, CN, HOTI, bytes(2) + cookies[HOT]))
    answer = here.ask(tunnelled(packet), lambda m: m.kind == HOT and m.outer == HA, tries=3)
    if answer is None:
        raise Failed("no Home Test through the home agent")
    equal("cookie", answer.bytes[8:16], cookies[HOT])
    return struct.unpack("!H", answer.bytes[6:8])[0], answer.bytes[16:24]


def care_of_test(source=COA):
    packet = ipv6(source, CN, MOBILITY, mobility_header(source, CN, COTI, bytes(2) + cookies[COT]))
    answer = here.ask(packet, lambda m: m.kind == COT and not m.outer, tries=3)
    if answer is None:
        raise Failed("no Care-of Test")
    equal("cookie", answer.bytes[8:16], cookies[COT])
    return struct.unpack("!H", answer.bytes[6:8])[0], answer.bytes[16:24]


def update(sequence, home, care_of, lifetime=20, wrong=0, indices=None, key=None, timeout=3.0):
    """A Binding Update from the tokens of both tests; its acknowledgement or None."""
    key = key or binding_key(home[1], care_of[1])
    body = binding_update(sequence, lifetime, *(indices or (home[0], care_of[0])))
    data = authorized(HOME, CN, BU, body, key, COA, CN, wrong)
    return here.ask(direct(data), lambda m: m.kind == BA and m.source == CN, timeout)


def unbound():
    """A Home Address option from here is refused by a Binding Error 1, RFC 6275 9.3.1."""
    echo = bytes(IPv6(src=HOME, dst=CN) / ICMPv6EchoRequest(id=7, seq=1))[40:]
    packet = ipv6(COA, CN, 60, home_option(HOME, 58) + echo)
    for _ in range(2):
        answer = here.ask(packet, lambda m: m.kind == BE, 1.0)
        if answer:
            equal("status of the Binding Error", answer.status, 1)
            return
    raise Failed("no Binding Error: is there a binding?")


def silence(answer):
    if answer is not None:
        raise Failed(f"an acknowledgement with status {answer.status}")
    unbound()


tokens = {}


def tests():
    tokens["home"], tokens["careOf"] = home_test(), care_of_test()


def wrong_authenticator():
    silence(update(1, tokens["home"], tokens["careOf"], wrong=1, timeout=0.7))


def of_another_address():
    """The token of another care-of address, tokens in each other's place, the home token alone."""
    silence(update(1, tokens["home"], care_of_test(OTHER), timeout=0.7))
    silence(update(1, tokens["careOf"], tokens["home"], timeout=0.7))
    silence(update(1, tokens["home"], tokens["home"], timeout=0.7))
    key = binding_key(tokens["home"][1])
    silence(update(1, tokens["home"], tokens["careOf"], key=key, timeout=0.7))


def without_proof():
    body = binding_update(1, 20, tokens["home"][0], tokens["careOf"][0]) + bytes([1, 4]) + bytes(4)
    for data in (mobility_header(HOME, CN, BU, body), mobility_header(HOME, CN, BU, body[:6] + bytes([1, 2, 0, 0]))):
        silence(here.ask(direct(data), lambda m: m.kind == BA, 0.7))


def old_nonces():
    """Status by which of both is not known: 136 home, 137 care-of, 138 both; no binding."""
    home, care_of = tokens["home"][0], tokens["careOf"][0]
    for indices, want in (
        ((home - 20 & 0xFFFF, care_of), 136),
        ((home, care_of - 20 & 0xFFFF), 137),
        ((home + 1 & 0xFFFF, care_of + 1 & 0xFFFF), 138),
    ):
        answer = update(1, tokens["home"], tokens["careOf"], indices=indices)
        if answer is None:
            raise Failed(f"no acknowledgement for nonce indices {indices}")
        equal(f"status for {indices}", answer.status, want)
        unbound()


def binds():
    answer = update(100, tokens["home"], tokens["careOf"])
    if answer is None:
        raise Failed("no acknowledgement")
    equal("status", answer.status, 0)
    equal("sequence", answer.sequence, 100)
    equal("type 2 routing header", answer.home, HOME)
    key = binding_key(tokens["home"][1], tokens["careOf"][1])
    if not is_proved(answer.bytes, key, COA, CN):
        raise Failed("the acknowledgement's authenticator is wrong")
    Kernel.ip(*Kernel.route(HOME, COA, CN, "out"))
    return f"lifetime {answer.lifetime * 4} s"


def old_sequence():
    for sequence in (100, 99, (100 + 32768) % 65536):
        answer = update(sequence, tokens["home"], tokens["careOf"])
        if answer is None:
            raise Failed(f"no acknowledgement for sequence {sequence}")
        equal(f"status for sequence {sequence}", answer.status, 135)
        equal("sequence that it names", answer.sequence, 100)


check("the home agent registers", register)
check("HoTI and CoTI are answered: by the home agent, and directly", tests)
if config["attacks"]:
    check("wrong authenticator: silence, no binding", wrong_authenticator)
    check("tokens of other addresses: silence, no binding", of_another_address)
    check("no authorization data: silence, no binding", without_proof)
    check("nonce indices that are not known: 136, 137, 138, no binding", old_nonces)
check("a Binding Update with the right authenticator is accepted, its acknowledgement proved", binds)
if config["attacks"]:
    check("sequence numbers that are not newer: 135", old_sequence)
say(end=True)
