#!/usr/bin/env python3
"""Make images as registries have them in the field: FOLDER/NAME is an OCI layout with the tag "latest".

  fieldimages.py FOLDER

They are right, as a rule, and unusual: they are served as they are by badregistry.py. Each that can be pulled has
/hello in it.
"""
import gzip
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from ociimage import OCI, Layer, Layout  # noqa: E402

DOCKER = "application/vnd.docker."
HELLO = b"hello, field\n"


def hello():
    return Layer().file("hello", HELLO).file("filler", bytes(range(256)) * 40)


class Field(Layout):
    """A layout whose documents are taken as they come."""

    def packed(self, blobs, tars, layer_type=OCI + "layer.v1.tar+gzip", **members):
        """An image of layers that are packed already."""
        config = {"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/hello"]},
                  "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tar).hexdigest() for tar in tars]}}
        layers = [{**self.blob(blob, layer_type), **members} for blob in blobs]
        return self.document({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
                              "config": self.document(config, OCI + "config.v1+json"), "layers": layers},
                             OCI + "manifest.v1+json")

    def digest512(self, descriptor):
        """The same blob, named by SHA-512."""
        data = (self.path / "blobs/sha256" / descriptor["digest"][7:]).read_bytes()
        folder = self.path / "blobs/sha512"
        folder.mkdir(exist_ok=True)
        name = hashlib.sha512(data).hexdigest()
        (folder / name).write_bytes(data)
        return {**descriptor, "digest": "sha512:" + name}

    def read(self, descriptor):
        return json.loads((self.path / "blobs/sha256" / descriptor["digest"][7:]).read_bytes())


def members(tar, step):
    return b"".join(gzip.compress(tar[at:at + step], mtime=0) for at in range(0, len(tar), step))


def footer():
    """eStargz ends with an empty member whose extra field says where its table of contents is."""
    extra = b"SG" + struct.pack("<H", 22) + b"%016xSTARGZ" % 0
    body = zlib.compressobj(wbits=-15)
    return (b"\x1f\x8b\x08\x04" + bytes(4) + b"\0\xff" + struct.pack("<H", len(extra)) + extra + body.compress(b"") +
            body.flush() + struct.pack("<II", zlib.crc32(b""), 0))


def skippable(data):
    return struct.pack("<II", 0x184D2A50, len(data)) + data


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def packings():
    """(name, packed, media type): one tar in all kinds of packings."""
    tar = hello().tar()
    gzipped, middle = OCI + "layer.v1.tar+gzip", len(tar) // 2
    yield "members", members(tar, 3000), gzipped
    yield "trailing", gzip.compress(tar, mtime=0) + b"\0" * 512, gzipped
    yield "trailing-words", gzip.compress(tar, mtime=0) + b"signed by somebody", gzipped
    yield "estargz", members(tar, 512) + footer(), gzipped
    yield "zstd-chunked", zstd(tar[:middle]) + zstd(tar[middle:]) + skippable(b"a table"), OCI + "layer.v1.tar+zstd"
    yield "zstd-skippable", skippable(b"a note") + zstd(tar), OCI + "layer.v1.tar+zstd"
    yield "nondistributable", gzip.compress(tar, mtime=0), OCI + "layer.nondistributable.v1.tar+gzip"
    yield "wrong-type", zstd(tar), gzipped


def attestation(layout):
    """As buildx writes one: a manifest for unknown/unknown."""
    config = layout.document({"architecture": "unknown", "os": "unknown", "config": {},
                              "rootfs": {"type": "layers", "diff_ids": []}}, OCI + "config.v1+json")
    manifest = layout.document({
        "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": config,
        "layers": [layout.blob(b'{"predicateType":"https://slsa.dev/provenance/v0.2"}', "application/vnd.in-toto+json")],
    }, OCI + "manifest.v1+json")
    return {**manifest, "platform": {"architecture": "unknown", "os": "unknown"},
            "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}


def indexes(make):
    """(layout, descriptor): indexes with entries for whoever they are for."""
    layout = make("attested")
    yield layout, layout.index([layout.image([hello()]), attestation(layout)])
    layout = make("windows")
    windows = layout.image([Layer().file("Files/wrong", b"x")], system="windows")
    windows["platform"]["os.version"] = "10.0.20348.2113"
    yield layout, layout.index([windows, layout.image([hello()])])
    layout = make("strange-platforms")
    other = layout.image([Layer().file("wrong", b"x")])
    yield layout, layout.index([
        {**other, "platform": {"os": "an operating system of its own", "architecture": "amd64"}},
        {**other, "platform": {"os": "wasip1", "architecture": "wasm"}},
        {**other, "platform": 7}, {**other, "digest": "blake3:" + "0" * 64},
        {**other, "mediaType": "application/vnd.example.unheard+json"}, layout.image([hello()])])
    layout = make("nameless-platform")
    image = layout.image([hello()])
    del image["platform"]
    yield layout, layout.index([image])
    layout = make("nested")
    yield layout, layout.index([{**layout.index([layout.image([hello()])]), "platform": {"architecture": "amd64", "os": "linux"}}])


def others(make):
    """(layout, descriptor): manifests that are odd themselves."""
    layout = make("artifact")
    yield layout, layout.document({
        "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "artifactType": "application/vnd.example.chart",
        "config": layout.blob(b"{}", "application/vnd.cncf.helm.config.v1+json"),
        "layers": [layout.blob(b"a chart", "application/vnd.cncf.helm.chart.content.v1.tar+gzip")]}, OCI + "manifest.v1+json")
    layout = make("schema1")
    yield layout, layout.document({"schemaVersion": 1, "name": "x", "tag": "latest", "fsLayers": [], "history": []},
                                  DOCKER + "distribution.manifest.v1+prettyjws")
    layout = make("empty-layer")
    tar = hello().tar()
    yield layout, layout.packed([gzip.compress(b"", mtime=0), gzip.compress(tar, mtime=0), b""], [b"", tar, b""])
    layout = make("no-layers")
    yield layout, layout.packed([], [])
    layout = make("foreign-elsewhere")
    tar = hello().tar()
    packed = gzip.compress(tar, mtime=0)
    yield layout, layout.packed([packed], [tar], DOCKER + "image.rootfs.foreign.diff.tar.gzip", urls=["https://127.0.0.1:1/nobody"])
    # By SHA-512: a layer, the config, and the manifest in its index.
    layout = make("sha512")
    manifest = layout.read(layout.image([hello()]))
    manifest["config"] = layout.digest512(manifest["config"])
    manifest["layers"] = [layout.digest512(layer) for layer in manifest["layers"]]
    yield layout, layout.index([{**layout.digest512(layout.document(manifest, OCI + "manifest.v1+json")),
                                 "platform": {"architecture": "amd64", "os": "linux"}}])


def main():
    folder = pathlib.Path(sys.argv[1])
    tar = hello().tar()
    for name, packed, media_type in packings():
        layout = Field(folder / name)
        layout.tag(layout.packed([packed], [tar], media_type), "latest")
    for make in (indexes, others):
        for layout, descriptor in make(lambda name: Field(folder / name)):
            layout.tag(descriptor, "latest")


main()
