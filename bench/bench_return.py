"""Memory that a container has used and freed: what the host has in use for it with 200 MiB used, and five seconds after
they were freed. That is the PSS of all its processes, and what its template's memory takes, which moatd holds.

And once over time, for docs/memory.svg: 1 GiB that is written and freed, files that are read and then left alone, and a
limit that falls."""
import contextlib
import json
import os
import pathlib
import threading
import time

from bench_memory import shim_of, tree
from measure import Table, field
from setting import CONFIG, MOAT, ROOT, quiet

USED_MIB, WAIT_SEC = 200, 5
WRITTEN_MIB, CACHED_MIB, SMALL = 1024, 512, "256m"
IDLE_SEC = 20
STEP_SEC = 0.25
PATIENCE_SEC = 120
NAME = "bench-return"


def template_memory():
    """MiB that are there of the templates' memory, whether or not anybody maps them."""
    pid = (ROOT / "moatd.lock").read_text(encoding="ascii").split()[0]
    files = [path for path in pathlib.Path(f"/proc/{pid}/fd").iterdir() if "moat-template" in os.readlink(path)]
    return sum({status.st_ino: status.st_blocks for status in map(os.stat, files)}.values()) / 2048


def taken_by(pids):
    return sum(int(field(f"/proc/{pid}/smaps_rollup", "Pss").split()[0]) for pid in pids) / 1024


def in_use():
    return template_memory() + taken_by(tree(shim_of(NAME)))


def inside(script):
    quiet(MOAT, "exec", NAME, "sh", "-c", script)


def measure(image, *options):
    quiet(MOAT, "run", "-d", "--name", NAME, "--tmpfs", "/big:size=300m", *options, image, "sleep", "100000")
    inside(f"head -c {USED_MIB}m /dev/zero >/big/x")
    sample = {"used": in_use()}
    inside("rm /big/x")
    time.sleep(WAIT_SEC)
    sample["freed"] = in_use()
    sample["returned"] = sample["used"] - sample["freed"]
    quiet(MOAT, "rm", "-f", NAME)
    return sample


class Curve:
    """Host memory of the container's processes over time, and what was done when."""

    def __init__(self):
        self.pids = tree(shim_of(NAME))
        self.begun, self.samples, self.marks = time.monotonic(), [], []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def now(self):
        return time.monotonic() - self.begun

    def watch(self):
        while not self.over.wait(STEP_SEC):
            self.samples.append([round(self.now(), 2), round(taken_by(self.pids), 1)])

    def mark(self, text):
        self.marks.append([round(self.now(), 2), text])

    def falls_below(self, mib):
        """Wait for it, within reason."""
        deadline = self.now() + PATIENCE_SEC
        while self.samples[-1][1] > mib and self.now() < deadline:
            time.sleep(STEP_SEC)

    def end(self):
        self.over.set()
        self.thread.join()


@contextlib.contextmanager
def settings(**members):
    CONFIG.write_text(json.dumps(members) + "\n", encoding="ascii")
    try:
        yield
    finally:
        CONFIG.write_text("{}\n", encoding="ascii")


def act(curve):
    time.sleep(2)
    curve.mark("writes 1 GiB")
    inside(f"dd if=/dev/zero of=/big/x bs=1M count={WRITTEN_MIB} 2>/dev/null")
    time.sleep(2)
    curve.mark("frees it")
    inside("rm /big/x")
    time.sleep(8)
    curve.mark("writes files, 512 MiB")
    inside(f"dd if=/dev/zero of=/file bs=1M count={CACHED_MIB} 2>/dev/null; sync")
    curve.mark("does nothing")
    time.sleep(2)
    curve.falls_below(CACHED_MIB / 2)
    time.sleep(8)
    curve.mark("reads them")
    inside("dd if=/file of=/dev/null bs=1M 2>/dev/null")
    time.sleep(4)
    curve.mark(f"update -m {SMALL}")
    quiet(MOAT, "update", "-m", SMALL, NAME)
    curve.falls_below(CACHED_MIB)
    time.sleep(8)


def over_time(image):
    options = ("-m", "2g", "--tmpfs", f"/big:size={WRITTEN_MIB + 16}m", image)
    quiet(MOAT, "run", "--rm", *options, "true")  # the template is made
    with settings(**{"memory-reclaim": {"idle-seconds": IDLE_SEC, "pressure": False}}):
        quiet(MOAT, "run", "-d", "--name", NAME, *options, "sleep", "100000")
    curve = Curve()
    try:
        act(curve)
    finally:
        curve.end()
        quiet(MOAT, "rm", "-f", NAME)
    return {"curve": curve.samples, "marks": curve.marks, "idle_sec": IDLE_SEC}


def run(runs, registry):
    quiet(MOAT, "pull", "-q", registry.busybox)
    table = Table(f"return: {USED_MIB} MiB used and freed", "clone", max(3, runs // 4), "MiB")
    table.interleave({"clone": lambda: measure(registry.busybox),
                      "booted (--cold)": lambda: measure(registry.busybox, "--cold")}, warm_up=0)
    table.more = over_time(registry.busybox)
    return table
