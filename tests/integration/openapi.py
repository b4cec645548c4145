#!/usr/bin/env python3
"""Holds what moatd really answers against docs/api/openapi.yaml.

  openapi.py routes            does the document have every route of src/daemon/api/routes.c, and no other?
  openapi.py answers IMAGE     asks the moatd of DOCKER_HOST for everything; IMAGE is one of a registry
"""
import http.client
import json
import os
import pathlib
import re
import socket
import sys
import urllib.parse

import jsonschema
import yaml

from hang import HANG

REPO = pathlib.Path(__file__).resolve().parents[2]


def adapt(node):
    """OpenAPI's dialect as JSON Schema: references into one document, nullable."""
    if isinstance(node, list):
        return [adapt(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: adapt(value) for key, value in node.items() if key != "nullable"}
    if "$ref" in out:
        return {"$ref": "#/definitions/" + out["$ref"].rsplit("/", 1)[1]}
    return {"anyOf": [{"type": "null"}, out]} if node.get("nullable") is True else out


SPEC = yaml.safe_load((REPO / "docs/api/openapi.yaml").read_text())
DEFINITIONS = adapt(yaml.safe_load((REPO / "docs/api/schemas.yaml").read_text()))


def operations():
    return {(method.upper(), path) for path, item in SPEC["paths"].items() for method in item}


def bare(path):
    return re.sub(r"\{[^}]*\}", "{}", path)


def check_routes():
    source = (REPO / "src/daemon/api/routes.c").read_text()
    routes = {(method, bare(path)) for method, path, handler in
              re.findall(r'\{\s*"([A-Z]+)",\s*"([^"]+)",\s*(\w+)', source) if handler != "not_yet"}
    documented = {(method, bare(path)) for method, path in operations()}
    for what, missing in (("docs/api/openapi.yaml lacks", routes - documented), ("no route serves", documented - routes)):
        for method, path in sorted(missing):
            print(what, method, path)
    return routes == documented


class Connection(http.client.HTTPConnection):
    def __init__(self):
        super().__init__("moat", timeout=HANG)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(HANG)
        self.sock.connect(os.environ["DOCKER_HOST"].removeprefix("unix://"))


class Checker:
    def __init__(self):
        self.asked = set()
        self.failed = False

    def fail(self, *what):
        self.failed = True
        print(*what)

    def validate(self, schema, value, what):
        validator = jsonschema.Draft7Validator({**adapt(schema), "definitions": DEFINITIONS})
        for error in validator.iter_errors(value):
            at = "/".join(str(part) for part in error.absolute_path)
            self.fail(f"{what}: {at}: {error.message[:300]}")

    def body(self, response, content, what):
        """The answer's JSON; of lines, the first ones."""
        if content.get("x-lines"):
            values = [json.loads(line) for line in (response.readline(), response.readline()) if line.strip()]
        else:
            values = [json.loads(response.read())]
        for value in values:
            self.validate(content["schema"], value, what)
        return values[0] if values else None

    def ask(self, method, path, expect, query="", body=None, headers=(), **names):
        """A request as documented under PATH; the names fill the path."""
        where = "/v1.47" + path + query
        for key, value in names.items():
            where = where.replace("{%s}" % key, urllib.parse.quote(value, safe="/:@"))
        what = f"{method} {path}{query}"
        text = json.dumps(body) if isinstance(body, dict) else body
        connection = Connection()
        connection.request(method, where, text, {"Content-Type": "application/json", **dict(headers)})
        response = connection.getresponse()
        operation = SPEC["paths"].get(path, {}).get(method.lower())
        self.asked.add((method, path))
        if response.status != expect:
            return self.fail(f"{what}: expected {expect}, got {response.status} {response.read()[:300]}")
        if expect >= 400:
            return self.validate({"$ref": "schemas.yaml#/Error"}, json.loads(response.read()), what)
        documented = operation and operation["responses"].get(str(expect))
        if documented is None:
            return self.fail(f"{what}: answer {expect} is not documented")
        content = documented.get("content", {}).get("application/json")
        if not content:
            return None
        kind = response.getheader("Content-Type")
        if kind != "application/json":
            self.fail(f"{what}: is {kind}")
        return self.body(response, content, what)


def system(c, image):
    c.ask("GET", "/_ping", 200)
    c.ask("HEAD", "/_ping", 200)
    for path in ("/version", "/info", "/networks", "/volumes", "/plugins", "/system/df", "/moat/info", "/moat/kernel", "/moat/templates",
                 "/moat/spares", "/secrets", "/moat/logs", "/containers/json", "/images/json"):
        c.ask("GET", path, 200)
    c.ask("GET", "/system/df", 200, "?type=image&type=container")
    c.ask("GET", "/system/df", 400, "?type=nosuch")
    networks(c)
    c.ask("GET", "/distribution/{name}/json", 200, name=image)
    c.ask("GET", "/distribution/{name}/json", 404, name=image.rsplit(":", 1)[0] + ":nosuch")
    registry = image.split("/")[0]
    c.ask("POST", "/auth", 200, body={"username": "a", "password": "b", "serveraddress": registry})
    c.ask("POST", "/auth", 400, body={"username": "a", "password": "b", "serveraddress": "no registry"})
    c.ask("POST", "/moat/templates", 200)
    c.ask("GET", "/images/search", 501, query="?term=x")
    c.ask("POST", "/secrets/create", 400, body={"Name": "s"})
    c.ask("POST", "/secrets/create", 201, body={"Name": "s", "Data": "eA==", "Store": "file"})
    c.ask("POST", "/secrets/create", 409, body={"Name": "s", "Data": "eA==", "Store": "file"})
    c.ask("GET", "/secrets/{id}", 200, id="s")
    c.ask("GET", "/secrets/{id}", 404, id="nosuch")
    c.ask("DELETE", "/secrets/{id}", 204, id="s")
    c.ask("DELETE", "/secrets/{id}", 404, id="s")
    c.ask("POST", "/moat/kernel", 400, body={})
    c.ask("POST", "/moat/kernel/recommended", 200)
    c.ask("POST", "/moat/spares", 400, body={"Least": -1})
    c.ask("DELETE", "/moat/templates/{key}", 404, key="nosuch")
    c.ask("POST", "/build/prune", 200)


def networks(c):
    for name in ("default", "bridge", "none"):
        c.ask("GET", "/networks/{id}", 200, id=name)
    c.ask("GET", "/networks/{id}", 404, id="nosuch")
    made = c.ask("POST", "/networks/create", 201, body={"Name": "openapi", "EnableIPv6": True, "Labels": {"a": "b"}})["Id"]
    c.ask("POST", "/networks/create", 409, body={"Name": "openapi"})
    c.ask("POST", "/networks/create", 400, body={"Name": "no name"})
    c.ask("POST", "/networks/create", 501, body={"Name": "other", "Driver": "macvlan"})
    c.ask("GET", "/networks/{id}", 200, id=made)
    c.ask("GET", "/networks", 200, '?filters={"driver":["bridge"],"label":["a=b"]}')
    c.ask("GET", "/networks", 400, '?filters={"type":["nosuch"]}')
    c.ask("DELETE", "/networks/{id}", 403, id="default")
    c.ask("DELETE", "/networks/{id}", 204, id=made[:12])
    c.ask("DELETE", "/networks/{id}", 404, id="openapi")
    c.ask("POST", "/networks/create", 201, body={"Name": "openapi"})
    c.ask("POST", "/networks/prune", 200, '?filters={"until":["1h"]}')
    c.ask("POST", "/networks/prune", 200)
    c.ask("GET", "/networks/{id}", 404, id="openapi")


def connections(c, box):
    c.ask("POST", "/networks/create", 201, body={"Name": "openapi"})
    c.ask("POST", "/networks/{id}/connect", 200, id="openapi", body={"Container": box, "EndpointConfig": {"Aliases": ["x"]}})
    c.ask("POST", "/networks/{id}/connect", 403, id="openapi", body={"Container": box})
    c.ask("POST", "/networks/{id}/connect", 404, id="openapi", body={"Container": "nosuch"})
    c.ask("GET", "/containers/{id}/json", 200, id=box)
    c.ask("GET", "/containers/json", 200, '?all=1&filters={"network":["openapi"]}')
    c.ask("GET", "/networks/{id}", 200, id="openapi")
    c.ask("POST", "/networks/{id}/disconnect", 200, id="openapi", body={"Container": box})
    c.ask("POST", "/networks/{id}/disconnect", 403, id="openapi", body={"Container": box})
    c.ask("DELETE", "/networks/{id}", 204, id="openapi")


def volumes(c, image):
    c.ask("POST", "/volumes/create", 201, body={"Name": "openapi", "Labels": {"a": "b"}})
    c.ask("POST", "/volumes/create", 201, body={})
    c.ask("POST", "/volumes/create", 400, body={"Name": "../x"})
    c.ask("POST", "/volumes/create", 404, body={"Driver": "nosuch"})
    c.ask("POST", "/volumes/create", 501, body={"DriverOpts": {"type": "nfs", "device": ":/x"}})
    c.ask("GET", "/volumes", 200, '?filters={"label":["a=b"],"dangling":["1"]}')
    c.ask("GET", "/volumes", 400, '?filters={"nosuch":["x"]}')
    c.ask("GET", "/volumes/{name}", 200, name="openapi")
    c.ask("GET", "/volumes/{name}", 404, name="nosuch")
    box = c.ask("POST", "/containers/create", 201, body={"Image": image, "HostConfig": {"Binds": ["openapi:/data"]}})["Id"]
    c.ask("GET", "/containers/{id}/json", 200, id=box)
    c.ask("GET", "/system/df", 200)
    c.ask("DELETE", "/volumes/{name}", 409, name="openapi")
    c.ask("DELETE", "/containers/{id}", 204, "?v=1", id=box)
    c.ask("DELETE", "/volumes/{name}", 204, name="openapi")
    c.ask("DELETE", "/volumes/{name}", 404, name="openapi")
    c.ask("DELETE", "/volumes/{name}", 204, "?force=1", name="openapi")
    c.ask("POST", "/volumes/prune", 200)
    c.ask("POST", "/volumes/prune", 400, '?filters={"until":["1h"]}')


def missing(c):
    """What Docker has and moat has not is said by name."""
    for method, path, status in (("GET", "/nosuch", 404), ("GET", "/images/search?term=x", 501), ("POST", "/build", 501),
                                 ("POST", "/swarm/init", 501), ("POST", "/session", 501)):
        c.ask(method, path, status)
    for path in ("/swarm", "/swarm/unlockkey", "/nodes", "/services", "/tasks", "/configs", "/nodes/x"):
        c.ask("GET", path, 503)
    c.ask("POST", "/services/create", 503, body={})
    c.ask("DELETE", "/configs/x", 503)
    c.ask("GET", "/plugins", 400, '?filters={"nosuch":["x"]}')
    c.ask("GET", "/containers/json", 400, "?filters=nojson")
    c.ask("GET", "/containers/json", 400, '?filters={"nosuch":["x"]}')


def images(c, image):
    repository, tag = image.rsplit(":", 1)
    c.ask("POST", "/images/create", 200, f"?fromImage={repository}&tag={tag}")
    c.ask("POST", "/images/create", 404, f"?fromImage={repository}&tag=nosuch")
    c.ask("GET", "/images/json", 200, '?filters={"reference":{"' + urllib.parse.quote(image) + '":true}}')
    c.ask("POST", "/moat/images/{name}/verify", 200, name=image)
    c.ask("POST", "/moat/images/{name}/verify", 404, name="nosuch")
    for path in ("/images/{name}/json", "/images/{name}/history", "/images/{name}/get"):
        c.ask("GET", path, 200, name=image)
        c.ask("GET", path, 404, name="nosuch")
    c.ask("GET", "/images/get", 200, "?names=" + image)
    c.ask("POST", "/images/{name}/tag", 201, "?repo=openapi&tag=1", name=image)
    c.ask("POST", "/images/{name}/push", 200, f"?tag={tag}", name=repository)
    c.ask("POST", "/images/{name}/push", 404, "?tag=nosuch", name=repository)
    c.ask("POST", "/images/{name}/push", 404, name="nosuch")
    c.ask("DELETE", "/images/{name}", 200, name="openapi:1")
    c.ask("DELETE", "/images/{name}", 404, name="openapi:1")
    c.ask("POST", "/images/load", 400, body="no archive")
    c.ask("POST", "/images/prune", 200)


def execs(c, box):
    exec_id = c.ask("POST", "/containers/{id}/exec", 201, id=box, body={"Cmd": ["sleep", "1000"], "Tty": True})["Id"]
    c.ask("GET", "/exec/{id}/json", 200, id=exec_id)
    c.ask("POST", "/exec/{id}/start", 200, id=exec_id, body={"Detach": True, "Tty": True})
    c.ask("POST", "/exec/{id}/start", 409, id=exec_id, body={"Detach": True})
    c.ask("POST", "/exec/{id}/resize", 200, "?h=20&w=80", id=exec_id)
    c.ask("POST", "/exec/{id}/resize", 400, "?h=x", id=exec_id)
    c.ask("GET", "/exec/{id}/json", 200, id=exec_id)
    c.ask("GET", "/exec/{id}/json", 404, id="nosuch")
    c.ask("GET", "/containers/{id}/json", 200, id=box)


def files(c, box):
    for method in ("HEAD", "GET"):
        c.ask(method, "/containers/{id}/archive", 200, "?path=/etc/passwd", id=box)
    c.ask("GET", "/containers/{id}/archive", 404, "?path=/nosuch", id=box)
    c.ask("PUT", "/containers/{id}/archive", 200, "?path=/tmp", id=box, body="\0" * 1024)
    c.ask("GET", "/containers/{id}/changes", 200, id=box)
    c.ask("GET", "/containers/{id}/export", 200, id=box)
    c.ask("POST", "/commit", 201, f"?container={box}&repo=made&changes=USER%20me")
    c.ask("POST", "/commit", 400, f"?container={box}&changes=RUN%20x")
    c.ask("POST", "/commit", 404, "?container=nosuch")


def containers(c, image):
    health = {"Test": ["CMD", "true"], "Interval": 200_000_000}
    config = {"Image": image, "Cmd": ["sleep", "1000"], "Labels": {"openapi": "yes"}, "Healthcheck": health, "Tty": True}
    box = c.ask("POST", "/containers/create", 201, "?name=openapi", body=config)["Id"]
    c.ask("POST", "/containers/create", 409, "?name=openapi", body=config)
    c.ask("POST", "/containers/create", 404, body={"Image": "nosuch"})
    c.ask("POST", "/containers/create", 400, body={"Image": image, "HostConfig": {"Memory": -1}})
    c.ask("POST", "/containers/{id}/kill", 409, id=box)
    connections(c, box)
    c.ask("GET", "/moat/containers/{id}/boot-log", 404, id=box)
    c.ask("POST", "/containers/{id}/start", 204, id=box)
    c.ask("POST", "/containers/{id}/start", 304, id=box)
    c.ask("GET", "/moat/containers/{id}/boot-log", 200, id=box)
    for path in ("json", "top", "stats", "logs"):
        c.ask("GET", "/containers/{id}/" + path, 200, "?stdout=1&size=1" if path in ("json", "logs") else "", id=box)
        c.ask("GET", "/containers/{id}/" + path, 404, id="nosuch")
    c.ask("GET", "/moat/containers/{id}/logs", 200, "?stdout=1", id=box)
    c.ask("GET", "/containers/{id}/stats", 200, "?stream=0&one-shot=1", id=box)
    c.ask("GET", "/containers/json", 200, '?all=1&size=1&filters={"label":["openapi"]}')
    execs(c, box)
    files(c, box)
    c.ask("POST", "/containers/{id}/resize", 200, "?h=20&w=80", id=box)
    c.ask("POST", "/containers/{id}/update", 200, id=box, body={"RestartPolicy": {"Name": "no"}})
    c.ask("POST", "/containers/{id}/rename", 204, "?name=openapi-new", id=box)
    c.ask("DELETE", "/containers/{id}", 409, id=box)
    for action, status in (("pause", 204), ("pause", 409), ("unpause", 204), ("unpause", 409), ("restart", 204), ("kill", 204)):
        c.ask("POST", "/containers/{id}/" + action, status, "?t=0" if action == "restart" else "", id=box)
    c.ask("POST", "/containers/{id}/wait", 200, id=box)
    c.ask("POST", "/containers/{id}/wait", 400, "?condition=nosuch", id=box)
    c.ask("POST", "/containers/{id}/stop", 304, id=box)
    c.ask("GET", "/events", 200, "?since=0&until=" + str(2**31))
    c.ask("DELETE", "/containers/{id}", 204, id=box)
    c.ask("POST", "/containers/prune", 200)


# What takes a connection over, or ends moatd.
NOT_ASKED = {("POST", "/containers/{id}/attach"), ("POST", "/moat/stop")}


def main():
    if sys.argv[1:] == ["routes"]:
        return 0 if check_routes() else 1
    _, _, image = sys.argv
    c = Checker()
    for part in (system, images, volumes, containers):
        part(c, image)
    missing(c)
    for method, path in sorted(operations() - c.asked - NOT_ASKED):
        c.fail(f"{method} {path}: documented, and not asked here")
    print(len(c.asked), "operations asked")
    return 1 if c.failed else 0


sys.exit(main())
