#!/usr/bin/env python3
"""Print every frame on eth0 that comes from a MAC, or says "moat" in an echo, which is the last.

  listen.py MAC

What the guest sends by itself, answers of neighbour discovery and echoes, is left out.
"""
import socket
import sys

MINE = bytes.fromhex(sys.argv[1].replace(":", ""))
STRANGER = b"\x02\x00\x00\x00\x09\x09"


def is_honest(frame):
    kind = frame[12:14]
    if kind == b"\x08\x06":  # a question or answer about its own address
        return frame[22:28] == MINE and frame[28:32] == socket.inet_aton("10.1.0.2")
    if kind == b"\x86\xdd":  # reports of groups, and questions about routers and neighbours
        return frame[54:55] in (b"\x85", b"\x87", b"\x8f") or frame[20:21] == b"\0" and frame[62:63] == b"\x8f"
    return False


sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
sock.bind(("eth0", 0))
print("listening", flush=True)
while True:
    frame, address = sock.recvfrom(70000)
    if address[2] == 4:  # our own
        continue
    if b"moat" * 4 in frame:
        print("done", flush=True)
        break
    if frame[6:12] in (MINE, STRANGER) and not is_honest(frame):
        print(frame.hex(), flush=True)
