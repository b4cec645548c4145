"""20 containers asked for at the same moment, with spare machines as moatd keeps them by default: when the output of the
last one has arrived.

The measure for it is the per-core fair share: the time one start takes alone, times 20, divided by the number of
processors. That is what the last of 20 would take if starts did not disturb each other at all.
"""
import concurrent.futures
import os

from measure import Table, timed
from setting import MOAT, PODMAN_RUN, quiet, settle_spares, spares

COUNT, MOST = 20, 4
LAST = f"the last of {COUNT} moat run"
CPUS = len(os.sched_getaffinity(0))


def last_of(command):
    with concurrent.futures.ThreadPoolExecutor(COUNT) as pool:
        return max(sample["output"] for sample in pool.map(lambda _: timed(command, b"ok"), range(COUNT)))


def own_last_of(command):
    settle_spares()
    return last_of(command)


def run(runs, registry):
    quiet(MOAT, "pull", "-q", registry.busybox)
    quiet("podman", "pull", "-q", "--tls-verify=false", registry.busybox)
    own = [MOAT, "run", "--rm", registry.busybox, "echo", "ok"]
    podman = [*PODMAN_RUN, registry.busybox, "echo", "ok"]
    table = Table(f"concurrent: {COUNT} starts at once on {CPUS} CPUs", LAST, runs)
    quiet(*own)
    quiet(MOAT, "system", "spare", "set", f"1-{MOST}")
    last_of(own)
    table.interleave({
        LAST: lambda: {"output": own_last_of(own)},
        f"fair share: one alone x {COUNT} / {CPUS}": lambda: {"output": timed(own, b"ok")["output"] * COUNT / CPUS},
        f"the last of {COUNT} podman run": lambda: {"output": last_of(podman)},
    }, warm_up=1)
    spares(0)
    quiet("podman", "rmi", "-f", registry.busybox)
    return table
