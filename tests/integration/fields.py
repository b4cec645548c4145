#!/usr/bin/env python3
"""Sends every example of docs/api/create.md, and looks that moat does what the page says.

  fields.py SOCKET IMAGE [CONTAINER]

CONTAINER was made by another client: all it sent in HostConfig must be on the page.
"""
import http.client
import json
import re
import socket
import sys

PAGE = "docs/api/create.md"
ROW = re.compile(r"\| `(\w+)` \| (\w+)[^|]*\| ([^|]*)\|(?: `(.*)` )?\|$")


class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[1])


def ask(method, path, body=None):
    c = Connection("moat")
    c.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
    answer = c.getresponse()
    return answer.status, json.loads(answer.read() or b"null")


def rows():
    place = None
    with open(PAGE, encoding="utf-8") as page:
        for line in page:
            if line.startswith("## "):
                place = line[3:].strip()
            elif (row := ROW.match(line.rstrip("\n"))):
                name, effect, note, example = row.groups()
                yield place, name, effect, note.strip(), json.loads(example) if example else None


def request(place, image, example):
    body = {"Image": image, "Cmd": ["true"]}
    endpoint = {"IPAMConfig": example} if place == "IPAMConfig" else example
    if place == "The request":
        body.update(example)
    elif place == "HostConfig":
        body["HostConfig"] = example
    elif place == "NetworkingConfig":
        body["NetworkingConfig"] = example
    else:
        body["NetworkingConfig"] = {"EndpointsConfig": {"fields": endpoint}}
    return body


def is_kept(kept, value):
    return all(v in kept for v in value) if isinstance(value, list) else kept == value


def check_made(row, answer):
    place, name, effect, note, example = row
    warned = [w for w in answer["Warnings"] if w.startswith(name)]
    expected = [f"{name} has no effect: {note}"] if effect == "ignored" else []
    if warned != expected and name != "Links":
        yield f"expected the warnings {expected}, got {answer['Warnings']}"
    _, made = ask("GET", f"/containers/{answer['Id']}/json")
    part = {"The request": made["Config"], "HostConfig": made["HostConfig"]}.get(place, {})
    if effect == "effective" and name in part and not is_kept(part[name], example[name]):
        yield f"asked for {example[name]!r}, inspect has {part[name]!r}"
    if effect == "effective" and name not in part and place in ("The request", "HostConfig") and not name.endswith("Config"):
        yield "inspect does not have it"
    ask("DELETE", f"/containers/{answer['Id']}?force=1")


def check_row(row, image):
    place, name, effect, note, example = row
    status, answer = ask("POST", "/containers/create", request(place, image, example))
    if status == 201:
        yield from check_made(row, answer)
        if effect == "refused":
            yield "was not refused"
    elif effect != "refused":
        yield f"answered {status}: {answer['message']}"
    elif status != 501 or not answer["message"].startswith(f"moat does not support {note} ({name}"):
        yield f"refused with {status}: {answer['message']}"


def check_known(container):
    known = {name for place, name, *_ in rows() if place == "HostConfig"}
    _, made = ask("GET", f"/containers/{container}/json")
    for name in set(made["HostConfig"]) - known:
        yield f"{name} was sent, and is not in {PAGE}"


def main():
    failures = []
    count = 0
    subnets = [{"Subnet": "10.0.0.0/24"}, {"Subnet": "fd00::/64"}]
    ask("POST", "/networks/create", {"Name": "fields", "IPAM": {"Config": subnets}})
    ask("POST", "/containers/create?name=other", {"Image": sys.argv[2], "Cmd": ["true"]})
    for row in rows():
        if row[-1] is not None:
            count += 1
            failures += [f"{row[0]}: {row[1]}: {text}" for text in check_row(row, sys.argv[2])]
    ask("DELETE", "/containers/other")
    if len(sys.argv) > 3:
        failures += check_known(sys.argv[3])
    ask("DELETE", "/networks/fields")
    print("\n".join(failures + [f"{count} examples"]))
    return 1 if failures or count < 100 else 0


sys.exit(main())
