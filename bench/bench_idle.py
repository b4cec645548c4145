"""What moatd uses while nobody asks it anything and a container runs."""
import json
import os
import pathlib
import time

from setting import MOAT, ROOT, quiet

IDLE_SEC = 10


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


def run(_runs, registry):
    image = registry.busybox
    quiet(MOAT, "pull", "-q", image)
    quiet(MOAT, "run", "-d", "--name", "bench-idle", image, "sleep", "10000")
    # A spare machine may be made for the next start; that is work, and is waited for.
    process, before = moatd_of(ROOT), None
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
    quiet(MOAT, "rm", "-f", "bench-idle")
    return Idle({"seconds": IDLE_SEC, "clock ticks of CPU": ticks_after - ticks,
                 "times a thread woke up": sleeps_after - sleeps, "RSS in KiB": memory["Rss"],
                 "PSS in KiB": memory["Pss"], "of it private in KiB": memory["Private_Clean"] + memory["Private_Dirty"]})
