#!/usr/bin/env python3
"""Many clients of the Docker API at once, or one after another. MOAT_BUILD's moat starts moatd where none runs.

  crowd.py execs NAME COUNT          so many execs, each with its output and status checked
  crowd.py attach NAME COUNT FILE    so many attached clients, until each has heard the last word
  crowd.py flood COUNT               so many connections at once that say nothing, little, or do not listen, and as many in turn
  crowd.py follow COUNT              so many followers of events, fewer than that are served
  crowd.py unstarted NAME COUNT      so many execs that are never started
  crowd.py attached NAME COUNT       so many attached clients, fewer than that are served
  crowd.py idle                      until moatd ends connections that say nothing; not those that wait for an answer
"""
import json
import os
import resource
import select
import socket
import subprocess
import sys
import time

from hang import HANG

SOCKET = os.environ["SOCKET"]


def connect():
    """moatd may be dead at the moment."""
    while True:
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(HANG)
        try:
            s.connect(SOCKET)
            return s
        except BlockingIOError:
            s.close()  # its queue is full
            time.sleep(0.05)
        except (ConnectionRefusedError, FileNotFoundError):
            s.close()
            subprocess.run([os.environ["MOAT_BUILD"] + "/moat", "system", "start"], stdout=subprocess.DEVNULL)


class Gone(Exception):
    """moatd went away before it answered."""


class Client:
    def __init__(self):
        self.s, self.data = connect(), b""

    def fill(self):
        try:
            piece = self.s.recv(65536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            raise Gone
        self.data += piece

    def request(self, method, path, body=None, upgrade=False):
        text = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: moat\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n"
        if upgrade:
            head += "Connection: Upgrade\r\nUpgrade: tcp\r\n"
        try:
            self.s.sendall(head.encode() + b"\r\n" + text)
        except BrokenPipeError:
            raise Gone from None
        while b"\r\n\r\n" not in self.data:
            self.fill()
        head, self.data = self.data.split(b"\r\n\r\n", 1)
        status = int(head.split()[1])
        if status == 101:
            return status, None
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        while len(self.data) < length:
            self.fill()
        body, self.data = self.data[:length], self.data[length:]
        return status, json.loads(body) if body else None

    def rest(self):
        """The payload of all frames to the end of the stream."""
        try:
            while True:
                self.fill()
        except Gone:
            pass
        out, data = b"", self.data
        while data:
            size = int.from_bytes(data[4:8], "big")
            out, data = out + data[8:8 + size], data[8 + size:]
        return out


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: expected {wanted!r}, got {got!r}")


def one_exec(name, n):
    client = Client()
    status, made = client.request("POST", f"/v1.44/containers/{name}/exec", {
        "Cmd": ["sh", "-c", f"echo number {n}; exit {n % 200}"], "AttachStdout": True, "AttachStderr": True})
    expect(f"exec {n}", status, 201)
    status, _ = client.request("POST", f"/v1.44/exec/{made['Id']}/start", {}, upgrade=True)
    expect(f"exec {n}: start", status, 101)
    out = client.rest()
    # Asked of a moatd that may be another one by now: the shim knows.
    status, info = Client().request("GET", f"/v1.44/exec/{made['Id']}/json")
    if status == 404 and not out:
        raise Gone  # before the shim had heard of it
    expect(f"exec {n}: output", out, f"number {n}\n".encode())
    expect(f"exec {n}: status", info["ExitCode"], n % 200)


def execs(name, count):
    for n in range(count):
        for attempt in range(3):
            try:
                one_exec(name, n)
                break
            except Gone:
                if attempt == 2:
                    sys.exit(f"exec {n}: moatd went away too often")
    print(count)


def attach(name, count, path):
    clients = [Client() for _ in range(count)]
    for c in clients:
        status, _ = c.request("POST", f"/v1.44/containers/{name}/attach?stream=1&stdout=1&stderr=1", upgrade=True)
        expect("attach", status, 101)
    with open(path, "w") as f:
        f.write("attached\n")
    left = {c.s.fileno(): c for c in clients}
    deadline = time.monotonic() + HANG
    while left and time.monotonic() < deadline:
        for fd in select.select(list(left), [], [], 1)[0]:
            c = left[fd]
            try:
                c.fill()
            except Gone:
                sys.exit(f"a client lost its connection after {c.data!r}")
            if c.data.endswith(b"last word\n"):
                del left[fd]
    expect("clients that did not hear the last word", len(left), 0)
    print(count)


SILENT = [
    b"",
    b"GET /v1.44/containers/json HTTP/1.1\r\nHost: mo",
    b"POST /v1.44/containers/create HTTP/1.1\r\nHost: moat\r\nContent-Length: 100\r\n\r\n{",
]
DEAF = b"GET /v1.44/info HTTP/1.1\r\nHost: moat\r\n\r\n"


def say(text):
    client = Client()
    try:
        client.s.sendall(text)
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has given way to others
    return client


def answers():
    status, _ = Client().request("GET", "/v1.44/containers/json")
    expect("another client's request", status, 200)


def flood(count):
    texts = SILENT + [DEAF]
    clients = []
    for n in range(count):
        clients.append(say(texts[n % len(texts)]))
        if n % 250 == 0:
            answers()
    answers()
    for c in clients:
        c.s.close()
    for n in range(count):
        say(texts[n % len(texts)]).s.close()
    answers()
    print(2 * count)


def more_than_served(count, text, reason):
    """All stay until the last has its answer."""
    served, refused = [], []
    for _ in range(count):
        client = say(text)
        while b"\r\n\r\n" not in client.data:
            client.fill()
        (refused if client.data.split()[1] == b"503" else served).append(client)
    if not served or not refused:
        sys.exit(f"{len(served)} clients were served, {len(refused)} refused")
    for client in refused:
        while b"}" not in client.data:
            client.fill()
        if reason not in client.data:
            sys.exit(f"an answer without its reason: {client.data!r}")
    answers()
    print(f"{len(served)} + {len(refused)}")


def follow(count):
    more_than_served(count, b"GET /v1.44/events HTTP/1.1\r\nHost: moat\r\n\r\n", b"follow or wait, and not more at once")


def attached(name, count):
    head = f"POST /v1.44/containers/{name}/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: moat\r\n"
    more_than_served(count, head.encode() + b"Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n",
                     b"clients wait for the start of container")


def unstarted(name, count):
    client, ids = Client(), []
    for n in range(count):
        status, made = client.request("POST", f"/v1.44/containers/{name}/exec", {"Cmd": ["sh", "-c", "x" * 50000]})
        expect(f"exec {n}", status, 201)
        ids.append(made["Id"])
    known = [Client().request("GET", f"/v1.44/exec/{i}/json")[0] for i in (ids[0], ids[-1])]
    expect("the first and the last", known, [404, 200])
    print(count)


def idle():
    waiting = say(b"GET /v1.44/events HTTP/1.1\r\nHost: moat\r\n\r\n")
    while b"\r\n\r\n" not in waiting.data:
        waiting.fill()
    silent = [say(text) for text in SILENT]
    begun = time.monotonic()
    for client in silent:
        client.s.settimeout(HANG)
        expect("what a silent client got", client.s.recv(100), b"")
    took = time.monotonic() - begun
    if took < 50:
        sys.exit(f"ended after {took} seconds")
    answers()  # moatd has gone through all of its connections
    waiting.s.setblocking(False)
    try:
        sys.exit(f"a client that waits got {waiting.s.recv(100)!r}")
    except BlockingIOError:
        print("ended")


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    {"execs": lambda a: execs(a[0], int(a[1])),
     "attach": lambda a: attach(a[0], int(a[1]), a[2]),
     "flood": lambda a: flood(int(a[0])),
     "follow": lambda a: follow(int(a[0])),
     "attached": lambda a: attached(a[0], int(a[1])),
     "unstarted": lambda a: unstarted(a[0], int(a[1])),
     "idle": lambda a: idle()}[sys.argv[1]](sys.argv[2:])
