"""Memory that a container has used and freed: host memory of its QEMU (PSS) with 200 MiB used, and five seconds after they were freed."""
import time

from bench_memory import shim_of, tree
from measure import Table, field
from setting import MOAT, quiet

USED_MIB, WAIT_SEC = 200, 5
NAME = "bench-return"


def pss():
    return sum(int(field(f"/proc/{pid}/smaps_rollup", "Pss").split()[0]) for pid in tree(shim_of(NAME))) / 1024


def measure(image, *options):
    quiet(MOAT, "run", "-d", "--name", NAME, "--tmpfs", "/big:size=300m", *options, image, "sleep", "100000")
    quiet(MOAT, "exec", NAME, "sh", "-c", f"head -c {USED_MIB}m /dev/zero >/big/x")
    sample = {"used": pss()}
    quiet(MOAT, "exec", NAME, "rm", "/big/x")
    time.sleep(WAIT_SEC)
    sample["freed"] = pss()
    sample["returned"] = sample["used"] - sample["freed"]
    quiet(MOAT, "rm", "-f", NAME)
    return sample


def run(runs, registry):
    quiet(MOAT, "pull", "-q", registry.busybox)
    table = Table(f"return: {USED_MIB} MiB used and freed", "clone", max(3, runs // 4), "MiB")
    table.interleave({"clone": lambda: measure(registry.busybox),
                      "booted (--cold)": lambda: measure(registry.busybox, "--cold")}, warm_up=0)
    return table
