"""A start beside 200 other containers on its network, each with a machine of its own; against one beside a single other.

The others take some 10 GiB. They cannot come and go between two samples, so the few are measured before and after."""
from measure import Table, Values, field, timed
from setting import MOAT, quiet

OTHERS, AT_ONCE = 200, 20
NEEDED_MIB = 14 << 10
NETWORK = "bench-crowd"


def run(runs, registry):
    image = registry.busybox
    if int(field("/proc/meminfo", "MemAvailable").split()[0]) >> 10 < NEEDED_MIB:
        return Values(f"crowd: not measured, as there are not {NEEDED_MIB >> 10} GiB of memory", {})
    quiet(MOAT, "pull", "-q", image)
    quiet(MOAT, "network", "create", "--subnet", "10.202.0.0/16", NETWORK)
    command = [MOAT, "run", "--rm", "--network", NETWORK, image, "echo", "ok"]
    among = f"beside {OTHERS} others"
    table = Table("crowd: a start beside other containers on its network, restored", among, runs)

    def others(first, last):
        for i in range(first, last):
            quiet(MOAT, "run", "-d", "--name", f"bench-other-{i}", "--network", NETWORK, image, "sleep", "100000")

    def sample(name, count, warm_up=2):
        for i in range(warm_up + count):
            taken = timed(command, b"ok")
            if i >= warm_up:
                table.add(name, taken)

    others(0, 1)
    sample("beside one other", (runs + 1) // 2)
    others(1, OTHERS)
    sample(among, runs)
    for i in range(1, OTHERS, AT_ONCE):
        quiet(MOAT, "rm", "-f", *(f"bench-other-{n}" for n in range(i, min(i + AT_ONCE, OTHERS))))
    sample("beside one other", runs // 2)
    quiet(MOAT, "rm", "-f", "bench-other-0")
    quiet(MOAT, "network", "rm", NETWORK)
    return table
