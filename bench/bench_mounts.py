"""A start with two bind mounts and a volume against one without."""
from measure import Table, timed
from setting import HERE, MOAT, quiet


def run(runs, registry):
    folders = [HERE / "mounts" / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    quiet(MOAT, "pull", "-q", registry.busybox)
    quiet(MOAT, "volume", "create", "bench-mounts")
    mounts = [word for i, folder in enumerate(folders) for word in ("-v", f"{folder}:/mnt/{i}")]
    mounts += ["-v", "bench-mounts:/mnt/volume"]
    plain = [MOAT, "run", "--rm", "--network", "none"]
    table = Table("mounts: a start with two bind mounts and a volume", "with mounts", runs)
    try:
        table.interleave({
            "with mounts": lambda: timed([*plain, *mounts, registry.busybox, "echo", "hello"], b"hello"),
            "without": lambda: timed([*plain, registry.busybox, "echo", "hello"], b"hello")})
    finally:
        quiet(MOAT, "volume", "rm", "bench-mounts")
    return table
