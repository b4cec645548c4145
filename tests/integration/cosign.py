#!/usr/bin/env python3
"""Sign an image in a registry as `cosign sign --key` does, with openssl.

  cosign.py HOST/REPOSITORY DIGEST KEY [--identity NAME] [--for DIGEST] [--type TYPE]
            [--hash sha384] [--spoil] [--keep] [--referrer] [--bundle statement|message]
            [--certificate] [--layout FOLDER]

--identity, --for and --type: what the signed text says in place of the truth; --spoil: the text
is another one than was signed; --keep: the signatures that are there stay; --referrer: as OCI 1.1
has it, in the index with the tag sha256-HEX; --bundle: as cosign does since its version 3, or with
a signature of the manifest itself, a referrer too (--identity names the subject, --type is its
predicate's); --certificate: made with a certificate's key; --layout: as a referrer, in a layout that
badregistry.py serves.
"""
import argparse
import base64
import hashlib
import json
import pathlib
import subprocess
import tempfile
import urllib.error
import urllib.request

from hang import HANG

SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
ARTIFACT = "application/vnd.dev.cosign.artifact.sig.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
STATEMENT = "application/vnd.in-toto+json"
SIGNED = "https://sigstore.dev/cosign/sign/v1"


def send(method, url, data=None, kind=None):
    headers = {"Content-Type": kind} if kind else {"Accept": f"{MANIFEST}, {INDEX}"}
    request = urllib.request.Request(url, data, headers, method=method)
    return urllib.request.urlopen(request, timeout=HANG)


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def keep(folder, data):
    """In a layout, a manifest is a blob like others."""
    (pathlib.Path(folder) / "blobs" / digest_of(data).replace(":", "/")).write_bytes(data)
    return {"digest": digest_of(data), "size": len(data)}


def get_manifest(base, digest):
    if base.startswith("/"):
        return (pathlib.Path(base) / "blobs" / digest.replace(":", "/")).read_bytes()
    return send("GET", f"{base}/manifests/{digest}").read()


def put_blob(base, data):
    if base.startswith("/"):
        return keep(base, data)
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


def text_of(data):
    return base64.b64encode(data).decode()


def old_entries(base, tag, member):
    try:
        return json.load(send("GET", f"{base}/manifests/{tag}"))[member]
    except urllib.error.HTTPError:
        return []


def put_referrer(base, a, doc, **entry):
    """With a registry that has no list of referrers, whoever adds one keeps the list."""
    if a.layout:
        keep(base, json.dumps(doc).encode())
        return
    tag = a.digest.replace(":", "-")
    entry |= put_manifest(base, digest_of(json.dumps(doc).encode()), doc)
    old = old_entries(base, tag, "manifests") if a.keep else []
    put_manifest(base, tag, {"schemaVersion": 2, "mediaType": INDEX, "manifests": old + [entry]})


def put_simple(base, a):
    text = json.dumps({"critical": {"identity": {"docker-reference": a.identity or a.image},
                                    "image": {"docker-manifest-digest": a.other or a.digest},
                                    "type": a.type or "cosign container image signature"}, "optional": None}).encode()
    notes = {"dev.cosignproject.cosign/signature": text_of(sign(a.key, text, a.hash))}
    if a.certificate:
        notes["dev.sigstore.cosign/certificate"] = "-----BEGIN CERTIFICATE-----"
    if a.spoil:
        text = text.replace(b"null", b"{}")
    layer = {"mediaType": SIMPLE, **put_blob(base, text), "annotations": notes}
    tag = a.digest.replace(":", "-") + ".sig"
    layers = (old_entries(base, tag, "layers") if a.keep and not a.referrer else []) + [layer]
    doc = {"schemaVersion": 2, "mediaType": MANIFEST, "layers": layers,
           "config": {"mediaType": ARTIFACT if a.referrer else CONFIG, **put_blob(base, b"{}")}}
    if a.referrer:
        put_referrer(base, a, doc)
    else:
        put_manifest(base, tag, doc)


def envelope(a, kind):
    subject = {"digest": {"sha256": (a.other or a.digest).split(":")[1]}, "annotations": {}}
    if a.identity:
        subject["name"] = a.identity
    text = json.dumps({"_type": "https://in-toto.io/Statement/v1", "subject": [subject],
                       "predicateType": kind, "predicate": {}}).encode()
    signature = sign(a.key, b"DSSEv1 %d %s %d %s" % (len(STATEMENT), STATEMENT.encode(), len(text), text), a.hash)
    if a.spoil:
        text += b" "
    return {"payload": text_of(text), "payloadType": STATEMENT, "signatures": [{"sig": text_of(signature)}]}


def put_bundle(base, a):
    kind = a.type or SIGNED
    manifest = get_manifest(base, a.digest)
    material = {"certificate": {"rawBytes": "MAA="}} if a.certificate else {"publicKey": {"hint": text_of(a.key.encode())}}
    bundle = {"mediaType": BUNDLE, "verificationMaterial": material}
    notes = {"dev.sigstore.bundle.content": "message-signature"}
    if a.bundle == "statement":
        bundle["dsseEnvelope"] = envelope(a, kind)
        notes = {"dev.sigstore.bundle.content": "dsse-envelope", "dev.sigstore.bundle.predicateType": kind}
    else:
        bundle["messageSignature"] = {
            "messageDigest": {"algorithm": "SHA2_256", "digest": text_of(hashlib.sha256(manifest).digest())},
            "signature": text_of(sign(a.key, manifest, a.hash))}
    layer = {"mediaType": BUNDLE, **put_blob(base, json.dumps(bundle).encode())}
    doc = {"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": BUNDLE, "annotations": notes, "layers": [layer],
           "config": {"mediaType": EMPTY, **put_blob(base, b"{}")},
           "subject": {"mediaType": MANIFEST, "digest": a.digest, "size": len(manifest)}}
    put_referrer(base, a, doc, artifactType=BUNDLE, annotations=notes)


def main():
    args = argparse.ArgumentParser()
    for name in ("image", "digest", "key"):
        args.add_argument(name)
    args.add_argument("--identity")
    args.add_argument("--for", dest="other")
    args.add_argument("--type")
    args.add_argument("--hash", default="sha256")
    args.add_argument("--layout")
    args.add_argument("--bundle", choices=("statement", "message"))
    for name in ("--spoil", "--keep", "--referrer", "--certificate"):
        args.add_argument(name, action="store_true")
    a = args.parse_args()
    host, repository = a.image.split("/", 1)
    (put_bundle if a.bundle else put_simple)(a.layout or f"http://{host}/v2/{repository}", a)


if __name__ == "__main__":
    main()
