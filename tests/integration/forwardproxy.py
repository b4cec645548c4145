#!/usr/bin/env python3
"""An HTTP proxy that brings every request for plain HTTP to one server, whatever host was asked for.

  forwardproxy.py HOST:PORT PORT-FILE [ADDRESS]

What was asked for is in PORT-FILE.log, an URL a line. With ADDRESS, where it listens then, it keeps what it has got, and answers
with that the next time.
"""
import http.client
import http.server
import os
import pathlib
import sys
import urllib.parse

TARGET, PORT_FILE = sys.argv[1:3]
ADDRESS = sys.argv[3] if len(sys.argv) > 3 else None
kept = {}


def fetch(command, path, headers):
    """Return: status, headers and body of the server's answer."""
    if (command, path) in kept:
        return kept[command, path]
    connection = http.client.HTTPConnection(TARGET)
    connection.request(command, path, headers=headers)
    answer = connection.getresponse()
    got = answer.status, answer.getheaders(), answer.read()
    if ADDRESS:
        kept[command, path] = got
    return got


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        with open(PORT_FILE + ".log", "a", encoding="ascii") as log:
            log.write(self.path + "\n")
        url = urllib.parse.urlsplit(self.path)
        status, headers, body = fetch(self.command, url.path, {k: v for k, v in self.headers.items() if k.lower() != "host"})
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET


server = http.server.ThreadingHTTPServer((ADDRESS or "127.0.0.1", 0), Handler)
pathlib.Path(PORT_FILE + ".new").write_text(str(server.server_port))
os.rename(PORT_FILE + ".new", PORT_FILE)
server.serve_forever()
