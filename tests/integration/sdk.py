#!/usr/bin/env python3
"""What a program written against the Docker SDK for Python does, with the container server named by DOCKER_HOST.

  sdk.py IMAGE
"""
import sys

import docker


def check(what, value, expected):
    if value != expected:
        sys.exit(f"{what}: expected {expected!r}, got {value!r}")


def main():
    image = sys.argv[1]
    client = docker.from_env()
    check("ping", client.ping(), True)
    check("image", image in [tag for i in client.images.list() for tag in i.tags], True)
    check("run", client.containers.run(image, ["echo", "hello"], remove=True), b"hello\n")

    events = client.events(decode=True, filters={"type": "container"})
    box = client.containers.run(image, ["sleep", "10000"], detach=True, name="sdk",
                                labels={"from": "sdk"},
                                healthcheck={"test": ["CMD", "true"], "interval": 200_000_000})
    check("event", next(events)["Action"], "create")
    check("list", [c.name for c in client.containers.list(filters={"label": "from=sdk"})], ["sdk"])
    code, (out, err) = box.exec_run(["sh", "-c", "echo out; echo err >&2; exit 3"], demux=True)
    check("exec", (code, out, err), (3, b"out\n", b"err\n"))
    stats = box.stats(stream=False)
    check("stats", stats["memory_stats"]["usage"] > 0 and stats["pids_stats"]["current"], 1)
    check("top", box.top()["Processes"][0][-1], "sleep 10000")
    box.pause()
    box.reload()
    check("pause", box.status, "paused")
    box.unpause()
    box.update(restart_policy={"Name": "on-failure", "MaximumRetryCount": 2})
    box.reload()
    check("update", box.attrs["HostConfig"]["RestartPolicy"]["Name"], "on-failure")
    box.kill()
    check("wait", box.wait()["StatusCode"], 137)
    box.remove()
    try:
        client.containers.get("sdk")
        sys.exit("a removed container is still there")
    except docker.errors.NotFound:
        pass


main()
