#!/usr/bin/env python3
"""Many clients of the Docker API at once, or one after another. MOAT_BUILD's moat starts moatd where none runs.

  crowd.py execs NAME COUNT          so many execs, each with its output and status checked
  crowd.py attach NAME COUNT FILE    so many attached clients, until each has heard the last word
"""
import json
import os
import select
import socket
import subprocess
import sys
import time

SOCKET = os.environ["SOCKET"]


def connect():
    """moatd may be dead at the moment."""
    while True:
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(60)
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
    deadline = time.monotonic() + 100
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


if __name__ == "__main__":
    {"execs": lambda a: execs(a[0], int(a[1])),
     "attach": lambda a: attach(a[0], int(a[1]), a[2])}[sys.argv[1]](sys.argv[2:])
