"""A correspondent made of Linux: the kernel does Home Address option and type 2 routing header, scapy the return routability.

Arguments: DEVICE ADDRESS [doubtful]. Prints a line for each message. "doubtful": a first Binding Update is answered by an acknowledgement
with a wrong authenticator, the second with 138 (expired nonces); then as it should be.
"""
from return_routability import *

device, address = sys.argv[1:3]
doubts = 2 if "doubtful" in sys.argv else 0
node_key = os.urandom(20)
nonces = {index: os.urandom(8) for index in (6, 7)}
CURRENT = 7
bound = {}
held = keep_kernel_quiet()
capture = conf.L2socket(iface=device)


def answer(frame, packet):
    capture.send(Ether(src=frame.dst, dst=frame.src, type=0x86DD) / Raw(packet))


def ipv6(destination, next_header, payload):
    return bytes(IPv6(src=address, dst=destination, nh=next_header, hlim=64, plen=len(payload))) + payload


def test(frame, message, kind):
    """HoTI and CoTI: stateless, RFC 6275 9.4."""
    cookie = message.bytes[8:16]
    token = keygen_token(node_key, message.source, nonces[CURRENT], kind)
    body = struct.pack("!H", CURRENT) + cookie + token
    data = mobility_header(address, message.source, HOT if kind == 0 else COT, body)
    answer(frame, ipv6(message.source, MOBILITY, data))
    say(sent="HoT" if kind == 0 else "CoT", to=message.source, option=message.option)


def acknowledge(frame, message, key, status, wrong=0):
    home = message.home or message.source
    body = binding_acknowledgement(status, message.sequence, message.lifetime)
    data = authorized(address, home, BA, body, key, message.source, address, wrong)
    if message.option:
        answer(frame, ipv6(message.source, 43, routing_header(home, MOBILITY) + data))
    else:
        answer(frame, ipv6(home, MOBILITY, data))
    say(sent="BA", status=status, sequence=message.sequence, wrong=wrong)


def update(frame, message):
    global doubts
    home, care_of = message.home or message.source, message.source
    leaves = message.lifetime == 0
    home_index, care_of_index = message.indices
    known = home_index in nonces and (leaves or care_of_index in nonces)
    if not known:
        return say(refused="nonce index", indices=[home_index, care_of_index])
    home_token = keygen_token(node_key, home, nonces[home_index], 0)
    key = binding_key(home_token, b"" if leaves else keygen_token(node_key, care_of, nonces[care_of_index], 1))
    if not is_proved(message.bytes, key, home if leaves else care_of, address):
        return say(refused="authenticator")
    pseudo = packed(home) + packed(address)
    sum_ = checksum(pseudo + struct.pack("!II", len(message.bytes), MOBILITY) + message.bytes)
    if sum_ != 0:
        return say(refused="checksum")
    if doubts:
        doubts -= 1
        return acknowledge(frame, message, key, 0, wrong=1) if doubts else acknowledge(frame, message, key, 138)
    if home in bound:
        Kernel.ip(*Kernel.unroute(home, address, "in"))
        bound.pop(home)
    if not leaves:
        Kernel.ip(*Kernel.route(home, care_of, address, "in"))
        bound[home] = care_of
    acknowledge(frame, message, key, 0)
    say(bound=home, careOf=care_of, lifetime=message.lifetime, sequence=message.sequence)


say(ready=True)
while True:
    raw = capture.recv_raw()[1]
    if raw is None or len(raw) < 62 or raw[12:14] != b"\x86\xdd" or raw[38:54] != packed(address):
        continue
    message = Message(raw[14:])
    if message.kind is None or message.outer:
        continue
    frame = Ether(raw[:14])
    try:
        if message.kind in (HOTI, COTI):
            test(frame, message, 0 if message.kind == HOTI else 1)
        elif message.kind == BU:
            update(frame, message)
    except Exception as error:
        say(error=str(error))
