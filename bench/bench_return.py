"""Memory that a container has used and freed: what the host has in use for it with 200 MiB used, and five seconds after
they were freed. That is the PSS of all its processes, and what its template's memory takes, which moatd holds."""
import os
import pathlib
import time

from bench_memory import shim_of, tree
from measure import Table, field
from setting import MOAT, ROOT, quiet

USED_MIB, WAIT_SEC = 200, 5
NAME = "bench-return"


def template_memory():
    """MiB that are there of the templates' memory, whether or not anybody maps them."""
    pid = (ROOT / "moatd.lock").read_text(encoding="ascii").split()[0]
    files = [path for path in pathlib.Path(f"/proc/{pid}/fd").iterdir() if "moat-template" in os.readlink(path)]
    return sum({status.st_ino: status.st_blocks for status in map(os.stat, files)}.values()) / 2048


def in_use():
    return template_memory() + sum(int(field(f"/proc/{pid}/smaps_rollup", "Pss").split()[0]) for pid in tree(shim_of(NAME))) / 1024


def measure(image, *options):
    quiet(MOAT, "run", "-d", "--name", NAME, "--tmpfs", "/big:size=300m", *options, image, "sleep", "100000")
    quiet(MOAT, "exec", NAME, "sh", "-c", f"head -c {USED_MIB}m /dev/zero >/big/x")
    sample = {"used": in_use()}
    quiet(MOAT, "exec", NAME, "rm", "/big/x")
    time.sleep(WAIT_SEC)
    sample["freed"] = in_use()
    sample["returned"] = sample["used"] - sample["freed"]
    quiet(MOAT, "rm", "-f", NAME)
    return sample


def run(runs, registry):
    quiet(MOAT, "pull", "-q", registry.busybox)
    table = Table(f"return: {USED_MIB} MiB used and freed", "clone", max(3, runs // 4), "MiB")
    table.interleave({"clone": lambda: measure(registry.busybox),
                      "booted (--cold)": lambda: measure(registry.busybox, "--cold")}, warm_up=0)
    return table
