"""Starts one after the other without a pause, a few in a row, as scripts make them: until the last one's end.

After the first rows moatd keeps as many spare machines as a row has found missing, four at most; they are made between
the rows, while no clock runs. The fifth start of a row restores a clone."""
import time

from measure import Table
from setting import MOAT, PODMAN_RUN, await_spares, quiet, spares

COUNT, MOST = 5, 4


def row(command):
    begin = time.perf_counter()
    for _ in range(COUNT):
        quiet(*command)
    return {"total": time.perf_counter() - begin}


def own_row(command):
    sample = row(command)
    await_spares(MOST)
    return sample


def run(runs, registry):
    quiet(MOAT, "pull", "-q", registry.busybox)
    quiet("podman", "pull", "-q", "--tls-verify=false", registry.busybox)
    own, podman = ([*words, registry.busybox, "true"] for words in ([MOAT, "run", "--rm"], PODMAN_RUN))
    name = f"{COUNT} moat run in a row"
    table = Table(f"row: {COUNT} starts one after the other", name, runs)
    quiet(*own)
    quiet(MOAT, "system", "spare", "set", f"1-{MOST}")
    table.interleave({name: lambda: own_row(own), f"{COUNT} podman run in a row": lambda: row(podman)})
    spares(0)
    quiet("podman", "rmi", "-f", registry.busybox)
    return table
