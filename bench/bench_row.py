"""Starts one after the other without a pause, as scripts make them: until the last one's end.

moatd keeps spare machines as by default: those that a row before has found missing, four at most, are there when it
begins. The others are forked of a zygote, or restored where there is none."""
import time

from measure import Table
from setting import MOAT, PODMAN_RUN, quiet, settle_spares, spares

COUNT, MOST = 30, 4


def row(command):
    begin = time.perf_counter()
    for _ in range(COUNT):
        quiet(*command)
    return {"total": time.perf_counter() - begin}


def own_row(command):
    settle_spares()
    return row(command)


def run(runs, registry):
    quiet(MOAT, "pull", "-q", registry.busybox)
    quiet("podman", "pull", "-q", "--tls-verify=false", registry.busybox)
    own, podman = ([*words, registry.busybox, "true"] for words in ([MOAT, "run", "--rm"], PODMAN_RUN))
    name = f"{COUNT} moat run in a row"
    table = Table(f"row: {COUNT} starts one after the other", name, runs)
    quiet(*own)
    quiet(MOAT, "system", "spare", "set", f"1-{MOST}")
    row(own)
    table.interleave({name: lambda: own_row(own), f"{COUNT} podman run in a row": lambda: row(podman)})
    spares(0)
    quiet("podman", "rmi", "-f", registry.busybox)
    return table
