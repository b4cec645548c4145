"""What a network adds to a start, from a spare machine and restored; and what 200 others on the same network do.

The others are taps on moat-net's network, told as moatd tells them: machines of so many containers do not fit here."""
import json
import os
import socket

from measure import Table, timed
from setting import MOAT, ROOT, output, quiet, timed_from_spare

OTHERS = 200
NETWORK = "bench-crowd"


class Tables:
    def __init__(self, tables):
        self.tables = tables

    def print(self):
        for table in self.tables:
            table.print()

    def save(self, path):
        for i, table in enumerate(self.tables):
            table.save(path if i == 0 else path.with_stem(f"{path.stem}-{i}"))


class Crowd:
    """Taps with addresses at the end of the network's range; each stays while its descriptor is open."""

    def __init__(self):
        quiet(MOAT, "network", "create", "--subnet", "10.202.0.0/16", NETWORK)
        self.identity = json.loads(output(MOAT, "network", "inspect", NETWORK))[0]["Id"][:12]
        self.taps = []

    def ask(self, request):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as conn:
            conn.connect(str(ROOT / "net/net.sock"))
            conn.send(json.dumps(request).encode())
            data, fds, _, _ = socket.recv_fds(conn, 1 << 17, 1)
        answer = json.loads(data)
        if not answer["ok"]:
            raise OSError(f"moat-net: {answer['error']}")
        return answer, fds

    def gather(self):
        for i in range(OTHERS):
            answer, fds = self.ask({"op": "tap"})
            self.taps.append((answer["tap"], fds[0]))
            self.ask({"op": "port", "tap": answer["tap"], "slot": 0, "network": self.identity,
                      "mac": f"02:00:00:00:ca:{i:02x}", "addresses": [f"10.202.200.{i + 1}"], "names": [f"other-{i}"]})

    def scatter(self):
        for name, fd in self.taps:
            self.ask({"op": "tap-return", "tap": name})
            os.close(fd)
        self.taps = []

    def timed_among(self, command, want):
        self.gather()
        sample = timed(command, want)
        self.scatter()
        return sample


def run(runs, registry):
    image = registry.busybox
    quiet(MOAT, "pull", "-q", image)
    crowd = Crowd()
    command = [MOAT, "run", "--rm", "--network", NETWORK, image, "echo", "ok"]
    without = [MOAT, "run", "--rm", "--network", "none", image, "echo", "ok"]
    # Somebody keeps the network there, as in most uses.
    quiet(MOAT, "run", "-d", "--name", "bench-keeper", "--network", NETWORK, image, "sleep", "100000")
    tables = []
    for what, take in (("a spare machine", timed_from_spare), ("restored", timed)):
        tables.append(Table(f"net: a start with a network, {what}", "on a network", runs))
        tables[-1].interleave({"on a network": lambda take=take: take(command, b"ok"),
                               "--network none": lambda take=take: take(without, b"ok")})
    among = f"beside {OTHERS} others"
    tables.append(Table("net: a start beside others on its network, restored", among, runs))
    tables[-1].interleave({"beside one other": lambda: timed(command, b"ok"), among: lambda: crowd.timed_among(command, b"ok")})
    quiet(MOAT, "rm", "-f", "bench-keeper")
    quiet(MOAT, "network", "rm", NETWORK)
    return Tables(tables)
