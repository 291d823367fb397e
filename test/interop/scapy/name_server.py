"""A name server with one record: name_server.py ADDRESS NAME AAAA. Says "ready" and then each question's type and name."""

import json
import socket
import sys

from scapy.layers.dns import DNS, DNSRR

address, name, answer = sys.argv[1:4]
server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
server.bind((address, 53))
print(json.dumps({"ready": True}), flush=True)
while True:
    data, peer = server.recvfrom(2048)
    query = DNS(data)
    asked = query.qd.qname.decode().rstrip(".")
    print(json.dumps({"type": query.qd.qtype, "name": asked}), flush=True)
    known = asked == name
    records = DNSRR(rrname=query.qd.qname, type="AAAA", ttl=60, rdata=answer) if known and query.qd.qtype == 28 else None
    reply = DNS(id=query.id, qr=1, rd=query.rd, ra=1, rcode=0 if known else 3, qd=query.qd, an=records)
    server.sendto(bytes(reply), peer)
