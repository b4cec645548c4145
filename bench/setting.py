"""What all benchmarks share: the programs and kernels, an instance of moat of their own, a registry on loopback."""
import os
import pathlib
import shutil
import subprocess
import sys
import time

REPO = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPO / "tools"))
import ociimage  # noqa: E402
from measure import free_port, request, timed, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ.get("MOAT_BUILD", REPO / "build"))
HERE = BUILD / "bench"
ROOT = HERE / "root"
CONFIG = HERE / "moat.json"  # settings: none, but where a benchmark makes some
MOAT = str(BUILD / "moat")
DEBIAN_KERNEL = BUILD / "guest-kernel"
OWN_KERNEL = BUILD / "kernel"
# What moat uses by default: its own once it is built.
KERNEL = OWN_KERNEL if (OWN_KERNEL / "VERSION").exists() else DEBIAN_KERNEL
PODMAN_RUN = ["podman", "--runtime", "runc", "run", "--rm", "--ulimit", "nofile=1024:1024",
              "--ulimit", "nproc=1024:1024", "--network", "none"]


def quiet(*command):
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)


def output(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, text=True).stdout


def make_tree_image(path):
    """Some 4,000 files, 100 MB, that compress about as well as programs do."""
    words = [b"%x" % (i * 2654435761 % 2**32) for i in range(5000)]
    layer = ociimage.Layer()
    for i in range(4000):
        if i % 100 == 0:
            layer.folder(f"tree/{i // 100}")
        body = b" ".join(words[(i * j) % 5000] for j in range(1, 2800))
        layer.file(f"tree/{i // 100}/{i}", body)
    layout = ociimage.Layout(path)
    layout.tag(layout.image([ociimage.busybox_layer(), layer]), "latest")


class Server:
    """docker-registry on loopback, with what is in a folder."""

    def __init__(self, folder):
        self.address = f"localhost:{free_port()}"
        config = folder.with_suffix(".yml")
        config.write_text(f"version: 0.1\nlog: {{level: error}}\n"
                          f"storage: {{filesystem: {{rootdirectory: {folder}}}}}\n"
                          f"http: {{addr: \"127.0.0.1:{self.address.split(':')[1]}\"}}\n")
        with open(folder.with_suffix(".log"), "wb") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", str(config)], stdout=log,
                                            stderr=log)
        wait_for(lambda: request(self.address, "/v2/"))

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Registry(Server):
    """One with the two images of the benchmarks."""

    def __init__(self):
        super().__init__(HERE / "registry")
        self.busybox = self.address + "/bench/busybox:latest"
        self.tree = self.address + "/bench/tree:latest"
        self.push()

    def push(self):
        for name, make in (("busybox", lambda p: quiet(str(REPO / "tools/make-image"), str(p))),
                           ("tree", make_tree_image)):
            layout = HERE / "images" / name
            if not (layout / "index.json").exists():
                make(layout)
            quiet("skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false",
                  f"oci:{layout}:latest", f"docker://{self.address}/bench/{name}:latest")


def prepare_root(kernel=KERNEL):
    """A data root with nothing but a kernel."""
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir(mode=0o700, parents=True)
    CONFIG.write_text("{}\n", encoding="ascii")
    os.environ["MOAT_ROOT"] = str(ROOT)
    os.environ["MOAT_CONFIG"] = str(CONFIG)
    os.environ.pop("MOAT_HOST", None)
    os.environ["MOAT_SPARES"] = "0"  # benchmarks say when one is to be there
    quiet(MOAT, "system", "kernel", "set", str(kernel))


def spares(wanted):
    """Have so many machines ready, and wait until it is so."""
    quiet(MOAT, "system", "spare", "set", str(wanted))
    await_spares(wanted)


def timed_from_spare(command, want):
    """timed() of a start for which one machine is ready, as no other is while the clock runs."""
    spares(1)
    sample = timed(command, want)
    spares(0)
    return sample


def rehearsed():
    return output(MOAT, "system", "spare", "ls", "--format", "{{.Rehearsed}}").split()


def await_spares(wanted):
    """Wait until so many machines are ready and nothing works on them any more."""
    wait_for(lambda: require(rehearsed() == ["true"] * wanted), 60)
    time.sleep(0.1)


def settle_spares():
    """Wait until as many are ready as moatd wants to keep, which follows from the starts there were."""
    def settled():
        before = rehearsed()
        time.sleep(0.5)
        require(before and rehearsed() == before and set(before) == {"true"})
    wait_for(settled, 60)


def require(condition):
    if not condition:
        raise OSError("not yet")


def rootfs():
    """The EROFS file of the image that was pulled last."""
    return max((ROOT / "images/rootfs").glob("*.erofs"), key=lambda p: p.stat().st_mtime)


def kernel_file():
    """The kernel moat boots, as it boots it."""
    return (ROOT / "kernel/current/vmlinuz").resolve()


def needs_acpi():
    return not (ROOT / "kernel/current/device-parameters").exists()
