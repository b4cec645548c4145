#!/usr/bin/env python3
"""A registry that misbehaves on demand; it serves OCI layouts read-only on loopback.

  badregistry.py LAYOUTS GATE PORT-FILE

LAYOUTS/NAME (of several folders, with a colon between them) is served as MODE/NAME:latest; the mode says what goes
wrong, see the class below ("honest" does everything right). Mode "stall" sends half of a large blob and
goes on when the file GATE appears. What was asked for is in PORT-FILE.log, a line each: method, path, Range or
Content-Range. Modes "push-…" take pushes, see uploads.py.
"""
import hashlib
import http.server
import json
import os
import pathlib
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True
from hang import HANG  # noqa: E402
from uploads import Uploads  # noqa: E402

LAYOUTS, GATE, PORT_FILE = sys.argv[1:4]
TOKEN = "a-token"
INDEX = "application/vnd.oci.image.index.v1+json"
LARGE = 100000      # blobs past this count as layers worth stalling


# What token services answer: Harbor's, GitLab's, Azure's.
TOKEN_ANSWERS = {
    "harbor": (200, {"token": TOKEN, "access_token": "", "expires_in": 1800, "issued_at": "2026-01-02T03:04:05Z"}),
    "azure": (200, {"access_token": TOKEN}),
    "empty-token": (200, {"token": "", "access_token": TOKEN}),
    "gitlab-denied": (403, {"errors": [{"code": "DENIED", "message": "access forbidden"}]}),
}
seen = set()        # what was asked for before, of modes that do it right the second time


def find(name):
    """The layout of a name."""
    folders = [pathlib.Path(folder) / name for folder in LAYOUTS.split(":")]
    return next((folder for folder in folders if folder.exists()), folders[0])


def first_time(*what):
    new = what not in seen
    seen.add(what)
    return new


class Handler(Uploads, http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", media_type="application/json", **headers):
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status, code, **headers):
        self.answer(status, json.dumps({"errors": [{"code": code, "message": code.lower()}]}).encode(),
                    **headers)

    def begin(self, length):
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def hang_up(self):
        self.wfile.flush()
        self.close_connection = True

    # Whole-request misbehaviour, by mode; True when the request is answered.
    def intercept(self, mode):
        authorized = self.headers.get("Authorization") == "Bearer " + TOKEN
        host = self.headers.get("Host", "")
        if mode == "unauthorized":
            self.refuse(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="closed"')
        elif mode == "forbidden":
            self.refuse(403, "DENIED")
        elif mode == "missing":
            self.refuse(404, "NAME_UNKNOWN")
        elif mode == "error500":
            self.answer(500, b"<html>out of order</html>", "text/html")
        elif mode in ("token", "token-denied", "token-broken", "token-storage") and not authorized:
            self.refuse(401, "UNAUTHORIZED", WWW_Authenticate=(
                f'Bearer realm="http://{host}/{mode.replace("-storage", "")}",service="test",scope="repository:x:pull"'))
        elif mode == "busy" and first_time(self.path):
            self.refuse(429, "TOOMANYREQUESTS", Retry_After="1")
        elif mode == "busy-long":
            self.refuse(429, "TOOMANYREQUESTS", Retry_After="7200")
        elif mode == "flaky" and first_time(self.path):
            self.answer(503, b"try again", "text/plain")
        elif mode == "redirect":
            self.answer(307, Location=self.path)
        elif mode == "hangup":
            self.hang_up()
        elif mode == "challenges" and not authorized:
            self.refuse(401, "UNAUTHORIZED", WWW_Authenticate=(
                f'Negotiate, Basic realm="closed" , Bearer realm = "http://{host}/token",service="a service" ,scope="x"'))
        elif mode == "silent" and not authorized:
            self.answer(401)
        elif mode in TOKEN_ANSWERS and not authorized:
            self.refuse(401, "UNAUTHORIZED", WWW_Authenticate=f'Bearer realm="http://{host}/token/{mode}",service="s"')
        elif mode == "ecr" and not self.headers.get("Authorization", "").startswith("Basic "):
            self.answer(401, b"Not Authorized\n", "text/plain; charset=utf-8",
                        WWW_Authenticate=f'Basic realm="https://{host}/",service="ecr.amazonaws.com"')
        elif mode == "no-head" and self.command == "HEAD":
            self.answer(405)
        else:
            return False
        return True

    def manifest(self, mode, layout, reference):
        if ":" in reference:
            digest = reference
        else:
            digest = json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]
        body = (layout / "blobs" / digest.replace(":", "/")).read_bytes()
        document, headers = json.loads(body), {}
        media_type = document.get("mediaType", "application/vnd.docker.distribution.manifest.v1+prettyjws")
        if mode == "typeless":
            media_type = "application/json"
        elif mode == "octets":
            del document["mediaType"]
            media_type, body = "binary/octet-stream", json.dumps(document).encode()
        elif mode == "charset":
            media_type += "; charset=utf-8"
        elif mode == "digested":
            headers = {"Docker_Content_Digest": "sha256:" + hashlib.sha256(body).hexdigest()}
        elif mode == "digest-lie":
            headers = {"Docker_Content_Digest": "sha256:" + "0" * 64}
        elif mode == "html":
            media_type, body = "text/html", b"<html>please log in</html>"
        elif mode == "manifest-garbage":
            body = b'{"schemaVersion":2,"layers":[{'
        elif mode == "manifest-huge":
            body = b'{"schemaVersion":2,"x":"' + b"x" * (64 << 20) + b'"}'
        elif mode == "manifest-lie" and reference.startswith("sha256:"):
            body += b" "
        elif mode == "size-lie":
            changed = json.loads(body)
            for layer in changed.get("layers", []):
                layer["size"] += 1
            body = json.dumps(changed).encode()
        elif mode == "huge-size":
            changed = json.loads(body)
            for layer in changed.get("layers", []):
                layer["size"] = 1 << 62
            body = json.dumps(changed).encode()
        self.answer(200, body, media_type, **headers)

    def referrers(self, mode, layout, digest):
        """What is about a manifest (distribution-spec, "Listing Referrers"); of mode "paged" one by one."""
        found = []
        for path in sorted((layout / "blobs/sha256").iterdir()):
            body = path.read_bytes()
            document = json.loads(body) if body.startswith(b"{") else {}
            if document.get("subject", {}).get("digest") == digest:
                found.append({"mediaType": document["mediaType"], "digest": "sha256:" + path.name, "size": len(body),
                              "artifactType": document["artifactType"], "annotations": document.get("annotations", {})})
        headers = {}
        if mode == "paged":
            page = int(urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("page", ["0"])[0])
            if page + 1 < len(found):
                headers["Link"] = f'<{urllib.parse.urlsplit(self.path).path}?page={page + 1}>; rel="next"'
            found = found[page:page + 1]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": found}
        self.answer(200, json.dumps(index).encode(), INDEX, **headers)

    def blob(self, mode, layout, digest):
        body = (layout / "blobs" / digest.replace(":", "/")).read_bytes()
        half = len(body) // 2
        if mode == "cutoff":
            self.begin(len(body))
            self.wfile.write(body[:half])
            self.hang_up()
        elif mode == "short":
            self.answer(200, body[:half], "application/octet-stream")
        elif mode == "long":
            self.answer(200, body + b"more", "application/octet-stream")
        elif mode == "corrupt":
            self.answer(200, body[:half] + bytes([body[half] ^ 1]) + body[half + 1:],
                        "application/octet-stream")
        elif mode == "endless":
            self.endless(body)
        elif mode == "stall" and len(body) > LARGE:
            self.stall(body, half)
        elif mode in ("ecr", "token-storage"):
            # Storage is elsewhere: the same machine by another name.
            port = self.headers["Host"].split(":")[1]
            self.answer(307, Location=f"http://127.0.0.1:{port}/storage/{layout.name}/{digest}?X-Amz-Signature=1")
        elif mode == "redirect-blob":
            self.answer(307, Location="/v2/honest/" + self.path.removeprefix("/v2/redirect-blob/"))
        elif mode == "cut-once" and len(body) > LARGE and first_time(digest):
            self.begin(len(body))
            self.wfile.write(body[:half])
            self.hang_up()
        else:
            self.content(body)

    def content(self, body):
        """All of it, or from where it is wanted."""
        wanted = self.headers.get("Range", "")
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if start == 0:
            return self.answer(200, body, "application/octet-stream")
        if start >= len(body):
            return self.refuse(416, "RANGE_INVALID")
        return self.answer(206, body[start:], "application/octet-stream",
                           Content_Range=f"bytes {start}-{len(body) - 1}/{len(body)}")

    def endless(self, body):
        """Never says how long it is, and goes on far past the blob's end (but not for ever)."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        piece = body[:65536]
        for _ in range(2000):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.hang_up()

    def stall(self, body, half):
        self.begin(len(body))
        self.wfile.write(body[:half])
        self.wfile.flush()
        deadline = time.monotonic() + HANG
        while not os.path.exists(GATE) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.wfile.write(body[half:])

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        part = self.headers.get("Range") or self.headers.get("Content-Range", "")
        with open(PORT_FILE + ".log", "a", encoding="ascii") as log:
            log.write(f"{self.command} {path} {part}\n")
        if path.startswith("/v2/push-"):
            return self.take()
        if path == "/v2/":
            return self.answer(200, b"{}")
        if path.startswith("/storage/"):
            _, _, name, digest = path.split("/")
            if self.headers.get("Authorization"):
                return self.answer(400, b"<Error><Code>InvalidArgument</Code></Error>", "application/xml")
            return self.content((find(name) / "blobs" / digest.replace(":", "/")).read_bytes())
        if path.startswith("/token/"):
            status, answer = TOKEN_ANSWERS[path.removeprefix("/token/")]
            return self.answer(status, json.dumps(answer).encode())
        if path == "/token":
            return self.answer(200, json.dumps({"token": TOKEN, "expires_in": 300}).encode())
        if path == "/token-denied":
            return self.refuse(401, "UNAUTHORIZED")
        if path == "/token-broken":
            return self.answer(200, b"no json")
        parts = path.split("/")
        if len(parts) != 6 or parts[1] != "v2":
            return self.refuse(404, "UNSUPPORTED")
        mode, name, kind, reference = parts[2:]
        if self.intercept(mode):
            return None
        layout = find(name)
        try:
            if kind == "manifests":
                return self.manifest(mode, layout, reference)
            if kind == "referrers" and mode != "unsigned":
                return self.referrers(mode, layout, reference)
            return self.blob(mode, layout, reference)
        except FileNotFoundError:
            return self.refuse(404, "MANIFEST_UNKNOWN")

    do_HEAD = do_POST = do_PATCH = do_PUT = do_GET

    def handle(self):
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client gave up, as it should


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
pathlib.Path(PORT_FILE + ".new").write_text(str(server.server_port))
os.rename(PORT_FILE + ".new", PORT_FILE)
server.serve_forever()
