#!/usr/bin/env python3
"""What a program written against the Docker SDK for Python does, with the container server named by DOCKER_HOST.

  sdk.py IMAGE [REGISTRY USER PASSWORD]

REGISTRY is one that wants a login.
"""
import socket
import sys

import docker

from hang import HANG


def check(what, value, expected):
    if value != expected:
        sys.exit(f"{what}: expected {expected!r}, got {value!r}")


def refused(what, status, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except docker.errors.APIError as e:
        check(what, e.response.status_code, status)
    else:
        sys.exit(f"{what}: was not refused")


def system(client):
    check("ping", client.ping(), True)
    check("info", client.info()["OSType"], "linux")
    check("version", client.version()["Os"], "linux")
    check("df", set(client.df()) >= {"BuildCache", "Containers", "Images", "LayersSize", "Volumes"}, True)
    check("networks", sorted(n.name for n in client.networks.list()), ["bridge", "none"])
    check("volumes", client.volumes.list(), [])
    refused("search", 501, client.images.search, "x")


def images(client, name):
    image = client.images.get(name)
    check("list", name in [tag for i in client.images.list() for tag in i.tags], True)
    check("tag", image.tag("sdk/image", "1"), True)
    check("history", len(image.history()) > 0, True)
    archive = b"".join(client.api.get_image("sdk/image:1"))
    client.images.remove("sdk/image:1")
    check("load", [i.id for i in client.images.load(archive)], [image.id])
    client.images.remove("sdk/image:1")
    check("registry data", client.images.get_registry_data(name).has_platform("linux/amd64"), True)
    check("pull", client.images.pull(name).id, image.id)
    refused("get", 404, client.images.get, "sdk/image:1")


def run(client, image):
    check("run", client.containers.run(image, ["echo", "hello"], remove=True), b"hello\n")
    try:
        client.containers.run(image, ["sh", "-c", "echo bad >&2; exit 4"], remove=True)
    except docker.errors.ContainerError as e:
        check("failed run", (e.exit_status, e.stderr), (4, b"bad\n"))
    box = client.containers.create(image, ["cat"], stdin_open=True)
    sock = box.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
    box.start()
    sock._sock.sendall(b"through")
    sock._sock.shutdown(socket.SHUT_WR)
    answer = b""
    while piece := sock._sock.recv(4096):
        answer += piece
    check("attach_socket", answer, b"\x01\0\0\0\0\0\0\x07through")
    check("wait", box.wait(condition="not-running")["StatusCode"], 0)
    box.remove()


# How the output comes is for the start to say, whatever the create said.
def exec_framing(box):
    api = box.client.api
    command = ["sh", "-c", "test -t 1 && echo terminal || echo none"]
    exec_id = api.exec_create(box.id, command, tty=True)["Id"]
    check("exec with a terminal, started without", api.exec_start(exec_id, tty=False, demux=True), (b"terminal\r\n", None))
    exec_id = api.exec_create(box.id, command, tty=False)["Id"]
    check("exec without a terminal, started with one", api.exec_start(exec_id, tty=True), b"none\n")


def keep_stdin(client, image):
    """Without StdinOnce the input outlives those who wrote it."""
    box = client.containers.get(client.api.create_container(image, ["cat"], stdin_open=True, detach=True)["Id"])
    check("StdinOnce", box.attrs["Config"]["StdinOnce"], False)
    box.start()
    for text in (b"one", b"two"):
        sock = box.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})._sock
        sock.settimeout(HANG)
        sock.sendall(text)
        sock.shutdown(socket.SHUT_WR)
        check("input after an end", sock.recv(4096), b"\x01\0\0\0\0\0\0\x03" + text)
        sock.close()
    box.reload()
    check("state after two ends of input", box.status, "running")
    box.remove(force=True)


def typed(sock, keys):
    """Types, and returns what came until the server ended the connection."""
    sock = getattr(sock, "_sock", sock)
    sock.settimeout(HANG)
    sock.sendall(keys)
    answer = b""
    while piece := sock.recv(4096):
        answer += piece
    return answer


def detach(client, image):
    box = client.containers.create(image, ["sh", "-c", "read -rsn1 key; echo got $key; exec sleep 1000"], tty=True,
                                   stdin_open=True)
    box.start()
    both = {"stdin": 1, "stdout": 1, "stream": 1}
    check("default keys", b"got" in typed(box.attach_socket(params=both), b"\x10\x11"), False)
    other = box.attach_socket(params={**both, "detachKeys": "ctrl-a,d"})
    check("keys of attach", b"got a" in typed(other, b"a\x01d"), False)
    box.reload()
    check("state after keys", box.status, "running")
    exec_id = client.api.exec_create(box.id, "sleep 1000", tty=True, stdin=True, detach_keys="x,y")["Id"]
    typed(client.api.exec_start(exec_id, tty=True, socket=True), b"xxy")
    check("exec after its keys", client.api.exec_inspect(exec_id)["Running"], True)
    refused("keys that are none", 400, client.api.exec_create, box.id, "true", detach_keys="ctrl-ä")
    refused("keys that are none", 400, box.attach_socket, params={**both, "detachKeys": "nokey"})
    box.remove(force=True)


def exec_in(box):
    code, (out, err) = box.exec_run(["sh", "-c", "echo out; echo err >&2; exit 3"], demux=True)
    check("exec", (code, out, err), (3, b"out\n", b"err\n"))
    check("exec environment", box.exec_run("sh -c 'echo $A; pwd; id -u'", environment={"A": "b"}, workdir="/tmp",
                                           user="1234").output, b"b\n/tmp\n1234\n")
    pieces = b"".join(box.exec_run("seq 3", stream=True).output)
    check("exec stream", pieces, b"1\n2\n3\n")
    exec_framing(box)
    exec_id = box.client.api.exec_create(box.id, "cat", stdin=True)["Id"]
    sock = box.client.api.exec_start(exec_id, socket=True)
    sock._sock.sendall(b"in")
    sock._sock.shutdown(socket.SHUT_WR)
    answer = b""
    while piece := sock._sock.recv(4096):
        answer += piece
    check("exec socket", answer, b"\x01\0\0\0\0\0\0\x02in")
    check("exec inspect", box.client.api.exec_inspect(exec_id)["ExitCode"], 0)


def watch(client, box):
    lines = box.logs(stream=True, follow=True)
    check("logs", next(lines)[:5], b"tick ")
    lines.close()
    check("logs tail", box.logs(tail=1).count(b"\n"), 1)
    check("attach with logs", box.attach(stream=True, logs=True).__next__()[:7], b"tick 0\n")
    check("attach logs only", box.attach(stream=False, logs=True)[:7], b"tick 0\n")
    output = box.attach(stream=True, logs=False)
    check("attach", b"tick" in next(output), True)
    samples = box.stats(decode=True)
    first, second = next(samples), next(samples)
    check("stats", second["precpu_stats"]["system_cpu_usage"], first["cpu_stats"]["system_cpu_usage"])
    check("one stats", box.stats(stream=False)["memory_stats"]["usage"] > 0, True)
    check("top", box.top()["Titles"][-1], "CMD")


def life(client, image):
    events = client.events(decode=True, filters={"type": "container", "label": "from=sdk"})
    box = client.containers.run(image, ["sh", "-c", "i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.2; done"],
                                detach=True, name="sdk", labels={"from": "sdk"},
                                healthcheck={"test": ["CMD", "true"], "interval": 200_000_000})
    check("event", next(events)["Action"], "create")
    check("list", [c.name for c in client.containers.list(filters={"label": "from=sdk"})], ["sdk"])
    exec_in(box)
    watch(client, box)
    box.pause()
    box.reload()
    check("pause", box.status, "paused")
    box.unpause()
    box.update(restart_policy={"Name": "on-failure", "MaximumRetryCount": 2})
    box.rename("sdk-new")
    box.reload()
    check("update", box.attrs["HostConfig"]["RestartPolicy"]["Name"], "on-failure")
    check("rename", box.name, "sdk-new")
    refused("remove", 409, box.remove)
    box.restart(timeout=0)
    box.stop(timeout=0)
    check("wait", box.wait()["StatusCode"], 137)
    refused("exec", 409, box.exec_run, "true")
    box.remove()
    actions = []
    for event in events:
        actions.append(event["Action"].split(":")[0])
        if actions[-1] == "destroy":
            break
    for action in ["start", "exec_create", "exec_start", "exec_die", "attach", "top", "pause", "unpause", "update",
                   "rename", "kill", "die", "restart", "stop"]:
        check(f"event {action}", action in actions, True)
    try:
        client.containers.get("sdk")
        sys.exit("a removed container is still there")
    except docker.errors.NotFound:
        pass


def login(client, registry, user, password):
    check("login", client.login(user, password, registry=registry, reauth=True)["Status"], "Login Succeeded")
    refused("bad login", 401, client.login, user, "wrong", registry=registry, reauth=True)


def main():
    client = docker.from_env(timeout=HANG)
    system(client)
    images(client, sys.argv[1])
    run(client, sys.argv[1])
    keep_stdin(client, sys.argv[1])
    detach(client, sys.argv[1])
    life(client, sys.argv[1])
    if len(sys.argv) > 2:
        login(client, *sys.argv[2:])
    client.containers.prune()


main()
