"""A moat-shim of a test's own, with docs/CONTROL.md's requests, and what tests of one have in common."""
import array
import fcntl
import json
import os
import pathlib
import socket
import subprocess
import time

from hang import HANG

PACKET = 128 << 10


class Refused(Exception):
    def __init__(self, answer):
        super().__init__(answer["error"])
        self.errno = answer["errno"]


class Machine:
    """A moat-shim, and the requests of docs/CONTROL.md."""

    def __init__(self, shim, seed, folder, tap=None):
        self.tap = tap
        self.seed, self.folder = pathlib.Path(seed), pathlib.Path(folder)
        self.path = self.folder / "machine"
        self.path.mkdir(parents=True)
        spec = json.loads((self.seed / "machine/machine.json").read_text())
        spec.pop("tap", None)
        fds, args = {3: None}, [shim, str(self.path)]
        if tap:
            spec["tap"] = tap.name
            fds[6] = tap.fd
            args.insert(1, "--tap")
        (self.path / "machine.json").write_text(json.dumps(spec))
        self.socket = str(self.path / "shim.sock")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(self.socket)
        listener.listen(64)
        fds[3] = listener.fileno()
        with open(self.path / "shim.log", "ab") as log:
            self.shim = subprocess.Popen(args, stderr=log, preexec_fn=lambda: place(fds), pass_fds=list(fds))
        listener.close()
        self.hold = self.send({"op": "hold"})
        self.answer(self.hold)
        self.watch = self.send({"op": "watch"})
        self.events = [self.receive(self.watch)]

    def send(self, request, fds=()):
        conn = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        conn.settimeout(HANG)
        conn.connect(self.socket)
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        conn.sendmsg([json.dumps(request).encode()], ancillary)
        return conn

    @staticmethod
    def receive(conn):
        packet = conn.recv(PACKET)
        return json.loads(packet) if packet else None

    def answer(self, conn):
        answer = self.receive(conn)
        if not answer["ok"]:
            raise Refused(answer)
        return answer

    def ask(self, op, container=None, fds=(), **more):
        request = {"op": op, **more}
        if container:
            request["container"] = container
        conn = self.send(request, fds)
        try:
            return self.answer(conn)
        finally:
            conn.close()

    def event(self, name, container, **wanted):
        """The next event of that kind, which may have come already."""
        def fits(e):
            return e["event"] == name and e.get("container") == container and all(e[k] == v for k, v in wanted.items())
        while not any(map(fits, self.events)):
            self.events.append(self.receive(self.watch))
            assert self.events[-1], f"the shim ended without {name} of {container}"
        found = next(filter(fits, self.events))
        self.events.remove(found)
        return found

    def state(self, container):
        """What the shim says of a container; None where it knows none of that name."""
        for c in self.ask("status")["containers"]:
            if c["name"] == container:
                return c
        return None

    def folder_of(self, container):
        return self.folder / container

    def add(self, container, args, memory=None, pids=None, network=None, **more):
        folder = self.folder_of(container)
        folder.mkdir(exist_ok=True)
        config = json.loads((self.seed / "config.json").read_text())
        config["hostname"] = container
        config["process"].update({"args": args, "dev.moat.openStdin": True, **more})
        resources = config.setdefault("linux", {}).setdefault("resources", {})
        if memory:
            resources["memory"] = {"limit": memory}
        if pids:
            resources["pids"] = {"limit": pids}
        (folder / "config.json").write_text(json.dumps(config))
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        members = {"network": network} if network else {}
        try:
            self.ask("add", container, [fd], log={"max_bytes": 0, "max_files": 1}, **members)
        finally:
            os.close(fd)

    def attach(self, container, request):
        """A request that brings a connection along; all that comes from it, once it has ended."""
        ours, theirs = socket.socketpair()
        ours.settimeout(HANG)
        self.ask(request.pop("op"), container, [theirs.fileno()], **request)
        theirs.close()
        return ours

    def start(self, container):
        out = self.attach(container, {"op": "attach", "target": "", "stdin": True, "stdout": True, "stderr": True})
        self.ask("start", container)
        return out

    def run(self, container, script, count=[0]):
        """What a shell in a running container puts out, and its exit code."""
        count[0] += 1
        target = f"exec{count[0]}"
        process = json.loads((self.seed / "config.json").read_text())["process"]
        process["args"] = ["sh", "-c", script]
        conn = self.attach(container, {"op": "exec", "target": target, "process": process, "stdout": True, "stderr": True})
        out = read_all(conn)
        return out, self.event("exec-exited", container, target=target)["code"]

    def out(self, container, script):
        out, code = self.run(container, script)
        assert code == 0, (container, script, out, code)
        return out.strip()

    def once(self, container, args, **more):
        """A container from its coming to its going.  Return: its output and exit code."""
        self.add(container, args, **more)
        out = read_all(self.start(container))
        code = self.event("exited", container)["code"]
        self.ask("remove", container)
        assert not self.event("removed", container)["error"]
        return out, code

    def end(self):
        self.hold.close()
        assert self.shim.wait(HANG) == 0

    def destroy(self):
        self.shim.kill()
        self.shim.wait()


def place(fds):
    """In a child: each descriptor gets its number."""
    copies = {number: fcntl.fcntl(fd, fcntl.F_DUPFD, 50) for number, fd in fds.items()}
    for number, copy in copies.items():
        os.dup2(copy, number)
        os.close(copy)


def read_all(conn):
    data = b""
    while chunk := conn.recv(65536):
        data += chunk
    conn.close()
    return data.decode()


def equal(got, wanted):
    assert got == wanted, f"{got!r} is not {wanted!r}"


def refused(errno, function, *args, **more):
    try:
        function(*args, **more)
    except Refused as e:
        equal(e.errno, errno)
    else:
        assert False, "this was to be refused"


def is_locked(path):
    with open(path) as f:
        try:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def until(holds, tell=lambda: ""):
    deadline = time.monotonic() + HANG
    while not holds():
        assert time.monotonic() < deadline, tell()
        time.sleep(0.1)


def let_go(path):
    """The engine has closed it, which it does when it comes to it."""
    until(lambda: not is_locked(path), lambda: f"{path} is still in use")


def watchdog(m):
    time.sleep(HANG)
    m.destroy()
