#!/usr/bin/env python3
"""Containers in one machine, through a moat-shim of its own: what moatd has no use for yet.

  machine.py TEST SHIM SEED FOLDER

SEED is the folder of a container that moatd has run, whose config.json and machine.json are taken;
FOLDER a new one for the machine and its containers.
"""
import fcntl
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hang import HANG  # noqa: E402
from shimmachine import PACKET, Machine, Refused, equal, is_locked, let_go, read_all, refused, until, watchdog  # noqa: E402
from tap import TUNGETIFF, Tap, ping  # noqa: E402

OWN_KERNEL = (pathlib.Path(os.environ["MOAT_TEST_KERNEL"]) / "VERSION").read_text().strip().endswith("-moat")
WAIT = ["sh", "-c", "echo up; read line; echo got $line; exit $line"]
NAMESPACES = "for n in cgroup ipc mnt pid uts; do readlink /proc/1/ns/$n; done"


def two(m):
    """Two containers share a machine and nothing else."""
    m.add("one", WAIT, memory=64 << 20, pids=40)
    m.add("two", WAIT, memory=128 << 20, pids=80)
    refused(17, m.add, "two", WAIT)
    refused(28, m.add, "three", WAIT)
    refused(3, m.ask, "start", "three")
    stdio = {name: m.start(name) for name in ("one", "two")}
    for name in stdio:
        equal(stdio[name].recv(100), b"up\n")
        equal(m.out(name, "hostname"), name)
        equal(m.out(name, f"echo {name} >/mine; cat /mine"), name)
    for name in stdio:
        equal(m.out(name, "cat /mine"), name)
    # Namespaces.
    spaces = {name: m.out(name, NAMESPACES).split() for name in stdio}
    equal(len(spaces["one"]), 5)
    assert not set(spaces["one"]) & set(spaces["two"]), spaces
    for name in stdio:
        equal(m.out(name, "for n in cgroup ipc mnt pid uts; do readlink /proc/self/ns/$n; done").split(), spaces[name])
        equal(m.out(name, "ps -o args | grep -c '[r]ead line'"), "1")
    m.out("one", "sleep 1000 & echo")
    equal(m.run("two", "ps -o args | grep '[s]leep 1000'"), ("", 1))
    # Limits and figures.
    equal(m.out("one", "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max").split(), [str(64 << 20), "40"])
    equal(m.out("two", "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max").split(), [str(128 << 20), "80"])
    if OWN_KERNEL:
        for name, mib in (("one", 64), ("two", 128)):
            equal(m.out(name, "awk '$1 == \"MemTotal:\" { print $2 }' /proc/meminfo; free -k | awk 'NR == 2 { print $2 }'").split(),
                  [str(mib << 10)] * 2)
    m.ask("limits", "two", settings=["pids.max=90"])
    equal(m.ask("stats", "one")["pids_limit"], 40)
    equal(m.ask("stats", "two")["pids_limit"], 90)
    assert any("read line" in p["command"] for p in m.ask("top", "one")["processes"])
    # The memory of one is no business of the other's.
    out, code = m.run("one", "head -c 100000000 /dev/zero | tail")
    assert code != 0 or "Killed" in out, (out, code)
    m.event("oom", "one")
    assert m.state("one")["oom"] and not m.state("two")["oom"]
    # Signals and exit statuses.
    stdio["one"].sendall(b"3\n")
    equal(read_all(stdio["one"]), "got 3\n")
    equal(m.event("exited", "one")["code"], 3)
    equal(json.loads((m.folder_of("one") / "exit.json").read_text())["code"], 3)
    refused(3, m.run, "one", "true")
    equal(m.state("one")["state"], "exited")
    equal(m.out("two", "echo alive; ps -o args | grep -c '[r]ead line'"), "alive\n1")
    assert is_locked(m.folder_of("one") / "rw.ext4")
    m.ask("remove", "one")
    m.event("removed", "one")
    equal(m.state("one"), None)
    let_go(m.folder_of("one") / "rw.ext4")
    assert is_locked(m.folder_of("two") / "rw.ext4")
    equal(m.out("two", "cat /mine"), "two")
    # It comes back with its files, in the place that is free.
    equal(m.once("one", ["cat", "/mine"]), ("one\n", 0))
    equal(start_of_nothing(m), 127)
    m.ask("signal", "two", target="", signal=9)
    equal(m.event("exited", "two")["code"], 137)
    equal(read_all(stdio["two"]), "")
    m.end()
    m_logs = (m.folder_of("two") / "container.log.1").read_text()
    assert m_logs.endswith("stdout F up\n"), m_logs


def start_of_nothing(m):
    """Of a program that is not there: the other container hears nothing of it."""
    m.add("one", ["/nothing"])
    refused(2, m.ask, "start", "one")
    code = m.event("exited", "one")["code"]
    m.ask("remove", "one")
    return code


def remove(m):
    """What is removed while it runs leaves nothing behind."""
    m.add("stays", WAIT)
    stays = m.start("stays")

    def figures():
        return [int(n) for n in m.out("stays", look).split()]

    look = "cut -d' ' -f4 /proc/loadavg | cut -d/ -f2; cat /sys/fs/cgroup/cgroup.procs | wc -l; cut -f1 /proc/sys/fs/file-nr"
    m.once("goes", ["true"])
    before = None
    for _ in range(3):
        m.add("goes", ["sh", "-c", "sleep 1000 & sleep 1000 & exec sleep 1000"])
        m.start("goes")
        m.out("goes", "setsid sleep 1000 >/dev/null 2>&1 & mkdir /t; mount -t tmpfs t /t 2>/dev/null; echo")
        until(lambda: m.ask("stats", "goes")["pids"] >= 4)
        m.ask("remove", "goes")
        equal(m.event("exited", "goes")["code"], 137)
        equal(m.event("removed", "goes")["error"], "")
        before = before or settled(figures)
        until(lambda: is_like(figures(), before), lambda: (before, figures()))
    layer = m.folder_of("goes") / "rw.ext4"
    let_go(layer)
    subprocess.run(["e2fsck", "-fn", str(layer)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stays.sendall(b"0\n")
    equal(m.event("exited", "stays")["code"], 0)
    m.end()


def is_like(now, before):
    """Threads of the kernel's come and go."""
    return abs(now[0] - before[0]) <= 5 and now[1:2] == before[1:2] and abs(now[2] - before[2]) <= 64


def settled(figures):
    """When what has ended is gone."""
    while True:
        now = figures()
        time.sleep(0.5)
        if is_like(figures(), now):
            return now


def used_kib(m):
    """Of the machine's memory, what could not be had at once; the pages that each processor keeps
    for its next need can be."""
    m.out("stays", "sync; sleep 1; sync")
    info = dict(re.findall(r"(\w+): +(\d+)", m.out("stays", "cat /proc/meminfo")))
    kept = re.findall(r"^ +count: (\d+)", m.out("stays", "cat /proc/zoneinfo"), re.MULTILINE)
    return int(info["MemTotal"]) - int(info["MemAvailable"]) - 4 * sum(map(int, kept))


def cgroups(m):
    return {line.split()[2] for line in m.out("stays", "cat /proc/cgroups").splitlines()[1:]}


def many(m):
    """200 containers one after the other leave a machine as it was."""
    m.add("stays", WAIT)
    stays = m.start("stays")
    for i in range(10):
        equal(m.once("goes", ["sh", "-c", f"echo {i} >/file; exit {i}"]), ("", i))
    before, groups = used_kib(m), cgroups(m)
    for i in range(200):
        equal(m.once("goes", ["sh", "-c", f"cat /file; echo {i} >/file; exit {i}"]), (f"{i - 1 if i else 9}\n", i))
    after = used_kib(m)
    print(f"memory in use: {before} KiB before, {after} KiB after")
    assert after <= before * 1.05, (before, after)
    equal(cgroups(m), groups)
    stays.sendall(b"0\n")
    m.event("exited", "stays")
    m.end()


def rest(m):
    """A machine without a container can rest, and goes on with the next one, at another time."""
    refused(16, m.ask, "rest")
    m.once("first", ["true"])
    assert m.ask("rest")["resting"]
    refused(114, m.ask, "rest")
    refused(16, m.ask, "pause")
    time.sleep(2)
    before = int(time.time())
    out, code = m.once("second", ["date", "+%s"])
    equal(code, 0)
    assert before - 1 <= int(out) <= time.time() + 1, (before, out)
    equal(m.once("third", ["hostname"]), ("third\n", 0))
    m.end()


def hold(m):
    """A machine that nobody holds ends with its last container, and nobody waits for its disks."""
    m.add("one", WAIT)
    m.add("two", WAIT)
    stdio = {name: m.start(name) for name in ("one", "two")}
    m.hold.close()
    stdio["one"].sendall(b"1\n")
    equal(m.event("exited", "one")["code"], 1)
    equal(m.out("two", "echo alive"), "alive")
    m.ask("remove", "one")
    m.add("three", ["true"])  # nobody starts it
    stdio["two"].sendall(b"2\n")
    equal(m.event("exited", "two")["code"], 2)
    m.event("removed", "three")
    assert not (m.folder_of("three") / "exit.json").exists()
    equal(m.shim.wait(HANG), 0)


def interface(slot, *addresses, **more):
    return {"slot": slot, "name": f"eth{slot}", "mac": f"02:00:00:00:00:a{slot}", "mtu": 1500,
            "addresses": addresses, **more}


ETH0 = interface(0, "10.9.0.2/24", "fd09::2/64", gateway4="10.9.0.1", gateway6="fd09::1")
ETH1 = interface(1, "10.8.0.2/24", "fd08::2/64")


def network(m):
    """A machine's network is there with its first container, changes while that runs, and goes with the last."""
    tap = m.send({"op": "tap"})
    data, fds, _, _ = socket.recv_fds(tap, PACKET, 1)
    equal(json.loads(data), {"ok": True, "tap": m.tap.name})
    flags = fcntl.ioctl(fds[0], TUNGETIFF, bytes(40))
    equal(flags[:16].rstrip(b"\0").decode(), m.tap.name)
    m.add("one", WAIT, network={"interfaces": [ETH0]})
    one = m.start("one")
    assert ping("10.9.0.2") and ping("fd09::2")
    m.add("two", WAIT)
    two = m.start("two")
    assert "10.9.0.2/24" in m.out("two", "ip address show eth0")
    m.out("two", "ping -c 1 -W 60 10.9.0.1 && ping -c 1 -W 60 fd09::1")
    m.ask("network", "two", network={"interfaces": [ETH0, ETH1]}, hosts=["10.8.0.1\tpeer"])
    assert ping("10.9.0.2") and ping("10.8.0.2") and ping("fd08::2")
    equal(m.out("two", "ping -c 1 -W 60 peer >/dev/null && echo here"), "here")
    assert "peer" not in m.out("one", "cat /etc/hosts")
    refused(101, m.ask, "network", "one", network={"interfaces": [
        {**ETH0, "addresses": ["10.9.0.7/24"], "gateway4": "10.6.0.1"}, ETH1]})
    equal(m.out("one", "ip route | grep default"), "default via 10.9.0.1 dev eth0")
    assert ping("10.9.0.2") and ping("fd09::2") and not ping("10.9.0.7", 1)
    refused(22, m.ask, "network", "one", network={"interfaces": [{**ETH0, "mtu": 1}]})
    refused(22, m.ask, "network", "one")
    refused(3, m.ask, "network", "three", network={"interfaces": []})
    m.ask("pause")
    refused(16, m.ask, "network", "one", network={"interfaces": []})
    m.ask("resume")
    m.ask("network", "one", network={"interfaces": [ETH1]})
    assert ping("10.8.0.2") and not ping("10.9.0.2", 1)
    for stdio, name in (one, "one"), (two, "two"):
        stdio.sendall(b"0\n")
        m.event("exited", name)
        m.ask("remove", name)
    assert not ping("10.8.0.2", 1)
    equal(m.once("three", ["ls", "/sys/class/net"]), ("lo\n", 0))
    m.end()


def bad_network(m):
    """A container whose network cannot be is not started, and others are."""
    m.add("one", WAIT, network={"interfaces": [{**ETH0, "gateway4": "10.6.0.1"}]})
    try:
        m.start("one")
        assert False, "it was started"
    except Refused as e:
        assert "add route 10.6.0.1" in str(e), e
    end = m.event("exited", "one")
    assert "add route 10.6.0.1" in end["error"], end
    m.add("two", WAIT, network={"interfaces": [ETH0]})
    two = m.start("two")
    assert ping("10.9.0.2")
    m.ask("remove", "one")
    two.sendall(b"0\n")
    m.event("exited", "two")
    m.end()


def many_networks(m):
    """A network that comes and goes with each of 60 containers leaves the machine as it was."""
    look = ["sh", "-c", "ping -c 1 -W 60 10.9.0.1 >/dev/null; sync; cat /proc/meminfo; cat /proc/slabinfo 2>/dev/null"]
    figures = []
    for i in range(60):
        out, code = m.once("goes", look, network={"interfaces": [ETH0, ETH1] if i % 2 else [ETH0]})
        equal(code, 0)
        figures.append(int(re.search(r"MemAvailable: +(\d+)", out)[1]))
    before, after = max(figures[5:15]), max(figures[-10:])
    print(f"memory available: {before} KiB before, {after} KiB after")
    assert after >= before * 0.98, figures
    m.end()


def main():
    test, shim, seed, folder = sys.argv[1:]
    tap = Tap("10.9.0.1/24", "fd09::1/64", "10.8.0.1/24", "fd08::1/64") if "network" in test else None
    m = Machine(shim, seed, folder, tap)
    threading.Thread(target=watchdog, args=(m,), daemon=True).start()
    try:
        globals()[test](m)
    except BaseException:
        print((m.path / "shim.log").read_text(), file=sys.stderr)
        raise
    finally:
        m.destroy()


if __name__ == "__main__":
    main()
