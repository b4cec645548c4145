"""A folder of very many files in a container: what finding them costs, there and in moat-fs.

MOAT_BENCH_FILES says how many; with 1,000,000 it takes a quarter of an hour.
"""
import os
import pathlib
import shutil
import subprocess

from measure import Values, field
from setting import HERE, MOAT, output, quiet

FILES = int(os.environ.get("MOAT_BENCH_FILES", "20000"))
IN_A_FOLDER = 1000

# Of a guest that is large enough to know of all of them at once.
OPTIONS = ("-m", "2g", "--network", "none")
COUNT = "read a b </proc/uptime; find /data | wc -l; read c d </proc/uptime; echo $a $c"


def make_files(folder):
    shutil.rmtree(folder, ignore_errors=True)
    for i in range(FILES):
        if i % IN_A_FOLDER == 0:
            (folder / str(i // IN_A_FOLDER)).mkdir(parents=True)
        os.mknod(folder / str(i // IN_A_FOLDER) / f"file-{i}")


def server_of(folder):
    """The moat-fs that has the folder."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (os.readlink(process / "exe").endswith("/moat-fs")
                    and any(os.readlink(fd) == str(folder) for fd in (process / "fd").iterdir())):
                return process
        except OSError:
            pass
    raise SystemExit("bench: no moat-fs has " + str(folder))


def find(name):
    """Seconds of the guest's clock."""
    count, begin, end = output(MOAT, "exec", name, "sh", "-c", COUNT).split()
    if int(count) != FILES + FILES // IN_A_FOLDER + 1:
        raise SystemExit(f"bench: files: find found {count} of {FILES}")
    return round(float(end) - float(begin), 2)


def run(_runs, registry):
    folder, name = HERE / "many", "bench-files"
    make_files(folder)
    quiet(MOAT, "pull", "-q", registry.busybox)
    quiet(MOAT, "run", "-d", "--name", name, *OPTIONS, "-v", f"{folder}:/data", registry.busybox, "sleep", "100000")
    try:
        process = server_of(folder)
        before = int(field(process / "smaps_rollup", "Pss").split()[0])
        first, second = find(name), find(name)
        after = int(field(process / "smaps_rollup", "Pss").split()[0])
        host = subprocess.run(["sh", "-c", COUNT.replace("/data", str(folder))], stdout=subprocess.PIPE, check=True,
                              text=True).stdout.split()
        fds = len(list((process / "fd").iterdir()))
    finally:
        quiet(MOAT, "rm", "-f", name)
        shutil.rmtree(folder)
    return Values(f"files: find over {FILES} files in a container", {
        "seconds, the first time": first, "seconds, the second time": second,
        "seconds on the host": round(float(host[2]) - float(host[1]), 2),
        "PSS of moat-fs in KiB": after, "of it for a file in bytes": round((after - before) * 1024 / FILES),
        "descriptors in moat-fs": fds})
