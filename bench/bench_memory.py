"""Host memory of an idle container: the proportional set size (PSS) of all its processes, moat-shim included.

A page that several processes map counts in each of them by its share. So clones of one template share what they have not
written to, and cost less the more there are; the template's own memory is also held by moatd, once.
"""
import json
import pathlib
import time

from measure import Table, field
from setting import MOAT, ROOT, output, quiet

SETTLE_SEC = 3
TOGETHER = 10


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(word) for word in text.split()]


def tree(pid):
    return [pid] + [below for child in children(pid) for below in tree(child)]


def shim_of(name):
    """The process that has the folder of the container's machine for its last argument."""
    identity = json.loads(output(MOAT, "inspect", name))[0]["Id"]
    machine = (ROOT / "containers" / identity / "machine").readlink().name
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().rstrip(b"\0").split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"moat-shim") and words[-1].endswith(machine.encode()):
            return int(path.parent.name)
    raise OSError(f"{name} has no moat-shim")


def memory(name):
    pids = tree(shim_of(name))
    return {clock: sum(int(field(f"/proc/{pid}/smaps_rollup", key).split()[0]) for pid in pids) / 1024
            for clock, key in (("pss", "Pss"), ("own", "Private_Dirty"))}


def measure(image, count, *options):
    """The mean of @count containers that do nothing, started one after the other."""
    names = [f"bench-{i}" for i in range(count)]
    for name in names:
        quiet(MOAT, "run", "-d", "--name", name, *options, image, "sleep", "100000")
    time.sleep(SETTLE_SEC)
    samples = [memory(name) for name in names]
    quiet(MOAT, "rm", "-f", *names)
    return {clock: sum(sample[clock] for sample in samples) / count for clock in samples[0]}


def run(runs, registry):
    runs = max(3, runs // 4)
    quiet(MOAT, "pull", "-q", registry.busybox)
    table = Table("memory: an idle container", f"clone, one of {TOGETHER}", runs, "MiB")
    table.interleave({
        f"clone, one of {TOGETHER}": lambda: measure(registry.busybox, TOGETHER),
        "clone, alone": lambda: measure(registry.busybox, 1),
        "booted (--cold)": lambda: measure(registry.busybox, 1, "--cold"),
    }, warm_up=0)
    return table
