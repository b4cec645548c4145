#!/usr/bin/env python3
"""Start moat-net as moatd does, and ask it.

  netctl.py start FOLDER [NAMESPACE]    NAMESPACE: a file that is an old one's namespace, or PID:FD, a tap in it
  netctl.py call FOLDER REQUEST…        each answer on a line; fails where one says no
  netctl.py hold FOLDER REQUEST         the same, and keeps what came along until it is killed
  netctl.py watch FOLDER                every event on a line
  netctl.py publish FOLDER ADDRESS PORT REQUEST [hold]
                                        with a socket that is bound there; hold: keep it, and end only
                                        when killed, as moatd would
"""
import ctypes
import json
import os
import signal
import socket
import sys

from hang import HANG

PACKET_MAX = 128 << 10


def open_namespace(text):
    if ":" not in text:
        return os.open(text, os.O_RDONLY)
    # A tap that was opened anew would be another one.
    pid, number = map(int, text.split(":"))
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(438, os.pidfd_open(pid), number, 0)  # pidfd_getfd
    if fd < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")
    return fd


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
        fds.append(open_namespace(namespace))
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
    conn.settimeout(HANG)
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


def bound(address, port, kind):
    """As moatd binds: :: without more is for both families."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, kind)
    if kind == socket.SOCK_STREAM:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, address != "::")
    sock.bind((address, int(port)))
    if kind == socket.SOCK_STREAM:
        sock.listen(4096)
    return sock


def publish(folder, address, port, request, hold_it=""):
    udp = json.loads(request)["protocol"] == "udp"
    sock = bound(address, port, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
    conn = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    while True:
        conn.settimeout(HANG)
        conn.connect(os.path.join(folder, "net.sock"))
        socket.send_fds(conn, [request.encode()], [sock.fileno()])
        answer = json.loads(conn.recv(PACKET_MAX))
        print(json.dumps(answer), flush=True)
        if not answer["ok"] or not hold_it:
            return 0 if answer["ok"] else 1
        # Published once more with every line.
        if not sys.stdin.readline():
            signal.pause()
        conn = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def watch(folder):
    conn, _, _ = ask(folder, '{"op":"watch"}')
    conn.settimeout(None)
    print("watching", flush=True)
    while text := conn.recv(PACKET_MAX):
        print(text.decode(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit({"start": start, "call": call, "hold": hold, "publish": publish, "watch": watch}[sys.argv[1]](*sys.argv[2:]))
