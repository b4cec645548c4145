"""Clocks, statistics and tables of the benchmarks; a small HTTP client for TCP and unix sockets."""
import http.client
import json
import math
import os
import platform
import socket
import statistics
import subprocess
import sys
import time


def timed(command, expected):
    """Run; seconds until @expected was written ("output") and until the command ended ("total")."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    fd, seen, output = process.stdout.fileno(), b"", None
    while data := os.read(fd, 65536):
        seen += data
        if output is None and expected in seen:
            output = time.perf_counter() - begin
    process.wait()
    total = time.perf_counter() - begin
    process.stdout.close()
    if process.returncode != 0 or expected not in seen:
        sys.exit(f"bench: {' '.join(command)}: status {process.returncode}, wrote {seen!r}")
    return {"output": output, "total": total} if expected and output else {"total": total}


def percentile(samples, share):
    """The smallest sample that at least @share of all samples do not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


UNITS = {"s": ("ms", 1e3), "MiB": ("MiB", 1)}


class Table:
    """Samples of several subjects; ratios are those of @own to each of the others."""

    def __init__(self, title, own, runs, unit="s"):
        self.title, self.own, self.runs, self.unit = title, own, runs, unit
        self.samples, self.more = {}, {}

    def add(self, name, sample):
        for clock, value in sample.items():
            self.samples.setdefault(name, {}).setdefault(clock, []).append(value)

    def interleave(self, subjects, warm_up=2):
        for i in range(warm_up + self.runs):
            for name, run in subjects.items():
                sample = run()
                if i >= warm_up:
                    self.add(name, sample)

    def rows(self):
        for name, clocks in self.samples.items():
            for clock, values in clocks.items():
                own = self.samples[self.own].get(clock)
                ratio = statistics.median(own) / statistics.median(values) if own else None
                yield {"subject": name, "clock": clock, "median": statistics.median(values),
                       "p99": percentile(values, 0.99), "ratio_own_to_this": ratio, "samples": values}

    def print(self):
        unit, factor = UNITS[self.unit]
        print(f"{self.title} ({self.runs} runs)")
        print(f"  {'':36}{'clock':8}{'median':>12}{'p99':>12}{'p99/median':>12}{self.own + ' / this':>24}")
        for row in self.rows():
            ratio = row["ratio_own_to_this"]
            text = f"{ratio:.2f}" if ratio is not None and row["subject"] != self.own else ""
            print(f"  {row['subject']:36}{row['clock']:8}{row['median'] * factor:8.1f} {unit:3}"
                  f"{row['p99'] * factor:8.1f} {unit:3}{row['p99'] / row['median']:12.2f}{text:>24}")
        print(flush=True)

    def save(self, path):
        path.write_text(json.dumps({
            "title": self.title, "own": self.own, "runs": self.runs, "unit": self.unit,
            "host": host(), "rows": list(self.rows()), **self.more}, indent=1) + "\n")


class Values:
    """What was measured once, by name."""

    def __init__(self, title, values):
        self.title, self.values = title, values

    def print(self):
        print(self.title)
        for name, value in self.values.items():
            print(f"  {name:48}{value:>12}")
        print(flush=True)

    def save(self, path):
        path.write_text(json.dumps({"title": self.title, **self.values}, indent=1) + "\n")


def field(path, name):
    """The first "name: value" of a file of /proc."""
    with open(path, encoding="ascii", errors="replace") as file:
        for line in file:
            if line.split(":")[0].strip() == name:
                return line.split(":", 1)[1].strip()
    return ""


def host():
    return {"kernel": platform.release(), "machine": platform.machine(),
            "processor": field("/proc/cpuinfo", "model name"), "cpus": len(os.sched_getaffinity(0)),
            "memory_mib": int(field("/proc/meminfo", "MemTotal").split()[0]) // 1024,
            "load": os.getloadavg()[0]}


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("moat")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def request(where, path):
    """GET from HOST:PORT or the path of a socket, on a connection of its own; the body."""
    connection = UnixConnection(where) if where.startswith("/") else http.client.HTTPConnection(where)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise OSError(f"{where}{path}: {response.status} {response.reason}")
    return body


def wait_for(attempt, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
