"""An application that knows nothing of anycast. Arguments: ADDRESS PORT; with port 0 every datagram goes out of a socket of its own.

A line {"to": [ADDRESS, PORT], "data": TEXT, "again": bool} is sent, again: out of the last socket; what comes is printed as {"from": ADDRESS, "port": PORT, "at": own port, "data": TEXT}.
"""
import json
import socket
import sys
import threading

ADDRESS, PORT = sys.argv[1], int(sys.argv[2])


def opened():
    one = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    one.bind((ADDRESS, PORT))
    threading.Thread(target=listen, args=[one], daemon=True).start()
    return one


def listen(one):
    at = one.getsockname()[1]
    while True:
        try:
            data, (source, port, *_) = one.recvfrom(65535)
        except OSError:  # an ICMPv6 error
            continue
        print(json.dumps({"from": source, "port": port, "at": at, "data": data.decode(errors="replace")}), flush=True)


server = opened() if PORT else None
print(json.dumps({"ready": True}), flush=True)
sockets = []
for line in sys.stdin:
    what = json.loads(line)
    if not server and not what.get("again"):
        sockets.append(opened())
    one = server or sockets[-1]
    one.sendto(what["data"].encode(), tuple(what["to"]))
