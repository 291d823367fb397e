"""Puts packets into a TUN device's user and takes out what it answers.

Arguments: DEVICE. Reads lines {"packet": hex, "marker": hex, "sign": hex}: sends the packet, then the marker, whose translation
contains the sign. Prints {"came": [hex ...]}: what came before that. Needs CAP_NET_RAW.
"""
import json
import socket
import sys
import time

device = sys.argv[1]
ALL, IP4, IP6, OUTGOING = 0x0003, 0x0800, 0x86DD, 4
link = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL))
link.bind((device, ALL))
link.settimeout(5)


def put(text):
    packet = bytes.fromhex(text)
    link.sendto(packet, (device, IP4 if packet[0] >> 4 == 4 else IP6))


print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    task = json.loads(line)
    put(task["packet"])
    put(task["marker"])
    came, sign = [], bytes.fromhex(task["sign"])
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            packet, address = link.recvfrom(65536)
        except socket.timeout:
            break
        if address[2] == OUTGOING:
            continue
        if sign in packet:
            print(json.dumps({"came": came}), flush=True)
            break
        came.append(packet.hex())
    else:
        print(json.dumps({"error": "the marker did not come back"}), flush=True)
