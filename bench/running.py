"""Benchmarks of moat while containers run, or only stand there: exec, ps, and moatd with nothing to do."""
import json
import os
import pathlib
import subprocess
import time

from measure import Table, request, timed

MANY = 200
IDLE_SEC = 10


def quiet(*command):
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)


def bench_exec(moat, podman_run, runs, image):
    """`true` in a container that runs, on moat and on podman."""
    quiet(moat, "pull", "-q", image)
    quiet("podman", "pull", "-q", "--tls-verify=false", image)
    quiet(moat, "run", "-d", "--name", "bench-exec", image, "sleep", "10000")
    quiet(*podman_run, "-d", "--name", "bench-exec", image, "sleep", "10000")
    table = Table("exec: true in a running container", "moat exec", runs * 2)
    try:
        table.interleave({
            "moat exec": lambda: timed([moat, "exec", "bench-exec", "true"], b""),
            "podman exec": lambda: timed(["podman", "--runtime", "runc", "exec", "bench-exec", "true"], b"")})
    finally:
        quiet(moat, "rm", "-f", "bench-exec")
        quiet("podman", "rm", "-f", "-t", "0", "bench-exec")
        quiet("podman", "rmi", "-f", image)
    return table


def bench_many(moat, root, runs, image):
    """Listing many containers, over the socket and with the command."""
    quiet(moat, "pull", "-q", image)
    for i in range(MANY):
        quiet(moat, "create", "--name", f"many-{i}", image, "true")

    def listing():
        begin = time.perf_counter()
        request(str(root / "moat.sock"), "/v1.44/containers/json?all=1")
        return {"total": time.perf_counter() - begin}

    table = Table(f"many: ps -a with {MANY} containers", "moat ps -a", runs * 5)
    table.interleave({"moat ps -a": lambda: timed([moat, "ps", "-a"], b"many-0"),
                      "GET containers/json": listing})
    quiet(moat, "rm", *(f"many-{i}" for i in range(MANY)))
    return table


def moatd_of(root):
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (os.readlink(process / "exe").endswith("/moatd")
                    and f"MOAT_ROOT={root}".encode() in (process / "environ").read_bytes().split(b"\0")):
                return process
        except OSError:
            pass
    raise SystemExit("bench: no moatd runs on " + str(root))


def spent(process):
    """Clock ticks of CPU, and how often a thread went to sleep."""
    fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
    sleeps = sum(int(line.split()[1]) for status in process.glob("task/*/status")
                 for line in status.read_text().splitlines() if line.startswith("voluntary"))
    return int(fields[11]) + int(fields[12]), sleeps


class Idle:
    def __init__(self, values):
        self.values = values

    def print(self):
        print("idle: moatd beside one running container")
        for name, value in self.values.items():
            print(f"  {name:48}{value:>12}")
        print(flush=True)

    def save(self, path):
        path.write_text(json.dumps({"title": "moatd with nothing to do", **self.values}, indent=1) + "\n")


def bench_idle(moat, root, image):
    """What moatd uses while nobody asks it anything and a container runs."""
    quiet(moat, "pull", "-q", image)
    quiet(moat, "run", "-d", "--name", "bench-idle", image, "sleep", "10000")
    # A spare machine may be made for the next start; that is work, and is waited for.
    process, before = moatd_of(root), None
    for _ in range(6):
        time.sleep(5)
        now = spent(process)
        if now == before:
            break
        before = now
    ticks, sleeps = spent(process)
    time.sleep(IDLE_SEC)
    ticks_after, sleeps_after = spent(process)
    memory = {line.split()[0][:-1]: int(line.split()[1])
              for line in (process / "smaps_rollup").read_text().splitlines()[1:]}
    quiet(moat, "rm", "-f", "bench-idle")
    return Idle({"seconds": IDLE_SEC, "clock ticks of CPU": ticks_after - ticks,
                 "times a thread woke up": sleeps_after - sleeps, "RSS in KiB": memory["Rss"],
                 "PSS in KiB": memory["Pss"], "of it private in KiB": memory["Private_Clean"] + memory["Private_Dirty"]})
