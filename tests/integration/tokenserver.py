#!/usr/bin/env python3
"""A token server as docker's registry wants one, over TLS on loopback.

  tokenserver.py CERTIFICATE KEY PORT-FILE

me with the password "secret" gets what is asked for, anybody else may pull. The registry checks tokens against
CERTIFICATE. What was asked for is in PORT-FILE.log: user and scopes, a line each.
"""
import base64
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import sys
import time
import urllib.parse

CERTIFICATE, KEY, PORT_FILE = sys.argv[1:4]


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def sign(claims):
    pem = pathlib.Path(CERTIFICATE).read_text().split("-----")[2]
    header = {"typ": "JWT", "alg": "RS256", "x5c": ["".join(pem.split())]}
    text = encode(json.dumps(header).encode()) + b"." + encode(json.dumps(claims).encode())
    made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", KEY], input=text, stdout=subprocess.PIPE, check=True)
    return (text + b"." + encode(made.stdout)).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def user(self):
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        return base64.b64decode(value).decode() if kind == "Basic" else ""

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        user, scopes = self.user(), query.get("scope", [])
        with open(PORT_FILE + ".log", "a", encoding="utf-8") as log:
            log.write(f"{user.split(':')[0]} {' '.join(scopes)}\n")
        if user and user != "me:secret":
            return self.answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "wrong password"}]})
        access = []
        for scope in scopes:
            kind, name, actions = scope.split(":")
            granted = [a for a in actions.split(",") if user or a == "pull"]
            access.append({"type": kind, "name": name, "actions": granted})
        now = int(time.time())
        return self.answer(200, {"token": sign({
            "iss": "moat-test", "sub": user.split(":")[0], "aud": query["service"][0], "exp": now + 300, "nbf": now - 10,
            "iat": now, "jti": str(now), "access": access}), "expires_in": 300})


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
server.socket = context.wrap_socket(server.socket, server_side=True)
pathlib.Path(PORT_FILE + ".new").write_text(str(server.server_port))
os.rename(PORT_FILE + ".new", PORT_FILE)
server.serve_forever()
