"""A list of containers over the socket, and with the command."""
import time

from measure import Table, request, timed
from setting import MOAT, ROOT, quiet


def run(runs, registry):
    quiet(MOAT, "pull", "-q", registry.busybox)
    for i in range(5):
        quiet(MOAT, "run", "--name", f"bench-{i}", registry.busybox, "true")
    socket = str(ROOT / "moat.sock")

    def listing():
        begin = time.perf_counter()
        request(socket, "/v1.44/containers/json?all=1")
        return {"total": time.perf_counter() - begin}

    table = Table("api: ps -a with 5 containers", "GET containers/json", runs * 10)
    table.interleave({"GET containers/json": listing,
                      "moat ps -a": lambda: timed([MOAT, "ps", "-a"], b"bench-0"),
                      "an empty command (/bin/true)": lambda: timed(["/bin/true"], b"")})
    quiet(MOAT, "rm", *(f"bench-{i}" for i in range(5)))
    return table
