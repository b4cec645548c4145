"""Pull and unpack an image of Debian packages from a registry on loopback, with the image removed in between."""
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import ociimage
from measure import Table, field, timed
from setting import BUILD, HERE, MOAT, ROOT, output, quiet

LAYERS = (("coreutils", "libc6", "bash", "perl-modules-5.36", "python3.11-minimal", "libpython3.11-stdlib"),
          ("git", "vim-runtime"), ("gcc-12", "cpp-12"), ("qemu-system-x86", "libicu72"))


def layer_of(packages):
    """What is installed of the packages, as root would have it."""
    layer = ociimage.Layer()
    listed = [path for path in output("dpkg", "-L", *packages).split("\n") if path.startswith("/") and path != "/."]
    # A merged /usr: what the package has below /bin is below /usr/bin.
    paths = {os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)) for path in listed}
    for path in sorted(paths - {"/bin", "/sbin", "/lib", "/lib64"}):
        if os.path.islink(path):
            layer.symlink(path[1:], os.readlink(path))
        elif os.path.isdir(path):
            layer.folder(path[1:])
        elif os.path.isfile(path):
            layer.file(path[1:], pathlib.Path(path).read_bytes(), os.stat(path).st_mode & 0o777)
    return layer


def push_image(registry):
    name, layout = registry.address + "/bench/debian:latest", HERE / "images/debian"
    if not (layout / "index.json").exists():
        new = ociimage.Layout(layout)
        new.tag(new.image([layer_of(packages) for packages in LAYERS]), "latest")
    quiet("skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}:latest", f"docker://{name}")
    return name, layout


def blobs(layout):
    """The layers' files."""
    index = json.loads((layout / "index.json").read_text())
    path = layout / "blobs/sha256"
    manifest = json.loads((path / index["manifests"][0]["digest"][7:]).read_text())
    return [path / layer["digest"][7:] for layer in manifest["layers"]]


def moatd_pid():
    return (ROOT / "moatd.lock").read_text().split()[0]


class Watch(threading.Thread):
    """The most memory that moatd and what it starts had at one time, in MiB (PSS)."""

    def __init__(self):
        super().__init__(daemon=True)
        self.peak, self.over, self.pid = 0, False, moatd_pid()
        self.start()

    def pss(self):
        total = 0
        for pid in [self.pid, *output("pgrep", "-P", self.pid).split()]:
            try:
                total += int(field(f"/proc/{pid}/smaps_rollup", "Pss").split()[0])
            except (OSError, IndexError):
                pass
        return total / 1024

    def run(self):
        while not self.over:
            try:
                self.peak = max(self.peak, self.pss())
            except subprocess.CalledProcessError:
                pass
            time.sleep(0.02)

    def end(self):
        self.over = True
        self.join()
        return self.peak


def footprint(name, packed):
    """Once, apart from the clock: memory, and what was written beside what there is."""
    written = lambda: int(field(f"/proc/{moatd_pid()}/io", "write_bytes"))
    before, watch = written(), Watch()
    quiet(MOAT, "pull", "-q", name)
    peak, wrote = watch.end(), written() - before
    unpacked = sum(p.stat().st_blocks * 512 for p in (ROOT / "images/rootfs").glob("*.erofs"))
    quiet(MOAT, "image", "rm", name)
    print(f"memory of moatd and moat-unpack at most {peak:.0f} MiB; written {wrote / 1e6:.0f} MB, "
          f"{wrote / (packed + unpacked):.2f} of blobs and image ({(packed + unpacked) / 1e6:.0f} MB)")


def run(runs, registry):
    name, layout = push_image(registry)
    files = blobs(layout)
    packed = sum(p.stat().st_size for p in files)
    quiet(MOAT, "system", "info")
    footprint(name, packed)
    table = Table(f"pull: Debian packages, {len(files)} layers, {packed / 1e6:.0f} MB of gzip, from loopback", "moat pull", runs)

    def moat():
        sample = timed([MOAT, "pull", "-q", name], b"bench/debian")
        quiet(MOAT, "image", "rm", name)
        return sample

    def podman():
        sample = timed(["podman", "pull", "-q", "--tls-verify=false", name], b"")
        quiet("podman", "rmi", "-f", name)
        return sample

    def download():
        urls = [f"http://{registry.address}/v2/bench/debian/blobs/sha256:{p.name}" for p in files]
        return timed(["curl", "-sS", "--no-progress-meter", "-Z", *(a for url in urls for a in ("-o", "/dev/null", url))], b"")

    def unpack():
        return timed(["xargs", "-P", str(len(os.sched_getaffinity(0))), "-n", "1", "-a", str(HERE / "layers.txt"),
                      "sh", "-c", 'gzip -dc "$0" >/dev/null'], b"")

    (HERE / "layers.txt").write_text("".join(f"{p}\n" for p in files))
    table.interleave({"moat pull": moat, "podman pull": podman, "download alone (curl)": download,
                      "decompression alone (gzip)": unpack}, 1)
    return table
