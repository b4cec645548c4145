"""Throughput, round trips and connections between containers, from the host, through a published port and to the outside:
of moat, of plain network namespaces on a bridge, and of podman; and what moat-net does while all of it rests.

Each figure is that of one pair of processes, one connection at a time; a ratio is moat's figure to the other's."""
import json
import os
import statistics
import subprocess
import time

import netplaces
from measure import field, wait_for
from netplaces import HOST, OUTSIDE, PORT, PUBLISHED, SHORT
from setting import ROOT, output

SECONDS = os.environ.get("BENCH_NET_SECONDS", "2")
REST_SEC = 10
DIRECT, RELAYED, SHORTENED = "host to container", "published, from the host", "published, no userland proxy"
CLOCKS = {"stream": "MiB/s", "ask": "round trips/s", "connect": "connections/s"}


class Figures:
    def __init__(self, runs):
        self.runs, self.samples, self.rest = runs, {}, {}

    def add(self, path, clock, subject, value):
        self.samples.setdefault((path, clock), {}).setdefault(subject, []).append(value)

    def rows(self):
        for (path, clock), subjects in self.samples.items():
            medians = {name: statistics.median(values) for name, values in subjects.items()}
            for name, values in subjects.items():
                yield {"path": path, "clock": clock, "unit": CLOCKS[clock], "subject": name, "median": medians[name],
                       "ratio_moat_to_this": medians["moat"] / medians[name], "samples": values}

    def published_to_direct(self):
        """What a published port costs who is on the host: moat's figures, each run's to the same run's at the container's
        address."""
        for path in (RELAYED, SHORTENED):
            for clock, unit in CLOCKS.items():
                runs = zip(self.samples[path, clock]["moat"], self.samples[DIRECT, clock]["moat"])
                yield f"{path}, to the container's address: {unit}", statistics.median(published / direct for published, direct in runs)

    def print(self):
        print(f"net: one connection at a time, {SECONDS} s each, median of {self.runs}")
        for row in self.rows():
            ratio = "" if row["subject"] == "moat" else f"{row['ratio_moat_to_this']:10.2f}"
            print(f"  {row['path']:30}{row['subject']:16}{row['median']:12.1f} {row['unit']:16}{ratio}")
        for name, value in self.published_to_direct():
            print(f"  {name:76}{value:10.2f}")
        for name, value in self.rest.items():
            print(f"  {name:76}{value:10.1f}")
        print(flush=True)

    def save(self, path):
        path.write_text(json.dumps({"title": "networks", "runs": self.runs, "rows": list(self.rows()),
                                    "published to direct": dict(self.published_to_direct()), "rest": self.rest},
                                   indent=1) + "\n")


def ask(client, clock, address, port):
    process = subprocess.run([*client, clock, address, port, SECONDS], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             text=True, check=False)
    if process.returncode != 0:
        raise OSError(f"{' '.join(client)} {clock} {address} {port}: status {process.returncode}")
    return float(process.stdout)


def paths(places, peer, outside):
    """(path, subject, who asks, whom)"""
    host = [str(peer)]
    for place in places:
        yield "container to container", place.name, place.client(), (place.address, PORT)
        yield DIRECT, place.name, host, (place.address, PORT)
        yield "to the outside", place.name, place.client(), (OUTSIDE, PORT)
        if place.name in PUBLISHED:
            yield RELAYED, place.name, host, (HOST, PUBLISHED[place.name])
            if place.name == "moat":
                yield SHORTENED, place.name, host, (HOST, SHORT)
            yield "published, from outside", place.name, [*outside.inside, *host], (HOST, PUBLISHED[place.name])


def net_processes():
    """moat-net's two."""
    return output("pgrep", "-f", f"moat-net {ROOT}/net$").split()


def sleeps():
    return sum(int(field(f"/proc/{pid}/status", "voluntary_ctxt_switches")) for pid in net_processes())


def look_at_rest():
    time.sleep(5)
    before = sleeps()
    time.sleep(REST_SEC)
    return {f"moat-net at rest: times it woke up in {REST_SEC} s": sleeps() - before,
            "moat-net at rest: PSS of its two processes in MiB":
                sum(int(field(f"/proc/{pid}/smaps_rollup", "Pss").split()[0]) for pid in net_processes()) / 1024}


def make_places(peer, image):
    """Moat's last: what the host passes on for others is theirs then, and moat lets it."""
    yield netplaces.Plain(peer)
    try:
        yield netplaces.Podman(image)
    except subprocess.CalledProcessError as error:
        print(f"podman's network is left out: {error}")
    yield netplaces.Moat(image)


def measure(figures, all_paths):
    for _, _, client, where in all_paths:
        wait_for(lambda client=client, where=where: ask(client, "ask", *where))
    for _ in range(figures.runs):
        for path, subject, client, where in all_paths:
            for clock in CLOCKS:
                figures.add(path, clock, subject, ask(client, clock, *where))
    figures.rest = look_at_rest()


def run(runs, registry):
    figures = Figures(max(3, runs // 4))
    peer, image = netplaces.make_peer(registry)
    outside, places = netplaces.Outside(peer), []
    try:
        for place in make_places(peer, image):
            places.append(place)
        measure(figures, list(paths(places, peer, outside)))
    finally:
        for place in [*places, outside]:
            place.stop()
    return figures
