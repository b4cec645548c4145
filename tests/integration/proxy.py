#!/usr/bin/env python3
"""Clients and services of published ports.

  proxy.py short ADDRESS PORT N         N connections one after the other; each asks and is answered
  proxy.py datagram ADDRESS PORT [FROM] what is answered to a datagram
  proxy.py crowd ADDRESS PORT N         N UDP clients at once, each gets its own answers
  proxy.py whole ADDRESS PORT BYTES     sends so much, ends its side, and reads until the end
  proxy.py marked ADDRESS PORT MARK     what comes, if the host's routes see this mark (SO_MARK)
  proxy.py reset ADDRESS PORT           how a connection ends: "end" or "reset"
  proxy.py websocket ADDRESS PORT       upgrades a connection and has messages echoed
  proxy.py serve-echo PORT              TCP and UDP: sends back what comes, on both families
  proxy.py serve-reset PORT             resets a connection once it is there
  proxy.py serve-whole PORT             reads until the end, then says how much it was
  proxy.py serve-peer PORT [FILE]       says who asks, by TCP and UDP, on both families; listens once there is the file
  proxy.py serve-websocket PORT         echoes messages
"""
import base64
import hashlib
import os
import selectors
import socket
import struct
import sys
import time

from hang import HANG

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def connect(address, port):
    return socket.create_connection((address, int(port)), timeout=HANG)


def read_all(sock):
    """To the end.  Many pieces are put together once: each time, that would take the square of the time."""
    return b"".join(iter(lambda: sock.recv(1 << 16), b""))


def short(address, port, n):
    for i in range(int(n)):
        with connect(address, port) as sock:
            sock.sendall(b"ask %d" % i)
            sock.shutdown(socket.SHUT_WR)
            assert read_all(sock) == b"ask %d" % i
    print("all answered")


def datagram_socket(address):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(0.2)
    return sock


def datagram(address, port, source=0):
    sock = datagram_socket(address)
    sock.bind(("", int(source)))
    sock.connect((address, int(port)))
    sock.send(b"who")
    print(await_answer(sock, b"who").decode(), end="")


def crowd(address, port, n):
    clients = [datagram_socket(address) for _ in range(int(n))]
    for sock in clients:
        sock.connect((address, int(port)))
    for turn in range(3):
        for k, sock in enumerate(clients):
            sock.send(b"%d %d" % (k, turn))
        for k, sock in enumerate(clients):
            await_own(sock, b"%d %d" % (k, turn))
    print("each its own")


def await_answer(sock, what):
    """Datagrams may be lost, and are sent again then; answers to those come late, and twice."""
    deadline = time.monotonic() + HANG
    while time.monotonic() < deadline:
        try:
            return sock.recv(100)
        except (TimeoutError, ConnectionRefusedError):
            sock.send(what)
    raise AssertionError(f"no answer to {what}")


def await_own(sock, what):
    while (got := await_answer(sock, what)) != what:
        assert got.split()[0] == what.split()[0], (what, got)


def whole(address, port, size):
    with connect(address, port) as sock:
        sock.sendall(bytes(int(size)))
        sock.shutdown(socket.SHUT_WR)
        print(read_all(sock).decode())


def marked(address, port, mark):
    with socket.socket() as sock:
        sock.settimeout(HANG)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, int(mark))
        sock.connect((address, int(port)))
        sock.shutdown(socket.SHUT_WR)
        print(read_all(sock).decode(), end="")


def reset(address, port):
    try:
        with connect(address, port) as sock:
            read_all(sock)
        print("end")
    except ConnectionResetError:
        print("reset")


def frame(payload, mask):
    head = bytes([0x81])
    length = len(payload)
    bits = 0x80 if mask else 0
    head += bytes([bits | length]) if length < 126 else bytes([bits | 126]) + struct.pack(">H", length)
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))


def read_exact(sock, n):
    data = b""
    while len(data) < n:
        chunk = sock.recv(n - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


def read_frame(sock):
    _, second = read_exact(sock, 2)
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack(">H", read_exact(sock, 2))
    key = read_exact(sock, 4) if second & 0x80 else bytes(4)
    return bytes(b ^ key[i % 4] for i, b in enumerate(read_exact(sock, length)))


def accept_key(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def read_head(sock):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += read_exact(sock, 1)
    return dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)


def websocket(address, port):
    with connect(address, port) as sock:
        key = base64.b64encode(os.urandom(16)).decode()
        sock.sendall((f"GET /echo HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        assert read_head(sock)["Sec-WebSocket-Accept"] == accept_key(key)
        for text in [b"hello", b"x" * 60000, b"bye"]:
            sock.sendall(frame(text, True))
            assert read_frame(sock) == text
    print("echoed")


def serve_websocket(port):
    def talk(sock):
        key = read_head(sock)["Sec-WebSocket-Key"]
        sock.sendall((f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n").encode())
        try:
            while True:
                sock.sendall(frame(read_frame(sock), False))
        except EOFError:
            pass

    serve_tcp(port, talk)


def both_families(port, kind):
    sock = socket.socket(socket.AF_INET6, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind(("::", int(port)))
    return sock


def serve_tcp(port, talk):
    listening = both_families(port, socket.SOCK_STREAM)
    listening.listen(1024)
    while True:
        sock, _ = listening.accept()
        with sock:
            talk(sock)


def serve_both(port, tcp, udp, file=None):
    """One connection after the other, and datagrams in between."""
    selector = selectors.DefaultSelector()
    listening = both_families(port, socket.SOCK_STREAM)
    print("bound", flush=True)
    while file and not os.path.exists(file):
        time.sleep(0.01)
    listening.listen(1024)
    datagrams = both_families(port, socket.SOCK_DGRAM)
    selector.register(listening, selectors.EVENT_READ)
    selector.register(datagrams, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is datagrams:
                data, peer = datagrams.recvfrom(1 << 16)
                datagrams.sendto(udp(data, peer), peer)
                continue
            sock, peer = listening.accept()
            with sock:
                tcp(sock, peer)


def serve_echo(port):
    serve_both(port, lambda sock, _: sock.sendall(read_all(sock)), lambda data, _: data)


def serve_reset(port):
    serve_tcp(port, lambda sock: sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)))


def serve_whole(port):
    serve_tcp(port, lambda sock: sock.sendall(b"%d bytes" % len(read_all(sock))))


def named(peer):
    return f"{peer[0].removeprefix('::ffff:')} {peer[1]}\n".encode()


def serve_peer(port, file=None):
    serve_both(port, lambda sock, peer: sock.sendall(named(peer)), lambda _, peer: named(peer), file)


if __name__ == "__main__":
    globals()[sys.argv[1].replace("-", "_")](*sys.argv[2:])
