#!/usr/bin/env python3
"""Stands before a real registry: passes requests on, takes uploads in small parts only, and stops when it is told to.

  frontregistry.py REGISTRY GATE PORT-FILE

Content of more than a MiB in one request is refused as too large. As long as there is no file GATE, it takes the first
part of an upload only: what comes then hangs, and is never passed on. What was asked for is in PORT-FILE.log, a line
each: method, path, Content-Range.
"""
import http.client
import http.server
import os
import pathlib
import sys
import time

REGISTRY, GATE, PORT_FILE = sys.argv[1:4]
LIMIT = 1 << 20


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        parts = self.headers.get("Content-Range", "")
        with open(PORT_FILE + ".log", "a", encoding="utf-8") as log:
            log.write(f"{self.command} {self.path} {parts}\n")
        if length > LIMIT:
            self.close_connection = True
            return self.pass_back(413, {}, b"")
        if self.command == "PATCH" and not parts.startswith("0-") and not os.path.exists(GATE):
            while not os.path.exists(GATE):
                time.sleep(0.05)
            self.close_connection = True
            return None
        body = self.rfile.read(length)
        real = http.client.HTTPConnection(REGISTRY)
        real.request(self.command, self.path, body, dict(self.headers))
        answer = real.getresponse()
        return self.pass_back(answer.status, dict(answer.getheaders()), answer.read())

    do_HEAD = do_POST = do_PUT = do_PATCH = do_GET

    def pass_back(self, status, headers, body):
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
pathlib.Path(PORT_FILE).write_text(str(server.server_port), encoding="utf-8")
server.serve_forever()
