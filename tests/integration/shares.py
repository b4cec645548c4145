#!/usr/bin/env python3
"""Folders of the host in containers, through a moat-shim and a moat-fs of their own.

  shares.py TEST SHIM SEED FOLDER

As machine.py.
"""
import errno
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(__file__))
from hang import HANG  # noqa: E402
from shimmachine import Machine, equal, refused, until, watchdog  # noqa: E402


class Server:
    """A moat-fs, and the control socket that goes to the shim."""

    def __init__(self, program, sources, log):
        """@sources: (path, read-only)"""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fds = [theirs.fileno()] + [os.open(path, os.O_PATH) for path, _ in sources]
        high = [os.dup2(fd, 100 + i, inheritable=True) for i, fd in enumerate(fds)]

        def arrange():
            for i, fd in enumerate(high):
                os.dup2(fd, 3 + i)

        with open(log, "ab") as err:
            self.process = subprocess.Popen([program, *("ro" if ro else "rw" for _, ro in sources)], stdin=subprocess.DEVNULL,
                                            stderr=err, preexec_fn=arrange, pass_fds=[3 + i for i in range(len(fds))])
        for fd in high + fds[1:]:
            os.close(fd)
        theirs.close()
        self.control = ours

    def hand_over(self):
        fd = self.control.detach()
        return fd


class Sharing(Machine):
    """A machine whose containers have mounts."""

    def __init__(self, shim, seed, folder):
        super().__init__(shim, seed, folder)
        self.program = str(pathlib.Path(shim).with_name("moat-fs"))
        self.build = pathlib.Path(shim).parent
        self.servers = {}

    def beside(self, name):
        return self.build / name

    def add_with(self, container, mounts, args=("sh", "-c", "exec sleep 100000")):
        """@mounts: (source, destination, options)"""
        folder = self.folder_of(container)
        folder.mkdir(exist_ok=True)
        config = json.loads((self.seed / "config.json").read_text())
        config["hostname"] = container
        config["process"].update({"args": list(args), "dev.moat.openStdin": True})
        config.setdefault("linux", {}).setdefault("resources", {})
        config["mounts"] = [{"type": "bind", "source": str(s), "destination": d, "options": ["rbind", *o]} for s, d, o in mounts]
        (folder / "config.json").write_text(json.dumps(config))
        server = Server(self.program, [(s, "ro" in o) for s, _, o in mounts], folder / "fs.log")
        self.servers[container] = server.process
        fds = [os.open(folder, os.O_RDONLY | os.O_DIRECTORY), server.hand_over()]
        try:
            self.ask("add", container, fds, log={"max_bytes": 0, "max_files": 1})
        finally:
            for fd in fds:
                os.close(fd)


def main():
    test, shim, seed, folder = sys.argv[1:]
    m = Sharing(shim, seed, folder)
    threading.Thread(target=watchdog, args=(m,), daemon=True).start()
    try:
        globals()[test](m)
    except BaseException:
        for log in [m.path / "shim.log", *m.folder.glob("*/fs.log")]:
            print(log, log.read_text(), file=sys.stderr)
        raise
    finally:
        m.destroy()


def by_hand(m):
    """For a look: SHARE is a folder, SCRIPT what a shell does with it as /data."""
    m.add_with("c", [(os.environ["SHARE"], "/data", [])])
    m.start("c")
    print(m.run("c", os.environ["SCRIPT"])[0])


def source(m, name):
    path = m.folder / "host" / name
    path.mkdir(parents=True)
    return path


def semantics(m):
    """What files have to do they do, in a container."""
    host = source(m, "a")
    shutil.copy(m.beside("tests/fsprobe"), host)
    m.add_with("c", [(host, "/data", [])])
    m.start("c")
    print(m.out("c", "mkdir /data/probe && /data/fsprobe /data/probe"))


def places(m):
    """Folders and files at their places, the deepest on top, in whatever order they come."""
    one, two, three = source(m, "one"), source(m, "two"), source(m, "three")
    (one / "who").write_text("one")
    (two / "who").write_text("two")
    (three / "who").write_text("three")
    (two / "b/c").mkdir(parents=True)  # in a read-only one nothing is made
    (m.folder / "host/hosts").write_text("1.2.3.4 here\n")
    m.add_with("c", [(three, "/new/a/b/c", []), (two, "/new/a", ["ro"]), (one, "/new", []),
                     (m.folder / "host/hosts", "/etc/hosts", []), (m.folder / "host/hosts", "/srv/a file", ["ro"]),
                     (one, "/srv/one", ["nosuid", "noexec"])])
    m.start("c")
    equal(m.out("c", "cat /new/who /new/a/who /new/a/b/c/who /srv/one/who"), "onetwothreeone")
    equal(m.out("c", "cat /etc/hosts"), "1.2.3.4 here")
    equal(m.out("c", "cat '/srv/a file'"), "1.2.3.4 here")
    assert (one / "a").is_dir()
    for path in "/new/a/x", "/srv/a file":
        out, code = m.run("c", f"echo x >'{path}'")
        assert code == 1 and "Read-only file system" in out, out
    equal(m.out("c", "echo x >/new/a/b/c/x; cat /new/a/b/c/x"), "x")
    equal((three / "x").read_text(), "x\n")
    assert "noexec" in m.out("c", "grep /srv/one /proc/mounts")
    # What is asked for twice is one file.
    equal(m.out("c", "echo again >/new/who; cat /srv/one/who"), "again")


def refusals(m):
    """What cannot be mounted is said, and the container is as it was."""
    one = source(m, "one")
    (one / "file").write_text("")
    m.add_with("c", [(one / "file", "/bin", [])])
    refused(errno.ENOTDIR, m.start, "c")
    m.ask("remove", "c")
    m.event("removed", "c")
    m.add("d", ["true"])  # the machine goes on
    m.start("d")
    m.event("exited", "d")
    folder = m.folder_of("e")
    folder.mkdir()
    config = json.loads((m.folder_of("d") / "config.json").read_text())
    config["mounts"] = [{"type": "bind", "source": "/tmp", "destination": "/x"}]
    (folder / "config.json").write_text(json.dumps(config))
    refused(errno.EINVAL, m.ask, "add", "e", [os.open(folder, os.O_RDONLY)])


def two(m):
    """Two containers of a machine have mounts of their own, and the place of one serves the next."""
    one, two, three = source(m, "one"), source(m, "two"), source(m, "three")
    for path in one, two, three:
        (path / "who").write_text(path.name)
    m.add_with("a", [(one, "/data", [])])
    m.add_with("b", [(two, "/data", [])])
    m.start("a")
    m.start("b")
    equal(m.out("a", "cat /data/who"), "one")
    equal(m.out("b", "cat /data/who"), "two")
    m.ask("remove", "a")
    m.event("removed", "a")
    equal(m.servers["a"].wait(HANG), 0)
    equal(m.out("b", "cat /data/who"), "two")
    m.add_with("c", [(three, "/data", [])])
    m.start("c")
    equal(m.out("c", "cat /data/who; echo c >/data/c"), "three")
    equal((three / "c").read_text(), "c\n")
    equal(m.out("b", "cat /data/who"), "two")


def abandoned(m):
    """A server that is gone makes what is mounted fail, and nothing hang or end."""
    m.add_with("c", [(source(m, "one"), "/data", [])])
    m.start("c")
    m.out("c", "echo x >/data/x; mkfifo /tmp/go; { read line </tmp/go; cat /data/new; echo $? >/tmp/done; } >/dev/null 2>&1 &")
    m.servers["c"].kill()
    m.servers["c"].wait()
    out, code = m.run("c", "echo go >/tmp/go; until [ -s /tmp/done ]; do sleep 0.1; done; cat /tmp/done; ls /data")
    assert code != 0 and "1" in out, out
    equal(m.out("c", "echo the rest goes on"), "the rest goes on")
    m.ask("remove", "c")
    assert not m.event("removed", "c")["error"]


def fresh(m):
    """A new volume gets what the image has, once; a copy that was cut off is done again."""
    volume, other = source(m, "volume"), source(m, "other")
    m.add_with("c", [(volume, "/etc", ["moat.copy"]), (other, "/nowhere", ["moat.copy"])])
    m.start("c")
    want = m.out("c", "cd /; find etc | sort; stat -c %a:%u:%g etc")
    equal(sorted(str(p.relative_to(m.folder / "host/volume")) for p in volume.rglob("*")),
          sorted(line[4:] for line in want.splitlines()[:-1] if line != "etc"))
    assert not list(volume.rglob(".moat*"))
    assert not list(other.iterdir())
    (volume / "passwd").write_text("mine\n")
    (volume / "group").unlink()
    m.ask("remove", "c")
    m.event("removed", "c")
    m.add_with("d", [(volume, "/etc", ["moat.copy"])], args=("sh", "-c", "cat /etc/passwd; exec sleep 1000"))
    m.start("d")
    equal((volume / "passwd").read_text(), "mine\n")
    assert (volume / "group").exists()


def seen(m):
    """What one side changes the other sees at once, and those who watch files hear of it."""
    host = source(m, "a")
    (host / "kept").write_text("first\n")
    (host / "sub").mkdir()
    m.add_with("c", [(host, "/data", [])])
    m.start("c")
    equal(m.out("c", "cat /data/kept; cat /data/absent 2>&1; ls /data/sub"), "first\ncat: can't open '/data/absent': No such file or directory")
    (host / "kept").write_text("second, and longer\n")
    (host / "absent").write_text("here\n")
    (host / "sub/new").write_text("")
    until(lambda: m.out("c", "cat /data/kept /data/absent; ls /data/sub") == "second, and longer\nhere\nnew")
    os.rename(host / "absent", host / "sub/moved")
    (host / "kept").unlink()
    until(lambda: m.run("c", "cat /data/sub/moved; cat /data/kept /data/absent") ==
          ("here\ncat: can't open '/data/kept': No such file or directory\n"
           "cat: can't open '/data/absent': No such file or directory\n", 1))
    os.chmod(host / "sub/moved", 0o4711)
    until(lambda: m.out("c", "stat -c %a /data/sub/moved") == "4711")
    # A file that is open is there when the host has removed it, also what was not read before.
    (host / "open").write_text("still here")
    m.out("c", "(exec 3</data/open; echo open >/said; while [ -e /data/open ]; do sleep 0.1; done; cat <&3 >/said) >/dev/null 2>&1 &")
    until(lambda: m.run("c", "cat /said") == ("open\n", 0))
    (host / "open").unlink()
    until(lambda: m.out("c", "cat /said") == "still here")
    m.out("c", "echo from the guest >/data/guest; mv /data/guest /data/sub/guest; ln -s x /data/sub/link")
    equal((host / "sub/guest").read_text(), "from the guest\n")
    equal(os.readlink(host / "sub/link"), "x")


def watched(m):
    """inotify in the container tells of what the host does."""
    host = source(m, "a")
    (host / "file").write_text("x")
    (host / "old").write_text("x")
    shutil.copy(m.beside("tests/fsprobe"), host)
    m.add_with("c", [(host, "/data", [])])
    m.start("c")
    m.out("c", "cp /data/fsprobe /; ls /data; /fsprobe watch /data /data/file >/events 2>&1 &")
    until(lambda: m.run("c", "cat /events") == ("watching\n", 0))

    def hears(change, *wanted):
        change()
        until(lambda: all(w in m.out("c", "cat /events").splitlines() for w in wanted), lambda: (wanted, m.out("c", "cat /events")))

    hears(lambda: (host / "new").write_text("content"), "create /data new")
    hears(lambda: (host / "file").write_text("other"), "modify /data file", "modify /data/file -", "written /data file")
    hears(lambda: os.chmod(host / "file", 0o600), "attrib /data file")
    hears(lambda: (host / "dir").mkdir(), "create /data dir")
    hears(lambda: (host / "old").unlink(), "delete /data old")
    hears(lambda: os.rename(host / "new", host / "newer"), "delete /data new", "create /data newer")
    hears(lambda: (host / "dir").rmdir(), "delete /data dir")
    # What only looks like a change is none.
    equal(sorted(os.listdir(host)), ["file", "fsprobe", "newer"])
    equal((host / "newer").read_text(), "content")
    equal(m.out("c", "ls /data; cat /data/newer /data/file"), "file\nfsprobe\nnewer\ncontentother")


if __name__ == "__main__":
    main()
