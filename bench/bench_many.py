"""A list of many containers, over the socket and with the command."""
import time

from measure import Table, request, timed
from setting import MOAT, ROOT, quiet

MANY = 200


def run(runs, registry):
    image = registry.busybox
    quiet(MOAT, "pull", "-q", image)
    for i in range(MANY):
        quiet(MOAT, "create", "--name", f"many-{i}", image, "true")

    def listing():
        begin = time.perf_counter()
        request(str(ROOT / "moat.sock"), "/v1.44/containers/json?all=1")
        return {"total": time.perf_counter() - begin}

    table = Table(f"many: ps -a with {MANY} containers", "moat ps -a", runs * 5)
    table.interleave({"moat ps -a": lambda: timed([MOAT, "ps", "-a"], b"many-0"),
                      "GET containers/json": listing})
    quiet(MOAT, "rm", *(f"many-{i}" for i in range(MANY)))
    return table
