"""What moatd uses while nobody asks it anything and a container runs."""
import os
import pathlib
import time

from measure import Values
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
    return Values("idle: moatd beside one running container",
                  {"seconds": IDLE_SEC, "clock ticks of CPU": ticks_after - ticks,
                   "times a thread woke up": sleeps_after - sleeps, "RSS in KiB": memory["Rss"],
                   "PSS in KiB": memory["Pss"],
                   "of it private in KiB": memory["Private_Clean"] + memory["Private_Dirty"]})
