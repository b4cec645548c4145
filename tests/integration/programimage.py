#!/usr/bin/env python3
"""Write a root file system of programs of this host's packages, with busybox beside them, as a tar for `moat image import`.

  programimage.py FILE.tar PROGRAM… [PATH…]

Each PROGRAM is found on PATH and comes with the libraries it is linked with; an absolute PATH, a file or a folder, comes as it is,
with the libraries of the programs in it.
"""
import os
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from ociimage import Layer  # noqa: E402

# Loaded by libc when names and users are looked up.
ALWAYS = ("libnss_files.so.2", "libnss_dns.so.2")
USERS = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\npostgres:x:105:110::/var/lib/postgresql:/bin/sh\n"
GROUPS = "root:x:0:\nnogroup:x:65534:\npostgres:x:110:\n"


def libraries(path):
    """Absolute paths of what a program or library is linked with, its interpreter included."""
    said = subprocess.run(["ldd", path], capture_output=True, text=True).stdout
    words = [word for line in said.splitlines() for word in line.split() if word.startswith("/")]
    return [word for word in words if os.path.exists(word)]


class Root:
    def __init__(self):
        self.layer = Layer()
        self.names = set()

    def folders(self, name):
        for parent in reversed(pathlib.PurePosixPath(name).parents):
            if str(parent) not in (".", "") and str(parent) not in self.names:
                self.names.add(str(parent))
                self.layer.folder(str(parent))

    def text(self, name, data, mode=0o644):
        if name not in self.names:
            self.folders(name)
            self.names.add(name)
            self.layer.file(name, data, mode)

    def file(self, path):
        """A file of the host's under its own name, whatever links lead to it."""
        if path.lstrip("/") in self.names:
            return
        with open(path, "rb") as file:
            data = file.read()
        self.text(path.lstrip("/"), data, 0o755 if os.access(path, os.X_OK) else 0o644)
        if data[:4] == b"\x7fELF":
            for library in libraries(path):
                self.file(library)

    def tree(self, path):
        for folder, _, files in os.walk(path):
            for name in files:
                if os.path.isfile(os.path.join(folder, name)):
                    self.file(os.path.join(folder, name))


def main(output, wanted):
    root = Root()
    busybox = shutil.which("busybox")
    root.text("bin/busybox", pathlib.Path(busybox).read_bytes(), 0o755)
    for applet in subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split():
        if not any(name.split("/")[-1] == applet for name in wanted) and applet != "busybox":
            root.names.add(f"bin/{applet}")
            root.layer.symlink(f"bin/{applet}", "busybox")
    for name in wanted:
        path = name if name.startswith("/") else shutil.which(name)
        if path is None:
            sys.exit(f"{name} is not installed")
        root.tree(path) if os.path.isdir(path) else root.file(path)
    libc = pathlib.Path(next(path for path in libraries("/bin/sh") if "libc.so" in path)).parent
    for name in ALWAYS:
        if (libc / name).exists():
            root.file(str(libc / name))
    root.text("etc/passwd", USERS.encode())
    root.text("etc/group", GROUPS.encode())
    root.text("etc/nsswitch.conf", b"passwd: files\ngroup: files\nhosts: files dns\n")
    for folder, mode in (("tmp", 0o1777), ("root", 0o700), ("run", 0o755), ("var/log/nginx", 0o755), ("var/lib/nginx", 0o755)):
        root.folders(folder + "/x")
        root.layer.folder(folder, mode)
    pathlib.Path(output).write_bytes(root.layer.tar())


main(sys.argv[1], sys.argv[2:])
