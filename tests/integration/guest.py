#!/usr/bin/env python3
"""Containers of one machine, by their orders: what moat-init does with them.

  guest.py CASE KERNEL INITRD ACPI [FOLDER]

CASE is a function below, ACPI yes or no. The last writable layer is in FOLDER, where one is given.
"""
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from guestlink import ALL_CAPABILITIES, Gone, Machine, options  # noqa: E402

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
    m.qemu.wait(60)


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


def all_down(m):
    """SHUTDOWN ends all of them, and all disks are clean."""
    m.add(1, 0)
    m.add(2, 1)
    streams = [m.start(n, "echo kept >/file; " + FOREVER) for n in (1, 2)]
    m.shut_down()
    equal([m.over[s]["signal"] for s in streams], [9, 9])
    for disk in m.disks[1], m.disks[3]:
        subprocess.run(["e2fsck", "-fn", disk], check=True, stdout=subprocess.DEVNULL)


def main():
    case, kernel, initrd, acpi, *small = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="moat-guest.") as folder:
        m = Machine(folder, kernel, initrd, acpi == "yes", *small)
        try:
            m.boot()
            globals()[case](m)
        except BaseException:
            print(m.console(), file=sys.stderr)
            raise
        finally:
            m.end()


main()
