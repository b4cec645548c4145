"""Make OCI images from scratch: layers as tar streams, blobs, manifests, indexes.

Used by tools/make-image and by the tests. Everything has a fixed time stamp and order, so the
same input gives the same digests.
"""
import gzip
import hashlib
import io
import json
import pathlib
import subprocess
import tarfile

MTIME = 1700000000
CREATED = "2023-11-14T22:13:20Z"
BUSYBOX = "/bin/busybox"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

OCI = "application/vnd.oci.image."
LAYER_TYPES = {
    "gzip": OCI + "layer.v1.tar+gzip",
    "zstd": OCI + "layer.v1.tar+zstd",
    "none": OCI + "layer.v1.tar",
}


def compress(data, how):
    if how == "gzip":
        return gzip.compress(data, mtime=0)
    if how == "zstd":
        return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE,
                              check=True).stdout
    return data


class Layer:
    """One layer; the methods add an entry each, in order, exactly as told."""

    def __init__(self, compression="gzip"):
        self.compression = compression
        self._out = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._out, mode="w", format=tarfile.PAX_FORMAT)

    def add(self, name, kind=tarfile.REGTYPE, data=b"", xattrs=None, acl=None, **fields):
        """The general entry: @acl is text, as tar(1) writes it; @fields are attributes of tarfile.TarInfo."""
        info = tarfile.TarInfo(name)
        info.type = kind
        info.mtime = MTIME
        info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
        info.size = len(data)
        for key, value in fields.items():
            setattr(info, key, value)
        # PAX values are text to tarfile; surrogateescape carries the bytes of an xattr through.
        info.pax_headers = {
            "SCHILY.xattr." + key: value.decode("utf-8", "surrogateescape")
            for key, value in (xattrs or {}).items()}
        if acl:
            info.pax_headers["SCHILY.acl.access"] = acl
        self._tar.addfile(info, io.BytesIO(data))
        return self

    def file(self, name, data=b"", mode=0o644, **fields):
        return self.add(name, data=data, mode=mode, **fields)

    def folder(self, name, mode=0o755, **fields):
        return self.add(name, tarfile.DIRTYPE, mode=mode, **fields)

    def symlink(self, name, target, **fields):
        return self.add(name, tarfile.SYMTYPE, linkname=target, mode=0o777, **fields)

    def hardlink(self, name, target, **fields):
        return self.add(name, tarfile.LNKTYPE, linkname=target, **fields)

    def device(self, name, kind, major, minor, mode=0o600, **fields):
        return self.add(name, kind, devmajor=major, devminor=minor, mode=mode, **fields)

    def whiteout(self, name):
        folder, _, last = name.rpartition("/")
        return self.file((folder + "/" if folder else "") + ".wh." + last)

    def opaque(self, folder):
        return self.file(folder + "/.wh..wh..opq")

    def tar(self):
        self._tar.close()
        return self._out.getvalue()


class Layout:
    """An OCI image layout on disk."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        (self.path / "blobs/sha256").mkdir(parents=True, exist_ok=True)
        (self.path / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        self._index = {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": []}

    def blob(self, data, media_type):
        digest = hashlib.sha256(data).hexdigest()
        (self.path / "blobs/sha256" / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}

    def document(self, value, media_type):
        return self.blob(json.dumps(value, separators=(",", ":")).encode(), media_type)

    def image(self, layers, config=None, architecture="amd64", system="linux", created=CREATED):
        """Write one image; returns the descriptor of its manifest."""
        tars = [layer.tar() for layer in layers]
        blobs = [self.blob(compress(tar, layer.compression), LAYER_TYPES[layer.compression])
                 for layer, tar in zip(layers, tars)]
        document = {
            **({"created": created} if created else {}),
            "architecture": architecture,
            "os": system,
            "config": {"Env": [PATH], "Cmd": ["/bin/sh"], **(config or {})},
            "rootfs": {"type": "layers",
                       "diff_ids": ["sha256:" + hashlib.sha256(tar).hexdigest() for tar in tars]},
            "history": [{"created": CREATED, "created_by": "tools/make-image"}
                        for _ in tars],
        }
        manifest = self.document({
            "schemaVersion": 2,
            "mediaType": OCI + "manifest.v1+json",
            "config": self.document(document, OCI + "config.v1+json"),
            "layers": blobs,
        }, OCI + "manifest.v1+json")
        return {**manifest, "platform": {"architecture": architecture, "os": system}}

    def index(self, manifests):
        """Write an index over several manifests; returns its descriptor."""
        return self.document({"schemaVersion": 2, "mediaType": OCI + "index.v1+json",
                              "manifests": manifests}, OCI + "index.v1+json")

    def tag(self, descriptor, name):
        self._index["manifests"].append(
            {**descriptor, "annotations": {"org.opencontainers.image.ref.name": name}})
        (self.path / "index.json").write_text(json.dumps(self._index))


def busybox_layer(compression="gzip"):
    """A root filesystem of one static program (Debian's busybox-static) and its names."""
    layer = Layer(compression)
    for name in ("bin", "dev", "etc", "home", "proc", "run", "sbin", "sys", "usr", "usr/bin",
                 "usr/sbin", "var", "var/log"):
        layer.folder(name)
    layer.folder("root", 0o700)
    layer.folder("tmp", 0o1777)
    layer.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n"
               b"nobody:x:65534:65534:nobody:/home:/bin/false\n"
               b"alice:x:1000:1000:Alice:/home:/bin/sh\n")
    layer.file("etc/group", b"root:x:0:\nwheel:x:10:alice\nnogroup:x:65534:\nalice:x:1000:\n")
    layer.file("etc/os-release", b"ID=busybox\nNAME=Busybox\n")
    layer.file("bin/busybox", pathlib.Path(BUSYBOX).read_bytes(), 0o755)
    applets = subprocess.run([BUSYBOX, "--list-full"], stdout=subprocess.PIPE, check=True,
                             text=True).stdout.split()
    # One folder is enough: merged or not, every applet is found through PATH.
    for applet in sorted({path.rpartition("/")[2] for path in applets} - {"busybox"}):
        layer.symlink("bin/" + applet, "busybox")
    return layer
