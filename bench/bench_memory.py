"""Host memory of an idle container, for one alone, one of ten and one of fifty; restored, and forked as starts in a row are.

"pss" is the proportional set size of all its processes, moat-shim included: a page that several processes map counts in
each of them by its share. So clones of one template share what they have not written to, and cost less the more there
are; the template's own memory is also held by moatd, once. "own" is what is in no other process. "host" is by how much
less memory the whole host has available for each container: with page tables, sockets and all else that no process maps.
"""
import json
import pathlib
import time

from measure import Table, field
from setting import MOAT, ROOT, await_spares, output, quiet

SETTLE_SEC = 3
ROW = 8  # starts that have a zygote made
TOGETHER = (1, 10, 50)


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
    """A machine that was forked is no child of its shim's."""
    engine = json.loads(output(MOAT, "inspect", name))[0]["State"]["Pid"]
    pids = {*tree(shim_of(name)), engine}
    return {clock: sum(int(field(f"/proc/{pid}/smaps_rollup", key).split()[0]) for pid in pids) / 1024
            for clock, key in (("pss", "Pss"), ("own", "Private_Dirty"))}


def available():
    return int(field("/proc/meminfo", "MemAvailable").split()[0]) / 1024


def measure(image, count, *options):
    """The mean of @count containers that do nothing, started one after the other."""
    names = [f"bench-{i}" for i in range(count)]
    before = available()
    for name in names:
        quiet(MOAT, "run", "-d", "--name", name, *options, image, "sleep", "100000")
    time.sleep(SETTLE_SEC)
    taken = before - available()
    samples = [memory(name) for name in names]
    quiet(MOAT, "rm", "-f", *names)
    time.sleep(SETTLE_SEC)
    return {clock: sum(sample[clock] for sample in samples) / count for clock in samples[0]} | {"host": taken / count}


def measure_row(image, count):
    """The same of containers that are started as users start them, with spare machines; others went before."""
    quiet(MOAT, "system", "spare", "set", "1-4")
    for _ in range(ROW):
        quiet(MOAT, "run", "--rm", image, "true")
    time.sleep(SETTLE_SEC)
    sample = measure(image, count)
    quiet(MOAT, "system", "spare", "set", "0")
    await_spares(0)
    return sample


def run(runs, registry):
    runs = max(3, runs // 4)
    quiet(MOAT, "pull", "-q", registry.busybox)
    table = Table("memory: an idle container", "clone, one of 10", runs, "MiB")
    subjects = {f"clone, one of {count}" if count > 1 else "clone, alone":
                lambda count=count: measure(registry.busybox, count) for count in TOGETHER}
    subjects |= {f"in a row, one of {count}": lambda count=count: measure_row(registry.busybox, count) for count in TOGETHER[1:]}
    table.interleave(subjects | {"booted (--cold)": lambda: measure(registry.busybox, 1, "--cold")}, warm_up=0)
    return table
