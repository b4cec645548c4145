"""`true` in a container that runs, on moat and on podman."""
from measure import Table, timed
from setting import MOAT, PODMAN_RUN, quiet


def run(runs, registry):
    image = registry.busybox
    quiet(MOAT, "pull", "-q", image)
    quiet("podman", "pull", "-q", "--tls-verify=false", image)
    quiet(MOAT, "run", "-d", "--name", "bench-exec", image, "sleep", "10000")
    quiet(*PODMAN_RUN, "-d", "--name", "bench-exec", image, "sleep", "10000")
    table = Table("exec: true in a running container", "moat exec", runs * 2)
    try:
        table.interleave({
            "moat exec": lambda: timed([MOAT, "exec", "bench-exec", "true"], b""),
            "podman exec": lambda: timed(["podman", "--runtime", "runc", "exec", "bench-exec", "true"], b"")})
    finally:
        quiet(MOAT, "rm", "-f", "bench-exec")
        quiet("podman", "rm", "-f", "-t", "0", "bench-exec")
        quiet("podman", "rmi", "-f", image)
    return table
