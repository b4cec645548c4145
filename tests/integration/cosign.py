#!/usr/bin/env python3
"""Sign an image in a registry as `cosign sign --key` does, with openssl.

  cosign.py HOST/REPOSITORY DIGEST KEY [--identity NAME] [--for DIGEST] [--type TYPE]
            [--hash sha384] [--spoil] [--keep] [--referrer]

--identity, --for and --type: what the signed text says in place of the truth; --spoil: the text
is another one than was signed; --keep: the signatures that are there stay; --referrer: as OCI 1.1
has it, in the index with the tag sha256-HEX.
"""
import argparse
import base64
import hashlib
import json
import subprocess
import tempfile
import urllib.error
import urllib.request

SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
ARTIFACT = "application/vnd.dev.cosign.artifact.sig.v1+json"


def send(method, url, data=None, kind=None):
    headers = {"Content-Type": kind} if kind else {"Accept": f"{MANIFEST}, {INDEX}"}
    request = urllib.request.Request(url, data, headers, method=method)
    return urllib.request.urlopen(request, timeout=60)


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def put_blob(base, data):
    place = send("POST", f"{base}/blobs/uploads/", b"").headers["Location"]
    mark = "&" if "?" in place else "?"
    send("PUT", f"{place}{mark}digest={digest_of(data)}", data, "application/octet-stream")
    return {"digest": digest_of(data), "size": len(data)}


def put_manifest(base, name, doc):
    data = json.dumps(doc).encode()
    send("PUT", f"{base}/manifests/{name}", data, doc["mediaType"])
    return {"mediaType": doc["mediaType"], "digest": digest_of(data), "size": len(data)}


def sign(key, text, hashed):
    with tempfile.NamedTemporaryFile() as file:
        file.write(text)
        file.flush()
        about = subprocess.run(["openssl", "pkey", "-in", key, "-noout", "-text"], check=True, stdout=subprocess.PIPE)
        command = ["openssl", "dgst", f"-{hashed}", "-sign", key, file.name]
        if b"ED25519" in about.stdout:
            command = ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", file.name]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def old_layers(base, tag):
    try:
        return json.load(send("GET", f"{base}/manifests/{tag}"))["layers"]
    except urllib.error.HTTPError:
        return []


def main():
    args = argparse.ArgumentParser()
    for name in ("image", "digest", "key"):
        args.add_argument(name)
    args.add_argument("--identity")
    args.add_argument("--for", dest="other")
    args.add_argument("--type", default="cosign container image signature")
    args.add_argument("--hash", default="sha256")
    for name in ("--spoil", "--keep", "--referrer"):
        args.add_argument(name, action="store_true")
    a = args.parse_args()
    host, repository = a.image.split("/", 1)
    base = f"http://{host}/v2/{repository}"
    tag = a.digest.replace(":", "-")
    text = json.dumps({"critical": {"identity": {"docker-reference": a.identity or a.image},
                                    "image": {"docker-manifest-digest": a.other or a.digest},
                                    "type": a.type}, "optional": None}).encode()
    signature = sign(a.key, text, a.hash)
    if a.spoil:
        text = text.replace(b"null", b"{}")
    layer = {"mediaType": SIMPLE, **put_blob(base, text),
             "annotations": {"dev.cosignproject.cosign/signature": base64.b64encode(signature).decode()}}
    layers = (old_layers(base, tag + ".sig") if a.keep else []) + [layer]
    doc = {"schemaVersion": 2, "mediaType": MANIFEST, "layers": layers,
           "config": {"mediaType": ARTIFACT if a.referrer else CONFIG, **put_blob(base, b"{}")}}
    if not a.referrer:
        put_manifest(base, tag + ".sig", doc)
        return
    entry = put_manifest(base, digest_of(json.dumps(doc).encode()), doc)
    put_manifest(base, tag, {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]})


if __name__ == "__main__":
    main()
