#!/usr/bin/env python3
"""Containers of one machine, by their orders: what moat-init does with them.

  guest.py CASE KERNEL INITRD ACPI [FOLDER]

CASE is a function below, ACPI yes or no. The last writable layer is in FOLDER, where one is given.
"""
import pathlib
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hang import HANG  # noqa: E402
from guestlink import ALL_CAPABILITIES, Gone, Machine, interface, options  # noqa: E402
from tap import Tap, ip, ping  # noqa: E402

FOREVER = "exec sleep 100000"


def equal(got, wanted):
    assert got == wanted, f"expected {wanted!r}, got {got!r}"


def apart(m):
    """Two containers: nothing of one is in the other."""
    wishes = options(domain="example.org", hosts=["192.0.2.1\tpeer"],
                     sysctls=["kernel.shmmax=12345678", "fs.mqueue.queues_max=7"])
    m.add(1, 0, memory=64 << 20, pids=50)
    m.add(2, 1, wishes=wishes)
    for number in (1, 2):
        m.start(number, "mkdir /dev/mqueue/of$(hostname); " + FOREVER)
    m.run(1, "touch /mine /dev/shm/mine")
    equal(m.run(1, "cat /which /etc/hostname; hostname; hostname -f"),
          "image 0\nbox1\nbox1\nbox1")
    equal(m.run(2, "cat /which /etc/hostname; hostname; hostname -f"),
          "image 1\nbox2\nbox2\nbox2.example.org")
    equal(m.run(1, "ls / /dev/shm | tr '\\n' ' '"),
          "/: bin dev etc mine proc root sys tmp which  /dev/shm: mine".replace(" root", ""))
    equal(m.run(2, "ls / /dev/shm | tr '\\n' ' '"), "/: bin dev etc proc sys tmp which  /dev/shm:")
    equal(m.run(1, "cd /sys/fs/cgroup; cat memory.max pids.max"), "67108864\n50")
    equal(m.run(2, "cd /sys/fs/cgroup; cat memory.max pids.max"), "max\nmax")
    shmmax = m.run(1, "cat /proc/sys/kernel/shmmax")
    assert shmmax != "12345678", shmmax
    equal(m.run(2, "cat /proc/sys/kernel/shmmax /proc/sys/fs/mqueue/queues_max"), "12345678\n7")
    assert "peer" not in m.run(1, "cat /etc/hosts")
    assert "peer" in m.run(2, "cat /etc/hosts")
    for number in (1, 2):
        equal(m.run(number, "cat /proc/1/cgroup; cat /proc/[0-9]*/comm | grep -c sleep"), "0::/\n1")
    kinds = "ipc mnt pid uts cgroup"
    links = [m.run(n, f"for k in {kinds}; do readlink /proc/1/ns/$k; done").split() for n in (1, 2)]
    for a, b in zip(*links):
        assert a != b, (a, b)
    # An exec is where the first process is.
    equal(m.run(2, f"for k in {kinds}; do readlink /proc/self/ns/$k; done").split(), links[1])


def one_ends(m):
    """The end of one leaves the other alone, and what its number and disks were is free."""
    m.add(1, 0)
    m.add(2, 1)
    one, two = (m.start(n, FOREVER) for n in (1, 2))
    further = m.start(1, FOREVER)
    equal(m.kill(one), {"code": 0, "signal": 9, "oom": False})
    equal(m.finish(further)["signal"], 9)
    assert "not running" in m.finish(m.spawn(1, "true"))["failed"]
    equal(m.run(2, "echo here"), "here")
    m.remove(1)
    m.add(1, 0)
    m.start(1, FOREVER)
    equal(m.run(1, "hostname; cat /which"), "box1\nimage 0")
    equal(m.run(2, "echo still here"), "still here")
    assert two not in m.over


def killed_for_memory(m):
    """Who wants too much is told of, and nobody else."""
    m.add(1, 0, memory=32 << 20)
    m.add(2, 1, memory=64 << 20)
    for number in (1, 2):
        m.start(number, FOREVER)
    equal(m.finish(m.spawn(1, "exec tail /dev/zero")), {"code": 0, "signal": 9, "oom": True})
    equal(m.finish(m.spawn(2, "true"))["oom"], False)
    equal([h for h in m.heard if h[0] == "OOM"], [("OOM", 1, 0)])


def drops_its_cache(m):
    """What it has read of files goes when the host wants it, what it has written to memory stays."""
    cached = "awk '$1 == \"file\" { print int($2 / 1048576) }' /sys/fs/cgroup/memory.stat"
    m.add(1, 0)
    m.start(1, FOREVER)
    m.run(1, "dd if=/dev/zero of=/file bs=1M count=36 2>/dev/null; sync; cat /file >/dev/null")
    m.run(1, "dd if=/dev/zero of=/dev/shm/x bs=1M count=8 2>/dev/null")
    assert int(m.run(1, cached)) >= 40
    m.send("RECLAIM")
    deadline = time.monotonic() + HANG
    while int(m.run(1, cached)) > 16:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert int(m.run(1, cached)) >= 8


def removed_as_it_runs(m):
    """Whatever a container made goes with it, and its disks are clean."""
    m.add(2, 1)
    m.start(2, FOREVER)
    m.add(1, 0, wishes=options(privileged=True))
    streams = [m.start(1, FOREVER, capabilities=ALL_CAPABILITIES)]
    streams.append(m.start(1, "(trap '' TERM; sleep 100000) & unshare -m -p -f sleep 100000",
                           capabilities=ALL_CAPABILITIES))
    m.run(1, "echo kept >/file; mount -t tmpfs none /tmp; mount --bind / /tmp; cd /sys/fs/cgroup; "
             "i=0; while [ $i -lt 200 ]; do mkdir a b; cd a; i=$((i + 1)); done",
          capabilities=ALL_CAPABILITIES)
    m.remove(1)
    equal([m.over[s]["signal"] for s in streams], [9, 9])
    subprocess.run(["e2fsck", "-fn", m.disks[1]], check=True, stdout=subprocess.DEVNULL)
    equal(m.run(2, "echo here"), "here")
    m.add(9, 0, readonly=True)
    m.start(9, FOREVER)
    equal(m.run(9, "ls /file 2>&1; hostname"), "ls: /file: No such file or directory\nbox9")
    m.remove(9)
    m.add(1, 0)
    m.start(1, FOREVER)
    equal(m.run(1, "cat /file"), "kept")


def removed_on_a_full_disk(m):
    """What cannot be written is not given up as if it were: the journal still has it."""
    disk = m.disks[3]
    m.add(1, 1)
    m.start(1, FOREVER)
    m.run(1, "echo kept >/file; sync")
    subprocess.run(["dd", "if=/dev/zero", f"of={disk.with_name('filler')}"],
                   stderr=subprocess.DEVNULL)
    m.run(1, "dd if=/dev/zero of=/big bs=1M count=16 2>/dev/null; mkdir /a /b /c; echo more >/a/file")
    m.send("REMOVE", b"", 1)
    try:
        m.wait("REMOVED", 1)
        assert False, "it was removed"
    except RuntimeError as e:
        assert "write the writable layer" in str(e), e
    m.end()
    disk.with_name("filler").unlink()
    assert subprocess.run(["e2fsck", "-p", disk], stdout=subprocess.DEVNULL).returncode <= 1
    subprocess.run(["e2fsck", "-fn", disk], check=True, stdout=subprocess.DEVNULL)


def not_to_be_set_up(m):
    """A container that cannot be set up says why, is removed, and is no trouble to others."""
    m.add(2, 1)
    m.start(2, FOREVER)
    for wishes, slot, why in ((b"", 7, "/dev/vdo"), (options(sysctls=["kernel.x=1"]), 0, "kernel.x")):
        m.order(1, slot, wishes=wishes)
        try:
            m.wait("READY", 1)
            assert False, "it is ready"
        except RuntimeError as e:
            assert why in str(e), e
        m.remove(1)
    m.add(1, 0)
    equal(m.run(1, "echo here"), "here")
    equal(m.run(2, "echo here"), "here")


def refused(m, *orders):
    """The machine ends."""
    try:
        for order in orders:
            order()
        while True:
            m.take()
    except (Gone, BrokenPipeError, ConnectionResetError):
        pass
    m.qemu.wait(HANG)


def unknown_number(m):
    m.add(1, 0)
    refused(m, lambda: m.spawn(2, "true"))


def number_twice(m):
    m.add(1, 0)
    refused(m, lambda: m.order(1, 1))


def slot_twice(m):
    m.add(1, 0)
    refused(m, lambda: m.order(2, 0))


def removed_twice(m):
    m.add(1, 0)
    m.start(1, FOREVER)
    refused(m, lambda: m.send("REMOVE", b"", 1), lambda: m.send("REMOVE", b"", 1))


def network_of_one_that_ends(m):
    m.add(1, 0)
    m.start(1, FOREVER)
    refused(m, lambda: m.send("REMOVE", b"", 1), lambda: m.network(1))


def all_down(m):
    """SHUTDOWN ends all of them, and all disks are clean."""
    m.add(1, 0)
    m.add(2, 1)
    streams = [m.start(n, "echo kept >/file; " + FOREVER) for n in (1, 2)]
    m.shut_down()
    equal([m.over[s]["signal"] for s in streams], [9, 9])
    for disk in m.disks[1], m.disks[3]:
        subprocess.run(["e2fsck", "-fn", disk], check=True, stdout=subprocess.DEVNULL)


ETH0 = (0, "eth0", "02:00:00:00:00:a0", "10.9.0.2/24", "fd09::2/64")
ETH1 = (1, "eth1", "02:00:00:00:00:a1", "10.8.0.2/24", "fd08::2/64")
GATEWAYS = {"gateway4": "10.9.0.1", "gateway6": "fd09::1"}


def addresses(m, number, name="", what="inet"):
    """As ip(8) shows them, those of lo left out."""
    lines = m.run(number, f"ip -o address show {name}").splitlines()
    return [line.split()[3] for line in lines if f" {what} " in line and "lo " not in line]


def has_network(m):
    """An interface works from the first packet on, with all that was asked for."""
    equal(m.network(1, interface(*ETH0, mtu=1400, **GATEWAYS, routes=["10.77.0.0/16 via 10.9.0.7"],
                                 sysctls=["net.ipv4.conf.IFNAME.log_martians=1"])), None)
    m.add(1, 0)
    m.start(1, FOREVER)
    for address in "10.9.0.2", "fd09::2":
        assert ping(address), address
    m.run(1, "ping -c 1 -W 60 10.9.0.1; ping -c 1 -W 60 fd09::1; ping -c 1 -W 60 ::1")
    equal(addresses(m, 1), ["10.9.0.2/24"])
    equal(addresses(m, 1, what="inet6"), ["fd09::2/64", "fe80::ff:fe00:a0/64"])
    assert "tentative" not in m.run(1, "ip address")
    assert "brd 10.9.0.255" in m.run(1, "ip address")
    equal(m.run(1, "cd /sys/class/net/eth0; cat address mtu; cat /proc/sys/net/ipv4/conf/eth0/log_martians"),
          "02:00:00:00:00:a0\n1400\n1")
    equal(m.run(1, "ls /sys/class/net | tr '\\n' ' '"), "eth0 lo")
    equal([line.strip() for line in m.run(1, "ip route").splitlines()],
          ["default via 10.9.0.1 dev eth0", "10.9.0.0/24 dev eth0 scope link  src 10.9.0.2",
           "10.77.0.0/16 via 10.9.0.7 dev eth0"])
    assert "default via fd09::1" in m.run(1, "ip -6 route")


def changes_its_network(m):
    """Interfaces come and go while a container runs, and those that stay are left alone."""
    m.add(1, 0)
    m.start(1, FOREVER)
    equal(m.run(1, "ls /sys/class/net"), "lo")
    equal(m.network(1, interface(*ETH1)), None)
    assert ping("10.8.0.2") and ping("fd08::2")
    equal(m.network(1, interface(*ETH0, **GATEWAYS), interface(*ETH1)), None)
    assert ping("10.9.0.2") and ping("fd09::2") and ping("10.8.0.2") and ping("fd08::2")
    equal(sorted(addresses(m, 1)), ["10.8.0.2/24", "10.9.0.2/24"])
    # What a container has done to an interface that stays is not undone.
    m.run(1, "ip address add 10.8.0.99/24 dev eth1", capabilities=ALL_CAPABILITIES)
    equal(m.network(1, interface(*ETH1, gateway4="10.8.0.1")), None)
    assert ping("10.8.0.2") and ping("fd08::2") and not ping("10.9.0.2", 1)
    equal(sorted(addresses(m, 1)), ["10.8.0.2/24", "10.8.0.99/24"])
    assert "default via 10.8.0.1 dev eth1" in m.run(1, "ip route")
    equal(m.run(1, "ls /sys/class/net | tr '\n' ' '"), "eth1 lo")
    equal(m.network(1, interface(0, "eth2", "02:00:00:00:00:a0", "10.9.0.3/24"),
                    interface(1, "eth1", "02:00:00:00:00:a1", "10.8.0.3/24")), None)
    equal(sorted(addresses(m, 1)), ["10.8.0.3/24", "10.9.0.3/24"])
    assert ping("10.9.0.3") and ping("10.8.0.3") and not ping("10.8.0.2", 1)
    assert "default" not in m.run(1, "ip route")
    equal(m.network(1), None)
    equal(m.run(1, "ls /sys/class/net"), "lo")


def shares_its_network(m):
    """Containers of a machine share its network, and it goes with the last of them."""
    m.network(1, interface(*ETH0))
    m.add(1, 0)
    m.start(1, FOREVER)
    m.add(2, 1, readonly=True)
    m.start(2, FOREVER)
    equal(addresses(m, 2), ["10.9.0.2/24"])
    m.run(1, "mkdir /www; echo here >/www/page; httpd -p 80 -h /www")
    equal(m.run(2, "wget -q -O - http://10.9.0.2/page"), "here")
    m.remove(1)
    assert ping("10.9.0.2")
    m.remove(2)
    assert not ping("10.9.0.2", 1)
    m.add(3, 0)
    m.start(3, FOREVER)
    equal(m.run(3, "ls /sys/class/net"), "lo")


def knows_names_of_its_network(m):
    """/etc/hosts and /etc/resolv.conf follow the network, also where the root is read-only."""
    for number, readonly in (1, False), (2, True):
        hosts = [f"10.9.0.2\tbox{number}"]
        m.network(number, interface(*ETH0))
        m.add(number, number - 1, readonly=readonly, wishes=options(hosts=hosts, resolv="nameserver 10.9.0.1\n"))
        m.start(number, FOREVER)
        localhost = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        equal(m.run(number, "cat /etc/hosts"), localhost + hosts[0])
        equal(m.run(number, "hostname -i"), "10.9.0.2")
        equal(m.run(number, "cat /etc/resolv.conf"), "nameserver 10.9.0.1")
        equal(m.network(number, interface(*ETH0), hosts=["192.0.2.1\tpeer"], resolv="nameserver 192.0.2.2\n"), None)
        equal(m.run(number, "cat /etc/hosts"), f"{localhost}127.0.1.1\tbox{number}\n192.0.2.1\tpeer")
        equal(m.run(number, "cat /etc/resolv.conf"), "nameserver 192.0.2.2")
        equal(m.network(number, interface(*ETH0)), None)
        equal(m.run(number, "cat /etc/resolv.conf"), "nameserver 192.0.2.2")
    assert "peer" not in m.run(1, "cat /etc/hosts")


def says_why_it_has_no_network(m):
    """What cannot be is told, and what was there stays."""
    equal(m.network(1, interface(*ETH1)), None)
    m.add(1, 0)
    m.start(1, FOREVER)
    for wrong, why in ((interface(*ETH0, gateway4="10.66.0.1"), "add route 10.66.0.1"),
                       (interface(*ETH0[:3], "10.9.0.2"), "10.9.0.2"),
                       (interface(*ETH0, sysctls=["net.ipv4.conf.IFNAME.x=1"]), "net.ipv4.conf.IFNAME.x=1"),
                       (interface(2, "eth1", "02:00:00:00:00:a2"), "eth1")):
        said = m.network(1, interface(*ETH1), wrong)
        assert said and why in said, said
        equal(m.run(1, "ls /sys/class/net | tr '\n' ' '"), "eth1 lo")
        assert ping("10.8.0.2") and ping("fd08::2")
    equal(m.network(1, interface(*ETH1), interface(*ETH0)), None)
    assert ping("10.9.0.2")


def breaks_its_network(m):
    """Whatever a privileged container does to its network, the next one finds nothing of it."""
    for damage in ("ip link set eth0 down; ip link set eth0 name broken; ip link set broken up",
                   "ip link set eth0 down; ip link set eth0 address 02:00:00:00:00:ff mtu 68; ip link set lo down",
                   "ip link add link eth0 name eth7 type macvlan; ip link set eth0 promisc on; echo 1 >/proc/sys/net/ipv4/ip_forward",
                   "unshare -n sleep 100000 & sleep 1; ip link set eth0 netns $!",
                   "echo $(basename $(readlink /sys/class/net/eth0/device)) >/sys/bus/virtio/drivers/virtio_net/unbind",
                   "ip link delete eth1; ip link add eth1 type dummy; ip link set eth1 up",
                   "for i in $(seq 50); do ip link add v$i type veth; done"):
        equal(m.network(1, interface(*ETH0, **GATEWAYS), interface(*ETH1)), None)
        m.add(1, 0, wishes=options(privileged=True))
        m.start(1, FOREVER, capabilities=ALL_CAPABILITIES)
        assert ping("10.9.0.2") and ping("10.8.0.2"), damage
        m.run(1, damage + "; true", capabilities=ALL_CAPABILITIES)  # Debian's kernel has not all kinds
        m.remove(1)
        m.add(2, 1, readonly=True)
        m.start(2, FOREVER)
        equal(m.run(2, "ls /sys/class/net; cat /proc/sys/net/ipv4/ip_forward"), "lo\n0")
        m.remove(2)


def main():
    case, kernel, initrd, acpi, *small = sys.argv[1:]
    tap = Tap("10.9.0.1/24", "fd09::1/64", "10.8.0.1/24", "fd08::1/64") if "network" in case else None
    with tempfile.TemporaryDirectory(prefix="moat-guest.") as folder:
        m = Machine(folder, kernel, initrd, acpi == "yes", *small, tap=tap)
        try:
            m.boot()
            globals()[case](m)
        except BaseException:
            print(m.console(), file=sys.stderr)
            raise
        finally:
            m.end()


main()
