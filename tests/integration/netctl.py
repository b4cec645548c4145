#!/usr/bin/env python3
"""Start moat-net as moatd does, and ask it.

  netctl.py start FOLDER [NAMESPACE]    NAMESPACE: a file that leads to an old one's namespace
  netctl.py call FOLDER REQUEST…        each answer on a line; fails where one says no
  netctl.py hold FOLDER REQUEST         the same, and keeps what came along until it is killed
  netctl.py watch FOLDER                every event on a line
"""
import json
import os
import signal
import socket
import sys

PACKET_MAX = 128 << 10


def start(folder, namespace=None):
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, "net.sock")
    if os.path.exists(path):
        os.unlink(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(path)
    listening.listen(64)
    log = os.open(os.path.join(folder, "net.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    fds = [os.open(os.devnull, os.O_RDWR)] * 2 + [log, listening.fileno()]
    if namespace:
        fds.append(os.open(namespace, os.O_RDONLY))
    # Copies above all numbers they will have, so that none overwrites another.
    high = [os.dup2(fd, 100 + i) for i, fd in enumerate(fds)]
    if os.fork() > 0:
        return
    os.setsid()
    for number, fd in enumerate(high):
        os.dup2(fd, number, inheritable=True)
    os.closerange(len(high), 200)
    os.execv(os.path.join(os.environ["MOAT_BUILD"], "moat-net"), ["moat-net", folder])


def ask(folder, request):
    conn = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    conn.settimeout(60)
    conn.connect(os.path.join(folder, "net.sock"))
    conn.send(request.encode())
    text, fds, _, _ = socket.recv_fds(conn, PACKET_MAX, 1)
    return conn, json.loads(text) if text else {"ok": False, "error": "no answer"}, fds


def call(folder, *requests):
    fine = True
    for request in requests:
        _, answer, fds = ask(folder, request)
        print(json.dumps(answer), flush=True)
        fine = fine and answer["ok"]
        for fd in fds:
            os.close(fd)
    return 0 if fine else 1


def hold(folder, request):
    _, answer, _ = ask(folder, request)
    print(json.dumps(answer), flush=True)
    os.close(1)
    signal.pause()
    return 0


def watch(folder):
    conn, _, _ = ask(folder, '{"op":"watch"}')
    conn.settimeout(None)
    print("watching", flush=True)
    while text := conn.recv(PACKET_MAX):
        print(text.decode(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit({"start": start, "call": call, "hold": hold, "watch": watch}[sys.argv[1]](*sys.argv[2:]))
