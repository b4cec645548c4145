#!/usr/bin/env python3
"""Start many machines from one template and see that they have nothing in common that must differ.

  clones.py COUNT COMMAND…

COMMAND runs identity.c in a container with its standard input open. COUNT of them are started, two at
a time. Fails, and says why, when two have a value in common, when one does not tell all that the
first one told, or when a clock stays more than 10 ms off, as far as can be told from outside: the time
a guest says must lie between the host's times before the question and after the answer, give or take that.
"""
import collections
import concurrent.futures
import subprocess
import sys
import time

OFF_NSEC = 10_000_000
SETTLED_SEC = 20  # how long a clock may take; on an idle host it is right at once
ASKED = 20  # so often, on a host where question and answer take too long to tell
# Values with few random bits may be the same in two machines now and then.
BY_CHANCE = 2


def ask(process):
    """The least and the most the clock can be ahead of the host's, in nanoseconds, by one question."""
    before = time.time_ns()
    process.stdin.write("\n")
    process.stdin.flush()
    guest = int(process.stdout.readline())
    return guest - time.time_ns(), guest - before


def is_right(bounds):
    low, high = bounds
    return high - low < OFF_NSEC and low < OFF_NSEC and high > -OFF_NSEC


def is_wrong(bounds):
    low, high = bounds
    return low > OFF_NSEC or high < -OFF_NSEC


def clock(process):
    """The first bounds, and those of when it was right, or at last."""
    first = bounds = ask(process)
    deadline = time.monotonic() + SETTLED_SEC
    asked = 1
    while not is_right(bounds) and time.monotonic() < deadline and (asked < ASKED or is_wrong(bounds)):
        time.sleep(0.05)
        bounds = ask(process)
        asked += 1
    return first, bounds


def start(command):
    """What one machine said, and its clock."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        values = {}
        for line in iter(process.stdout.readline, "ready\n"):
            if not line:
                raise RuntimeError(f"{' '.join(command)} ended early")
            name, value = line.split()
            values[name] = value
        first, bounds = clock(process)
        process.stdin.close()
        if process.wait() != 0:
            raise RuntimeError(f"{' '.join(command)}: status {process.returncode}")
    return values, first, bounds


def check_values(machines):
    wrong = []
    for name in machines[0]:
        missing = [m for m in machines if name not in m]
        if missing:
            wrong.append(f"{name}: {len(missing)} machines do not tell it")
            continue
        counts = collections.Counter(m[name] for m in machines)
        equal = sum(n - 1 for n in counts.values())
        allowed = BY_CHANCE if len(machines[0][name]) < 16 else 0
        if equal > allowed:
            wrong.append(f"{name}: {len(counts)} values in {len(machines)} machines")
    return wrong


def check_clocks(bounds):
    return [f"a clock is {low / 1e6:.1f} to {high / 1e6:.1f} ms ahead of the host's"
            for low, high in bounds if is_wrong((low, high))]


def main():
    count, command = int(sys.argv[1]), sys.argv[2:]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(start, [command] * count))
    values, first, bounds = zip(*results)
    middle = sorted(sum(b) / 2e6 for b in first)
    print(f"{count} machines, {len(values[0])} values each; "
          f"clocks at first {middle[0]:+.1f} to {middle[-1]:+.1f} ms ahead of the host's")
    wrong = check_values(values) + check_clocks(bounds)
    sys.exit("\n".join(wrong) or 0)


main()
