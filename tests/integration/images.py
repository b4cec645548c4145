#!/usr/bin/env python3
"""Make the images of the integration tests: FOLDER/NAME is an OCI layout with the tag "latest".

  images.py FOLDER

Images for the registry lie in FOLDER/good, hostile ones in FOLDER/bad; the latter are never
pushed anywhere, since a proper registry or skopeo might rightly refuse them.
"""
import gzip
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from ociimage import Layer, Layout, busybox_layer, compress  # noqa: E402

MIB = 1 << 20
CAP_NET_RAW = 13


def file_capability(number):
    """security.capability, version 2, permitted and effective."""
    return struct.pack("<5I", 0x02000001, 1 << number, 0, 0, 0)


def script(text):
    return b"#!/bin/sh\n" + text.encode()


def rich_layers():
    """A tree with everything a layer can hold, and two layers that change it."""
    base = Layer()
    base.folder("data").folder("data/kept").folder("data/opaque").folder("data/gone")
    base.file("data/removed", b"old").file("data/replaced", b"old")
    base.file("data/kept/a", b"a").file("data/opaque/old", b"old").file("data/gone/deep", b"x")
    base.file("data/owned", b"mine", 0o640, uid=1000, gid=10)
    base.file("data/setuid", b"", 0o4755).folder("data/sticky", 0o1777)
    base.file("data/bigowner", b"", uid=3000000, gid=3000001)
    base.file("data/first", b"linked").hardlink("data/second", "data/first")
    base.symlink("data/pointer", "first").symlink("data/absolute", "/data/first")
    base.symlink("data/dangling", "nowhere")
    base.file("data/capable", b"", 0o755,
              xattrs={"security.capability": file_capability(CAP_NET_RAW), "user.note": b"hello"})
    base.file("data/listed", b"for alice", 0o640,
              acl="user::rw-\nuser:1000:r--\ngroup::---\nmask::r--\nother::---\n")
    base.device("data/null", tarfile.CHRTYPE, 1, 3, 0o666)
    base.device("data/disk", tarfile.BLKTYPE, 259, 7, 0o660)
    base.add("data/pipe", tarfile.FIFOTYPE)
    base.file("data/" + "n" * 200, b"long name").file("data/\u00fcml\u00e4ut", b"utf-8")
    base.file("data/large", bytes(range(256)) * 20000)
    base.file("data/empty")
    base.folder("data/many")
    for i in range(600):
        base.file(f"data/many/{i:04}", str(i).encode())

    second = Layer("zstd")
    second.whiteout("data/removed").whiteout("data/gone")
    second.file("data/replaced", b"new, and longer")
    second.folder("data/opaque").opaque("data/opaque").file("data/opaque/new", b"new")
    second.folder("data/kept", 0o700).file("data/kept/b", b"b")

    third = Layer("none")
    third.file("data/removed", b"back").symlink("data/gone", "kept")
    return [base, second, third]


CONFIGURED = {
    "Entrypoint": ["/bin/show", "entry"],
    "Cmd": ["default", "words"],
    "Env": ["PATH=/bin", "FROM_IMAGE=yes", "OVERRIDDEN=image"],
    "User": "alice",
    "WorkingDir": "/made/by/moat",
    "StopSignal": "SIGUSR1",
    "Labels": {"org.example.label": "value"},
}


def configured_layers():
    show = script('echo "args=$*"; echo "user=$(id -un):$(id -gn)"; echo "cwd=$PWD"\n'
                  'echo "image=$FROM_IMAGE overridden=$OVERRIDDEN home=$HOME"\n')
    wait = script("trap 'echo got usr1; exit 7' USR1\ntrap 'echo got term; exit 8' TERM\n"
                  "echo ready\nwhile :; do sleep 0.1; done\n")
    return [busybox_layer(), Layer().file("bin/show", show, 0o755).file("bin/waiter", wait, 0o755)]


def program_layers(name):
    """A program of the tests' own in /bin: identity tells all that no two machines may have in common."""
    source = pathlib.Path(__file__).with_name(f"{name}.c")
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / name
        subprocess.run(["gcc", "-static-pie", "-fPIE", "-O2", "-D_GNU_SOURCE", "-o", program, source], check=True)
        return [busybox_layer(), Layer().file(f"bin/{name}", program.read_bytes(), 0o755)]


def sqlite_layers():
    """Debian's sqlite3, with the libraries it needs."""
    program = shutil.which("sqlite3")
    said = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    layer = Layer().file("bin/sqlite3", pathlib.Path(program).read_bytes(), 0o755)
    for path in re.findall(r"(/\S+) \(0x", said):
        layer.file(path.lstrip("/"), pathlib.Path(path).read_bytes(), 0o755)
    return [busybox_layer(), layer]


def good(folder):
    def single(name, layers, config=None):
        layout = Layout(folder / name)
        layout.tag(layout.image(layers, config), "latest")

    single("busybox", [busybox_layer()])
    single("zstd", [busybox_layer("zstd")])
    single("plain", [busybox_layer("none")])
    single("rich", [busybox_layer(), *rich_layers()])
    single("identity", program_layers("identity"))
    if shutil.which("sqlite3"):
        single("sqlite", sqlite_layers())
    single("service", program_layers("service"), {"ExposedPorts": {"80/tcp": {}, "80/udp": {}}})
    single("configured", configured_layers(), CONFIGURED)
    # Big enough that a pull takes long enough to be interrupted; does not compress.
    noise = b"".join(struct.pack("<Q", (i * 0x9E3779B97F4A7C15 + 7) & (2**64 - 1)) for i in range(MIB))
    single("big", [busybox_layer(), Layer("none").file("noise", noise * 4)])

    undated = Layout(folder / "undated")
    undated.tag(undated.image([busybox_layer(), Layer().file("a", bytes(3000)).file("b", bytes(500))],
                              created=None), "latest")

    multi = Layout(folder / "multi")
    multi.tag(multi.index([
        multi.image([Layer().file("wrong")], architecture="arm64"),
        multi.image([busybox_layer(), Layer().file("right")]),
    ]), "latest")
    foreign = Layout(folder / "foreign")
    foreign.tag(foreign.index([
        foreign.image([Layer().file("x")], architecture="arm64"),
        foreign.image([Layer().file("x")], architecture="s390x"),
    ]), "latest")
    lone = Layout(folder / "lone-arm")
    lone.tag(lone.image([Layer().file("x")], architecture="arm64"), "latest")


def hostile_layers():
    """(name, layers) of images whose archives try to leave their root or are malformed."""
    yield "dotdot", [Layer().file("../evil", b"evil")]
    yield "dotdot-inside", [Layer().folder("a").file("a/b/../../../evil", b"evil")]
    yield "dotdot-folder", [Layer().folder("..", 0o777)]
    yield "hardlink-dotdot", [Layer().hardlink("stolen", "../../../../etc/passwd")]
    yield "hardlink-outside", [Layer().hardlink("stolen", "/etc/hostname")]
    yield "hardlink-symlink", [Layer().symlink("up", "/etc").hardlink("stolen", "up/passwd")]
    yield "whiteout-dotdot", [Layer().folder("a").file("a/.wh...")]
    yield "whiteout-dot", [Layer().folder("a").file("a/.wh..")]
    yield "deep", [Layer().file("d/" * 10000 + "file", b"x")]
    yield "xattr-count", [Layer().file("x", xattrs={f"user.{i}": b"" for i in range(2000)})]
    yield "xattr-bomb", [Layer().file("x", xattrs={f"user.{i}": b"v" * 60000 for i in range(40)})]


def contained_layers(outside):
    """Images that docker accepts, with every name taken inside the root."""
    yield "absolute", [busybox_layer(), Layer().file(str(outside / "absolute"), b"inside")]
    yield "symlink", [busybox_layer(), Layer().symlink("link", str(outside)).file("link/evil", b"evil")]
    yield "symlink-layers", [busybox_layer(), Layer().symlink("link", str(outside)),
                             Layer().file("link/evil", b"evil")]
    yield "symlink-up", [busybox_layer(), Layer().symlink("up", "../../../../.." + str(outside))
                         .file("up/evil", b"evil")]


def odd_layers():
    """What is unusual and no error: it is in the image as it is in the layers."""
    first = Layer().folder(".").file("new\nline", b"1").file("no utf-8 \udcff\udcfe", b"2").file("n" * 255, b"3")
    first.file("twice", b"old").file("twice", b"the last one").folder("both").file("both", b"no folder any more")
    first.device("null", tarfile.CHRTYPE, 1, 3, 0o666).file("setuid", b"", 0o6755).add("fifo", tarfile.FIFOTYPE)
    first.file("/".join("d" * 100) + "/deep", b"4").symlink("self", "self").file("x", xattrs={"user.a": b"v" * 3000})
    second = Layer().whiteout("nothing").whiteout("nowhere/nothing").opaque("nowhere").whiteout("twice")
    return [busybox_layer(), first, second]


class Raw:
    """A layer of given bytes."""

    def __init__(self, packed, tar=None, compression="gzip"):
        self.packed, self._tar, self.compression = packed, tar if tar is not None else packed, compression

    def tar(self):
        return self._tar


class RawLayout(Layout):
    """Takes the packed bytes of Raw layers as they are."""

    def raw_image(self, layer):
        descriptor = self.image([layer])
        manifest = json.loads((self.path / "blobs/sha256" / descriptor["digest"][7:]).read_bytes())
        manifest["layers"] = [self.blob(layer.packed, manifest["layers"][0]["mediaType"])]
        return {**self.document(manifest, descriptor["mediaType"]), "platform": descriptor["platform"]}


def bomb():
    """A tar with a file of 2 GiB of zeros in about 2 MiB: the members of a gzip may be repeated."""
    info = tarfile.TarInfo("zeros")
    info.size = 2 << 30
    piece = gzip.compress(bytes(64 * MIB), mtime=0)
    return gzip.compress(info.tobuf(tarfile.GNU_FORMAT), mtime=0) + piece * 32


def raw_layers():
    tar = Layer().file("a", bytes(range(256)) * 4096).file("b", b"b").tar()
    packed = compress(tar, "gzip")
    yield "truncated-gzip", Raw(packed[: len(packed) // 2], tar)
    yield "truncated-tar", Raw(compress(tar[:3000], "gzip"), tar[:3000])
    yield "truncated-zstd", Raw(compress(tar, "zstd")[:-20], tar, "zstd")
    yield "corrupt-gzip", Raw(packed[:200] + b"\xff" * 64 + packed[264:], tar)
    yield "garbage", Raw(b"this is no archive at all " * 400)
    yield "wrong-diffid", Raw(packed, tar + b"\0" * 512)
    yield "bomb", Raw(bomb())
    claims = tarfile.TarInfo("claims")
    claims.size = 1 << 62
    tar = claims.tobuf(tarfile.GNU_FORMAT) + bytes(1024)
    yield "huge", Raw(compress(tar, "gzip"), tar)


def bad(folder, outside):
    for name, layers in hostile_layers():
        layout = Layout(folder / name)
        layout.tag(layout.image(layers), "latest")
    for name, layers in contained_layers(outside):
        layout = Layout(folder / ("contained-" + name))
        layout.tag(layout.image(layers), "latest")
    layout = Layout(folder / "odd")
    layout.tag(layout.image(odd_layers()), "latest")
    for name, layer in raw_layers():
        layout = RawLayout(folder / name)
        layout.tag(layout.raw_image(layer), "latest")


def main():
    folder = pathlib.Path(sys.argv[1])
    outside = folder.resolve() / "outside"
    outside.mkdir(parents=True)
    good(folder / "good")
    bad(folder / "bad", outside)


main()
