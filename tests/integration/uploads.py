"""The half of badregistry.py that takes pushes, and serves what was pushed; it checks what a client owes a registry.

  push-ok       does everything right
  push-cut      hangs up in the middle of the first request with much content, and keeps what came
  push-forgets  the same, and keeps nothing
  push-lies     the same, and keeps something else
  push-whole    the same, and takes no parts
  push-small    takes at most a MiB at a time
  push-least    the same, and all but the last part have to be 700,000 bytes at least
  push-some     takes at most a MiB, and keeps 300,000 bytes of it
  push-busy     wants to be asked later, once for each kind of request
"""
import hashlib
import itertools
import urllib.parse

LARGE = 100000
LIMIT = 1 << 20
LEAST = 700000
SOME = 300000
CUTS = ("push-cut", "push-forgets", "push-lies", "push-whole")
numbers = itertools.count()
uploads = {}    # what has come, by number
short = set()   # those of which the last part was shorter than one in the middle may be
pushed = {}     # content and media type, by place


class Uploads:
    def take(self):
        """Answers any request of these modes."""
        url = urllib.parse.urlsplit(self.path)
        place, _, rest = url.path.removeprefix("/v2/").rpartition("/blobs/uploads/")
        self.mode = url.path.split("/")[2]
        self.query = dict(urllib.parse.parse_qsl(url.query))
        if self.mode == "push-busy" and (self.mode, self.command) not in pushed:
            pushed[self.mode, self.command] = True
            self.drain()
            return self.refuse(429, "TOOMANYREQUESTS", Retry_After="1")
        if not place:
            return self.stored(url.path)
        if self.command == "POST":
            return self.open_upload(place)
        if int(rest) not in uploads:
            self.drain()
            return self.refuse(404, "BLOB_UPLOAD_UNKNOWN")
        return self.upload(place, int(rest))

    def drain(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def stored(self, path):
        """A manifest on its way in, or what is there."""
        if self.command == "PUT":
            body = self.drain()
            digest = "sha256:" + hashlib.sha256(body).hexdigest()
            for name in (path.rpartition("/")[2], digest):
                pushed[path.rpartition("/")[0], name] = body, self.headers["Content-Type"]
            return self.answer(201, Docker_Content_Digest=digest)
        found = pushed.get(tuple(path.rsplit("/", 1)))
        return self.answer(200, *found) if found else self.refuse(404, "UNKNOWN")

    def open_upload(self, place):
        number = next(numbers)
        uploads[number] = b""
        self.drain()
        headers = {"OCI_Chunk_Min_Length": str(LEAST)} if self.mode == "push-least" else {}
        self.state(202, place, number, **headers)

    def state(self, status, place, number, **headers):
        """As docker's registry: the address is another one each time, and 0-0 may be nothing."""
        n = len(uploads[number])
        self.answer(status, Location=f"/v2/{place}/blobs/uploads/{number}?_state={n}", Range=f"0-{max(n - 1, 0)}",
                    **headers)

    def upload(self, place, number):
        if self.command == "GET":
            return self.state(204, place, number)
        length, n = int(self.headers.get("Content-Length", 0)), len(uploads[number])
        if self.query.get("_state") != str(n):
            self.drain()
            return self.refuse(400, "STALE_LOCATION")
        if self.mode in CUTS and length > LARGE and (place, self.mode) not in pushed:
            pushed[place, self.mode] = True
            return self.cut(number, length)
        if self.mode in ("push-small", "push-least", "push-some") and length > LIMIT:
            self.close_connection = True
            return self.refuse(413, "TOO_LARGE")
        if self.command == "PUT":
            return self.end_upload(place, number)
        return self.part(place, number, length, n)

    def cut(self, number, length):
        half = self.rfile.read(length // 2)
        if self.mode == "push-forgets":
            del uploads[number]
        else:
            uploads[number] += half if self.mode != "push-lies" else bytes(len(half))
        self.hang_up()

    def part(self, place, number, length, n):
        body = self.drain()
        if self.mode == "push-whole":
            return self.refuse(405, "UNSUPPORTED")
        if self.headers.get("Content-Range") != f"{n}-{n + length - 1}":
            return self.refuse(416, "RANGE_INVALID")
        if self.mode == "push-least" and number in short:
            return self.refuse(400, "PART_TOO_SMALL")
        if length < LEAST:
            short.add(number)
        uploads[number] += body if self.mode != "push-some" else body[:SOME]
        self.state(202, place, number)

    def end_upload(self, place, number):
        content = uploads.pop(number) + self.drain()
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        if self.query.get("digest") != digest:
            return self.refuse(400, "DIGEST_INVALID")
        pushed[f"/v2/{place}/blobs", digest] = content, "application/octet-stream"
        self.answer(201, Docker_Content_Digest=digest)
