"""What moatd uses while nobody asks it anything and a container runs, and what that one's machine does."""
import os
import pathlib
import time

from measure import Values
from setting import MOAT, ROOT, quiet

IDLE_SEC = 30  # in which a guest asks once for the time


def moatd_of(root):
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (os.readlink(process / "exe").endswith("/moatd")
                    and f"MOAT_ROOT={root}".encode() in (process / "environ").read_bytes().split(b"\0")):
                return process
        except OSError:
            pass
    raise SystemExit("bench: no moatd runs on " + str(root))


def machine_of(root):
    """The shims of all machines, and their engines."""
    shims = [process for process in pathlib.Path("/proc").glob("[0-9]*")
             if f"{root}/machines/".encode() in read(process / "cmdline") and b"moat-shim" in read(process / "cmdline")]
    return shims + [pathlib.Path("/proc") / pid for shim in shims
                    for pid in read(shim / f"task/{shim.name}/children").decode().split()]


def read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def worked(processes):
    """Milliseconds of CPU, and how often a thread went to sleep."""
    ran = sum(int(read(task).split()[0]) for process in processes for task in process.glob("task/*/schedstat"))
    return ran / 1e6, sum(spent(process)[1] for process in processes)


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
    machine = machine_of(ROOT)
    ticks, sleeps = spent(process)
    work, rests = worked(machine)
    time.sleep(IDLE_SEC)
    ticks_after, sleeps_after = spent(process)
    work_after, rests_after = worked(machine)
    memory = {line.split()[0][:-1]: int(line.split()[1])
              for line in (process / "smaps_rollup").read_text().splitlines()[1:]}
    quiet(MOAT, "rm", "-f", "bench-idle")
    return Values("idle: moatd beside one running container",
                  {"seconds": IDLE_SEC, "clock ticks of CPU": ticks_after - ticks,
                   "times a thread woke up": sleeps_after - sleeps,
                   "the machine's CPU in ms": round(work_after - work), "times a thread of it woke up": rests_after - rests,
                   "RSS in KiB": memory["Rss"],
                   "PSS in KiB": memory["Pss"],
                   "of it private in KiB": memory["Private_Clean"] + memory["Private_Dirty"]})
