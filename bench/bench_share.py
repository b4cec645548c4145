"""Files in a container's layer, in a volume and on a bind mount, beside podman's bind mount and the host itself.

The second half is done after a restart, so the guest has nothing in its memory of what the first has made: "cold" is
what is read from the host's memory, "warm" what is read three times more, the median of it.  fio and git come from
this host, into an image; of fio's jobs the time counts that its reads and writes took, not that of fio's own start.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import tarfile

import ociimage
from measure import Table
from setting import HERE, MOAT, PODMAN_RUN, output, quiet

FILES = 2000
MIB = 64
PROGRAMS = ("/usr/bin/fio", "/usr/bin/git")

# Says how long each step took, by a clock of hundredths of a second; fio says it in thousandths, in two fields of many.
SCRIPT = """
now() { read -r up rest </proc/uptime; echo "$up"; }
step() { name=$1; shift; a=$(now); "$@" >/dev/null 2>&1 || echo "failed $name"; echo "took $name $a $(now)"; }
warm() { for i in 1 2 3; do step "$@"; done; }
job() {
	name=$1
	shift
	said=$(fio --name=bench --filename="$dir/data" --size=$mib"m" --ioengine=sync --thread --output-format=terse --terse-version=3 "$@") ||
		echo "failed $name"
	echo "ran $name $(echo "$said" | cut -d';' -f9,50 | tr ';' ' ')"
}
all() { cat "$dir"/tree/*/*; }
"""
FIRST = SCRIPT + """
step untar tar xf /tree.tar -C "$dir"
job write --rw=write --bs=1m --end_fsync=1
git init -q "$dir/tree" && cd "$dir/tree" && git add . && git -c user.email=a@b -c user.name=n commit -qm x
sync
"""
SECOND = SCRIPT + """
cd /
step find-cold find "$dir/tree"
warm find-warm find "$dir/tree"
warm ls-warm ls -lR "$dir/tree"
step cat-cold all
warm cat-warm all
warm status git -C "$dir/tree" status
job read --rw=read --bs=1m
job randread --rw=randread --bs=4k --io_size=8m
job randwrite --rw=randwrite --bs=4k --io_size=4m
job fsync --rw=randwrite --bs=4k --io_size=256k --fsync=1
step rm rm -rf "$dir/tree"
rm -f "$dir/data"
"""


def needed(program):
    """The program and its libraries, as their paths are in the image."""
    lines = output("ldd", program).split("\n")
    return {word for line in lines for word in line.split() if word.startswith("/")} | {program}


def make_tree():
    """An archive of many small files, 20 in a folder."""
    path = HERE / "tree.tar"
    with tarfile.open(path, "w") as tar:
        for i in range(FILES):
            source = HERE / "small"
            source.write_bytes(b"%d\n" % i * (1 + i % 500))
            tar.add(source, f"tree/{i // 20}/{i}")
    return path


def push_image(registry):
    name, layout = registry.address + "/bench/share:latest", HERE / "images/share"
    layer, made = ociimage.Layer(), set()
    files = {path: pathlib.Path(path) for program in PROGRAMS for path in needed(program)} | {"/tree.tar": make_tree()}
    for path, source in sorted(files.items()):
        for folder in reversed(pathlib.PurePath(path).parents[:-1]):
            if folder not in made and str(folder) not in ("/bin", "/sbin"):
                made.add(folder)
                layer.folder(str(folder)[1:])
        layer.file(path[1:], source.read_bytes(), 0o755)
    shutil.rmtree(layout, ignore_errors=True)
    new = ociimage.Layout(layout)
    new.tag(new.image([ociimage.busybox_layer(), layer]), "latest")
    quiet("skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}:latest", f"docker://{name}")
    return name


def took(text):
    """{step: seconds} of what the scripts say."""
    steps = {}  # of each, one or more
    for line in text.split("\n"):
        match line.split():
            case ["took", name, begin, end]:
                steps.setdefault(name, []).append(max(0.005, float(end) - float(begin)))
            case ["ran", name, read, write]:
                steps[name] = [max(1, int(read) + int(write)) / 1000]
            case ["failed", name]:
                raise SystemExit(f"bench: share: {name} failed")
    return {name: statistics.median(times) for name, times in steps.items()}


def arguments(folder, script):
    return ["sh", "-c", f"dir={folder} mib={MIB}\n{script}"]


def in_container(engine, run, where, image):
    """One round in a container of its own; @where: its folder, and options."""
    folder, options = where
    name = "bench-share"
    quiet(*run, "-d", "--name", name, *options, image, "sleep", "100000")
    try:
        first = took(output(*engine, "exec", name, *arguments(folder, FIRST)))
        quiet(*engine, "restart", "-t", "0", name)
        return first | took(output(*engine, "exec", name, *arguments(folder, SECOND)))
    finally:
        quiet(*engine, "rm", "-f", "-v", name)


def on_host(folder):
    script = FIRST.replace("/tree.tar", str(HERE / "tree.tar")) + SECOND
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return took(subprocess.run(arguments(folder, script), stdout=subprocess.PIPE, check=True, text=True,
                               env=os.environ | {"HOME": str(HERE)}).stdout)


def run(runs, registry):
    image, shared = push_image(registry), HERE / "shared"
    podman, moat_run = ["podman", "--runtime", "runc"], [MOAT, "run", "--network", "none", "-m", "1g"]
    podman_run = [word for word in PODMAN_RUN if word != "--rm"]
    shared.mkdir(exist_ok=True)
    bind = ["-v", f"{shared}:/data"]
    quiet(MOAT, "pull", "-q", image)
    quiet("podman", "pull", "-q", "--tls-verify=false", image)
    table = Table(f"share: {FILES} small files, {MIB} MiB with fio", "moat bind", max(1, runs // 10))
    try:
        table.interleave({
            "moat bind": lambda: in_container([MOAT], moat_run, ("/data", bind), image),
            "moat volume": lambda: in_container([MOAT], moat_run, ("/data", ["-v", "/data"]), image),
            "moat layer": lambda: in_container([MOAT], moat_run, ("/root", []), image),
            "podman bind": lambda: in_container(podman, podman_run, ("/data", bind), image),
            "host": lambda: on_host(HERE / "on-host")}, warm_up=0)
    finally:
        quiet("podman", "rmi", "-f", image)
    return table
